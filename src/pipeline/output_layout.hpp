/// @file Which folder of the output holds the results of which input.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pipeline/input_list.hpp"

namespace fovea::pipeline {

/// Folders that runs before this one wrote results to: of each input, as records name it, the folder below OUT.
using EarlierFolders = std::unordered_map<std::string, std::string>;

/// Gives each input a folder below OUT that no other one has or lies in: its path below the input folder that it was
/// found in. Where that is taken, a part of the digest of the input's name is added. An input keeps the folder that it
/// had in an earlier run, whatever other inputs there are now.
class OutputLayout {
 public:
  /// @param root the folder OUT
  /// @param reserved names in OUT that are no input's
  OutputLayout(std::filesystem::path root, const InputList& inputs, const EarlierFolders& earlier,
               const std::vector<std::string>& reserved);

  const std::filesystem::path& root() const noexcept { return root_; }

  /// Below OUT; of a file with several frames, each has a folder of its own: "scan.dcm/frame-0003".
  std::string item_folder(std::size_t input, int frame, int frame_count) const;
  /// Of all frames of an input, below OUT.
  const std::string& input_folder(std::size_t input) const { return folders_.at(input); }

  /// A folder for what is made of several items, in the folder `parent` below OUT: "series", or "series-2" where that
  /// is taken, and so on.
  std::string claim_beside(const std::string& parent, const std::string& name);

 private:
  bool is_free(const std::string& folder) const;
  void claim(const std::string& folder);
  std::string free_folder(const std::string& wanted, const std::string& input_name) const;

  std::filesystem::path root_;
  std::vector<std::string> folders_;         ///< of each input
  std::unordered_set<std::string> claimed_;  ///< nothing else may lie in these
  std::unordered_set<std::string> parents_;  ///< folders that claimed ones lie in
};

}  // namespace fovea::pipeline
