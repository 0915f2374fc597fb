/// @file What a file of records holds already.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/caption_record.hpp"
#include "pipeline/run_record.hpp"

namespace fovea::pipeline {

/// 128 bits of a digest over what tells records apart: small, and for practical purposes unique.
struct RecordKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const RecordKey&, const RecordKey&) = default;
};

RecordKey record_key(std::string_view input, int frame, std::string_view input_sha256);

/// The records of one file, 32 bytes each: a run must not need memory for all the text it has written.
class RecordIndex {
 public:
  /// Where a record lies and how it ended.
  struct Entry {
    RecordKey key;
    std::uint64_t offset = 0;  ///< bytes from the beginning of the file
    bool ok = false;
  };

  /// An index of nothing.
  RecordIndex() = default;
  /// Reads a file; one that is not there is empty.
  /// @throws Error: usage when the file is not one of this kind; corrupt when one of its lines (but the last) is
  /// broken;
  ///         io.
  explicit RecordIndex(const std::filesystem::path& path, const RecordKind& kind = kCaptionRecords);

  /// The last record of an input, or null. Later lines stand in for earlier ones (an error that was tried again).
  const Entry* find(std::string_view input, int frame, std::string_view input_sha256) const;

  /// @throws Error: usage when a record was made by another model or with other options.
  void check_made_by(std::string_view model_sha256, std::string_view options_sha256) const;

  std::size_t size() const noexcept { return entries_.size(); }
  /// Bytes up to the end of the last whole line; what follows is the torn line of a run that was killed.
  std::uint64_t whole_bytes() const noexcept { return whole_bytes_; }

 private:
  struct Origin {
    std::string model;
    std::string model_sha256;
    std::string options_sha256;
  };
  void add_origin(const RunRecord& record);

  std::filesystem::path path_;
  std::string_view results_;    ///< RecordKind::results
  std::vector<Entry> entries_;  ///< sorted by key, one for each
  std::vector<Origin> origins_;
  std::uint64_t whole_bytes_ = 0;
};

/// Offsets of the records that count, one per (input, frame): in the order in which inputs first appear, each with its
/// last line. A torn last line is left out.
/// @throws Error: as RecordIndex.
std::vector<std::uint64_t> latest_records(const std::filesystem::path& path, const RecordKind& kind = kCaptionRecords);

}  // namespace fovea::pipeline
