/// @file Other programs, which tests run where they are there.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

namespace fovea::tests {

/// How a command line ended.
struct ShellOutcome {
  int status = -1;   ///< of pclose(); 0: well
  std::string text;  ///< stdout and stderr
};

inline ShellOutcome run_shell(const std::string& command) {
  ShellOutcome outcome;
  std::FILE* pipe = ::popen(("(" + command + ") 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  char buffer[4096];
  for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    outcome.text.append(buffer, size);
  outcome.status = ::pclose(pipe);
  return outcome;
}

inline bool has_program(const std::string& name) { return run_shell("command -v " + name).status == 0; }

inline std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

}  // namespace fovea::tests
