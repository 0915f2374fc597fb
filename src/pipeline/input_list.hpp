/// @file The files that a run works on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/name_filter.hpp"

namespace fovea::pipeline {

/// Files in the order of a run. Kept small, since a run may have millions: a folder is held once for all its files.
class InputList {
 public:
  std::size_t size() const noexcept { return files_.size(); }
  /// To open the file with. A folder stands for one that could not be read.
  std::filesystem::path path(std::size_t index) const;
  /// As records name it: relative to the record file's folder, escaped (path_text.hpp).
  std::string name(std::size_t index) const;

  /// The path below the input folder that the file was found in; of a file that was named itself, its own name.
  std::string relative(std::size_t index) const;

  /// From now on, names and each part of relative paths are what `hide` makes of them.
  void hide_names(std::function<std::string(std::string_view)> hide) { hide_ = std::move(hide); }

  /// Puts the files into another order.
  /// @param order holds each index once
  void reorder(std::span<const std::size_t> order);

  /// Remarks for people, such as a symbolic link that was not followed.
  const std::vector<std::string>& notices() const noexcept { return notices_; }
  /// Files of folders that were left out because they are not images by name.
  std::uint64_t not_images() const noexcept { return not_images_; }
  /// Inputs that were named more than once (each file is taken once).
  std::uint64_t repeated() const noexcept { return repeated_; }

 private:
  friend class InputFinder;
  struct Folder {
    std::filesystem::path path;  ///< absolute, without symbolic links
    std::string name;            ///< from the record file's folder; ends with a slash unless it is empty
  };
  struct File {
    std::uint32_t folder;
    std::string relative;
  };
  std::function<std::string(std::string_view)> hide_;  ///< may be empty
  std::vector<Folder> folders_;
  std::vector<File> files_;
  std::vector<std::string> notices_;
  std::uint64_t not_images_ = 0;
  std::uint64_t repeated_ = 0;
};

/// Finds the files of a run. `inputs` keep their order. A file is taken as it is, there or not, image or not. A folder
/// gives its image files (by extension; without one, by the mark of DICOM in them), all levels, in the byte order of
/// their paths; hidden files and folders are skipped, and so is a DICOMDIR, which gives the images that it names when
/// it is an input itself. A symbolic link to a file is a file of its own. A symbolic link to a folder is followed
/// unless that folder was read already, so that each folder is read once and a cycle ends.
/// @param record_folder where the record file is going to lie: absolute, without symbolic links (resolve_output)
/// @param stop ends the search early, with what was found
/// @param results a folder that is not read, as it holds what runs write; empty: there is none
InputList find_inputs(std::span<const std::filesystem::path> inputs, const NameFilter& filter,
                      const std::filesystem::path& record_folder, const std::stop_token& stop = {},
                      const std::filesystem::path& results = {});

}  // namespace fovea::pipeline
