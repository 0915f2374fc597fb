#include <iostream>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "fovea/version.hpp"

namespace {

using fovea::cli::Command;

/// The command that the arguments begin with, or null. Takes its words off the arguments.
const Command* take_command(std::vector<std::string>& arguments) {
  for (const Command& command : fovea::cli::commands()) {
    const bool two_words = command.name.find(' ') != std::string_view::npos;
    const std::size_t words = two_words ? 2 : 1;
    if (arguments.size() < words) continue;
    if ((two_words ? arguments[0] + " " + arguments[1] : arguments[0]) != command.name) continue;
    arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(words));
    return &command;
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    std::cerr << fovea::cli::program_help();
    return fovea::cli::kUsage;
  }
  if (arguments.front() == "--version") {
    std::cout << "fovea " << fovea::kVersion << '\n';
    return fovea::cli::kAllDone;
  }
  bool help = false;
  if (arguments.front() == "help" || arguments.front() == "--help" || arguments.front() == "-h") {
    help = true;
    arguments.erase(arguments.begin());
    if (arguments.empty()) {
      std::cout << fovea::cli::program_help();
      return fovea::cli::kAllDone;
    }
  }
  const Command* command = take_command(arguments);
  if (command == nullptr) {
    std::cerr << "fovea: there is no command '" << arguments.front() << "'\n\n" << fovea::cli::program_help();
    return fovea::cli::kUsage;
  }
  return fovea::cli::run_command(*command, help ? std::vector<std::string>{"--help"} : arguments);
}
