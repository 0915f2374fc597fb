/// @file The secret of a run: what new UIDs and hashes are made with.
#pragma once

#include <filesystem>
#include <string>

namespace fovea::pipeline {

/// Where the secret of the runs into a folder is kept: beside the folder, so that it does not leave the house with it.
std::filesystem::path run_key_file(const std::filesystem::path& folder);

/// A new secret, 64 hex digits.
std::string make_run_key();

/// The secret in a file, which is made, for its owner alone, when it is not there.
/// @throws Error: io; usage when the file holds something else.
std::string read_or_make_run_key(const std::filesystem::path& file);

}  // namespace fovea::pipeline
