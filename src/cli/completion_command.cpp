#include <iostream>
#include <set>
#include <string>

#include "cli/commands.hpp"
#include "fovea/error.hpp"

namespace fovea::cli {
namespace {

po::options_description options() { return po::options_description(); }

std::string first_word(std::string_view name) { return std::string(name.substr(0, name.find(' '))); }

/// Words for `compgen -W`, in single quotes.
std::string quoted_words(const std::vector<std::string>& words) {
  std::string text = "'";
  for (const std::string& word : words) text += (text.size() > 1 ? " " : "") + word;
  return text + "'";
}

std::vector<std::string> option_names(const Command& command) {
  std::vector<std::string> names{"--help"};
  const po::options_description options = command.options();
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  return names;
}

/// The script's case branches: what the word after an option, or a word that begins with -, may be.
void print_branches(const Command& command) {
  const po::options_description options = command.options();
  for (const auto& option : options.options()) {
    const auto choices = choices_of(*option);
    if (choices.empty()) continue;
    std::cout << "    '" << command.name << "':--" << option->long_name() << ") words=" << quoted_words(choices)
              << " ;;\n";
  }
  std::cout << "    '" << command.name << "':*) [[ $current == -* ]] && words=" << quoted_words(option_names(command))
            << " ;;\n";
}

int run(const po::variables_map& values) {
  if (const auto shell = values["shell"].as<std::string>(); shell != "bash") {
    throw Error(ErrorCode::usage, "shell = " + shell + ": expected bash");
  }
  std::set<std::string> names{"help", "--version", "--help"};
  for (const Command& command : commands()) names.insert(first_word(command.name));

  std::cout << R"(# Completes fovea's commands and options in bash; made by: fovea completion bash
_fovea() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}" command="${COMP_WORDS[1]}" words=''
  [[ $previous == '=' ]] && previous="${COMP_WORDS[COMP_CWORD - 2]}"
  [[ $current == '=' ]] && current=''
)";
  for (const Command& command : commands()) {
    if (command.name.find(' ') == std::string_view::npos) continue;
    std::cout << "  [[ \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" == '" << command.name << "' ]] && command='"
              << command.name << "'\n";
  }
  std::cout << "  case \"$command:$previous\" in\n";
  for (const Command& command : commands()) print_branches(command);
  // Commands of two words, of which the first is there.
  for (const std::string& name : names) {
    std::vector<std::string> second;
    for (const Command& command : commands()) {
      if (command.name.starts_with(name + " ")) second.emplace_back(command.name.substr(name.size() + 1));
    }
    if (!second.empty()) std::cout << "    " << name << ":*) words=" << quoted_words(second) << " ;;\n";
  }
  std::cout << "  esac\n  ((COMP_CWORD == 1)) && words=" << quoted_words({names.begin(), names.end()}) << R"(
  COMPREPLY=()
  if [[ -n $words ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"); fi
}
# Without a word of its own the shell completes file names.
complete -o default -F _fovea fovea
)";
  return kAllDone;
}

}  // namespace

Command completion_command() {
  return {.name = "completion",
          .summary = "Prints completion for a shell: source <(fovea completion bash)",
          .arguments = "bash",
          .details = "",
          .positional = {{"shell"}},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
