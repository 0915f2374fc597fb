/// @file What a command of `fovea` is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/program_options.hpp>

namespace fovea::cli {

namespace po = boost::program_options;

/// Exit codes of all commands.
enum ExitCode {
  kAllDone = 0,
  kSomeFailed = 1,
  kUsage = 2,
  kCannotStart = 3,
  kInterrupted = 130  ///< 128 + SIGINT, as shells count
};

/// An argument without a name. All are required.
struct Argument {
  const char* name;   ///< as a key of the values: std::string, or std::vector<std::string> when there may be many
  bool many = false;  ///< takes all that follow; only the last argument may
};

/// A command: a line in the table of commands.cpp and a file of its own. Everything else, help and shell completion
/// included, follows from it.
struct Command {
  std::string_view name;       ///< "caption"; two words for "train caption"
  std::string_view summary;    ///< one line for the list of commands
  std::string_view arguments;  ///< what follows the name in the usage line
  std::string_view details;    ///< paragraphs at the end of the help
  std::vector<Argument> positional;
  po::options_description (*options)();         ///< an option whose value name is "{a|b}" takes one of these
  int (*run)(const po::variables_map& values);  ///< @returns an ExitCode
};

/// All commands, in the order of the help.
const std::vector<Command>& commands();

/// The values that an option takes from a fixed set; empty for any other option.
std::vector<std::string> choices_of(const po::option_description& option);

/// Parses the command's arguments and runs it. Errors go to stderr.
/// @returns the exit code of the program
int run_command(const Command& command, const std::vector<std::string>& arguments);

/// The list of commands.
std::string program_help();

}  // namespace fovea::cli
