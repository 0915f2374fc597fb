#include "cli/command.hpp"

#include <algorithm>
#include <exception>
#include <iostream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"

namespace fovea::cli {
namespace {

constexpr unsigned kHelpWidth = 100;

constexpr std::string_view kExitCodes = R"(Exit codes:
  0    everything was done
  1    some inputs failed, or an output could not be written; each has its message
  2    wrong usage, or the output belongs to another model or other options
  3    nothing could start
  130  interrupted
)";

/// Boost prints empty lines for a group without a title around each group in it: only one of several stays.
std::string option_text(const po::options_description& options) {
  std::string text = (std::ostringstream() << options).str();
  text.erase(0, text.find_first_not_of('\n'));
  for (auto at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n", at)) text.erase(at, 1);
  return text;
}

std::string command_help(const Command& command) {
  std::ostringstream text;
  text << "Usage: fovea " << command.name << ' ' << command.arguments << "\n\n" << command.summary << "\n\n";
  po::options_description visible(kHelpWidth);
  po::options_description help("Help");
  help.add_options()("help,h", "show this text");
  visible.add(command.options()).add(help);
  text << option_text(visible) << '\n';
  if (!command.details.empty()) text << command.details << '\n';
  text << kExitCodes;
  return text.str();
}

void check_arguments(const Command& command, const po::variables_map& values) {
  for (const Argument& argument : command.positional) {
    if (values.count(argument.name) != 0) continue;
    throw Error(ErrorCode::usage, std::string("no ") + argument.name + " is given; usage: fovea " +
                                      std::string(command.name) + " " + std::string(command.arguments));
  }
}

/// Refuses an argument that is an option's value but not one of its choices.
void check_choices(const po::options_description& options, const po::variables_map& values) {
  for (const auto& option : options.options()) {
    const std::vector<std::string> choices = choices_of(*option);
    const auto found = values.find(option->long_name());
    if (choices.empty() || found == values.end()) continue;
    const auto* many = boost::any_cast<std::vector<std::string>>(&found->second.value());
    const auto given = many != nullptr ? *many : std::vector<std::string>{found->second.as<std::string>()};
    for (const std::string& value : given) {
      if (std::find(choices.begin(), choices.end(), value) != choices.end()) continue;
      std::string message = "--" + option->long_name() + " = " + value + ": expected one of";
      for (const std::string& choice : choices) message += " " + choice;
      throw Error(ErrorCode::usage, message);
    }
  }
}

void print_error(const Command& command, const po::variables_map& values, std::string_view code, const char* message) {
  if (values.count("json-log") != 0) {
    const nlohmann::ordered_json line{{"event", "error"}, {"code", code}, {"message", message}};
    std::cerr << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    std::cerr << "fovea " << command.name << ": " << message << '\n';
  }
}

}  // namespace

std::vector<std::string> choices_of(const po::option_description& option) {
  // The parameter reads "{a|b}", "{a|b} (=a)" when there is a default, or a word such as FILE.
  const std::string parameter = option.format_parameter();
  if (!parameter.starts_with('{')) return {};
  std::vector<std::string> choices;
  std::istringstream stream(parameter.substr(1, parameter.find('}') - 1));
  for (std::string choice; std::getline(stream, choice, '|');) choices.push_back(choice);
  return choices;
}

int run_command(const Command& command, const std::vector<std::string>& arguments) {
  po::variables_map values;
  try {
    po::options_description options = command.options();
    options.add_options()("help,h", "");
    po::positional_options_description positional;
    for (const Argument& argument : command.positional) {
      if (argument.many) {
        options.add_options()(argument.name, po::value<std::vector<std::string>>());
      } else {
        options.add_options()(argument.name, po::value<std::string>());
      }
      positional.add(argument.name, argument.many ? -1 : 1);
    }
    // A shortened option may mean another one in the next version: only whole names are taken.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(options).positional(positional).style(style).run(), values);
    if (values.count("help") != 0) {
      std::cout << command_help(command);
      return kAllDone;
    }
    po::notify(values);
    check_arguments(command, values);
    check_choices(options, values);
    return command.run(values);
  } catch (const po::error& e) {
    print_error(command, values, to_string(ErrorCode::usage), e.what());
    std::cerr << "Try: fovea " << command.name << " --help\n";
    return kUsage;
  } catch (const Error& e) {
    print_error(command, values, to_string(e.code()), e.what());
    return e.code() == ErrorCode::usage ? kUsage : kCannotStart;
  } catch (const std::exception& e) {
    print_error(command, values, to_string(ErrorCode::internal), e.what());
    return kCannotStart;
  }
}

std::string program_help() {
  std::size_t width = 0;
  for (const Command& command : commands()) width = std::max(width, command.name.size());
  std::ostringstream text;
  text << "Usage: fovea COMMAND [options]\n\nCommands:\n";
  for (const Command& command : commands()) {
    text << "  " << command.name << std::string(width + 2 - command.name.size(), ' ') << command.summary << '\n';
  }
  text << "\nfovea COMMAND --help tells more about one, fovea --version which one this is.\n\n" << kExitCodes;
  return text.str();
}

}  // namespace fovea::cli
