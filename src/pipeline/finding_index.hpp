/// @file What runs before this one wrote, and where.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "pipeline/item_files.hpp"
#include "pipeline/output_layout.hpp"
#include "pipeline/record_index.hpp"

namespace fovea::pipeline {

/// The findings of a run's output, in memory without their contents.
class FindingIndex {
 public:
  FindingIndex() = default;
  /// @throws Error: as RecordIndex.
  explicit FindingIndex(const std::filesystem::path& findings);

  const RecordIndex& records() const noexcept { return records_; }
  /// Of each input the folder that holds its results.
  const EarlierFolders& folders() const noexcept { return folders_; }

  /// What a record says of the files of its folder.
  struct Files {
    ItemFileSet written;
    ItemFileSet refused;
  };
  /// Nothing unless the record is the last one of its frame: only then is it its files that are in the folder.
  std::optional<Files> files(const std::string& input, int frame, const RecordIndex::Entry& entry) const;

 private:
  RecordIndex records_;
  EarlierFolders folders_;
  struct Latest {
    std::uint64_t offset = 0;
    Files files;
  };
  std::map<RecordKey, Latest> latest_;  ///< the last record of each frame
};

}  // namespace fovea::pipeline
