/// @file Runs the real command.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "app/temp_folder.hpp"

namespace fovea::tests {

/// How a process ended.
struct Outcome {
  int code = -1;  ///< exit code; 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

/// A running `fovea`. Its streams go to files, so that nothing blocks.
class Process {
 public:
  /// @param input what it reads from stdin
  explicit Process(const std::vector<std::string>& arguments, const std::filesystem::path& working_folder = ".",
                   const std::string& input = "");
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const;
  /// Waits for the end.
  Outcome wait();

 private:
  TempFolder streams_;
  pid_t id_ = -1;
};

inline Outcome run_fovea(const std::vector<std::string>& arguments, const std::filesystem::path& working_folder = ".",
                         const std::string& input = "") {
  return Process(arguments, working_folder, input).wait();
}

}  // namespace fovea::tests
