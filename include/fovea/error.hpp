/// @file The one exception type of Fovea.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace fovea {

/// What kind of mistake an Error reports.
enum class ErrorCode {
  usage,        ///< the caller asked for what cannot be: an option out of range, options that exclude each other
  io,           ///< a file could not be opened, read or written
  unsupported,  ///< a valid input of a kind that Fovea does not read
  corrupt,      ///< an input that breaks its own format: truncated, empty, inconsistent
  model,        ///< a model folder that is incomplete or does not fit its configuration
  internal      ///< a bug in Fovea
};

/// Name of a code as records carry it: "usage", "io", ...
std::string_view to_string(ErrorCode code) noexcept;

/// Thrown by every function of Fovea. The message says what was found, what was expected and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace fovea
