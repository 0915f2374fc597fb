/// @file Captions files in other formats.
#pragma once

#include <filesystem>

namespace fovea::pipeline {

/// `records` with another extension: captions.jsonl and "csv" give captions.csv.
std::filesystem::path export_path(const std::filesystem::path& records, const char* extension);

/// Both take the last record of each frame, in the order in which inputs first appear, and write their files whole or
/// not at all.

/// A table of the records' fields with a line of names (RFC 4180, lines end in LF). Null is empty; `alternatives` is
/// JSON; `error_code` and `error_message` hold the error.
/// @throws Error: io, corrupt.
void export_csv(const std::filesystem::path& records, const std::filesystem::path& csv);

/// COCO results, [{"image_id", "caption"}] for the images that have one, and the table from ids to files,
/// {"images": [{"id", "file_name", "frame", "width", "height"}]}. Ids count from 1.
/// @throws Error: io, corrupt.
void export_coco(const std::filesystem::path& records, const std::filesystem::path& results,
                 const std::filesystem::path& images);

}  // namespace fovea::pipeline
