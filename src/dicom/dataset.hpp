/// @file A DICOM file in memory: its attributes and where its pixel data are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dicom/runtime.hpp"
#include "dicom/structure.hpp"
#include "dicom/transfer_syntax.hpp"
#include "fovea/loader.hpp"

class DcmDataset;
class DcmItem;
class DcmTagKey;

namespace fovea::dicom {

/// Reads a file (PS3.10), or a data set without preamble or meta header. DCMTK parses the attributes before the pixel
/// data; the pixel data stay where they are.
class Dataset {
 public:
  /// @param max_inflated bytes that a deflated data set may have
  /// @param file_size of the file when `bytes` are only its beginning, else 0. Then the pixel data must not be read,
  /// and how they are divided is not looked at.
  /// @throws Error: corrupt, unsupported (transfer syntax, limit).
  Dataset(Bytes bytes, std::string name, std::size_t max_inflated, std::size_t file_size = 0);
  ~Dataset();

  const std::string& name() const noexcept { return name_; }
  const TransferSyntax& syntax() const noexcept { return *syntax_; }
  DcmDataset& attributes() const noexcept { return *attributes_; }
  /// The item of a functional group macro for frame `frame`, from 0: its own, else the one that all frames share, else
  /// attributes().
  DcmItem& group_of(const DcmTagKey& macro, int frame) const;
  const std::optional<PixelExtent>& pixels() const noexcept { return structure_.pixels; }
  std::span<const std::uint8_t> at(const Extent& extent) const { return data_.subspan(extent.offset, extent.length); }

 private:
  void parse_attributes(const Encoding& encoding);
  void find_functional_groups();

  Runtime runtime_;
  Bytes bytes_;
  std::string name_;
  std::vector<std::uint8_t> inflated_;
  std::span<const std::uint8_t> data_;  ///< the data set, in bytes_ or inflated_
  const TransferSyntax* syntax_ = nullptr;
  Structure structure_;
  std::unique_ptr<DcmDataset> attributes_;
  std::vector<DcmItem*> frame_groups_;  ///< of each frame; in attributes_, where a search would take longer and longer
};

}  // namespace fovea::dicom
