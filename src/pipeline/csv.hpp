/// @file Records as a table for spreadsheets.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "pipeline/run_record.hpp"

namespace fovea::pipeline {

/// Calls `visit` with the last line of each frame, in the order in which inputs first appear.
/// @throws Error: io, corrupt.
void for_each_latest_line(const std::filesystem::path& records, const RecordKind& kind,
                          const std::function<void(std::string_view line)>& visit);

/// Writes a table with a line of names (RFC 4180, lines end in LF), whole or not at all. Null is empty, what is no text
/// or number is JSON.
/// @param row gives the object that holds `fields` for each last line of a frame
/// @throws Error: io, corrupt.
void write_table(const std::filesystem::path& records, const RecordKind& kind, const std::filesystem::path& csv,
                 const std::vector<const char*>& fields,
                 const std::function<nlohmann::ordered_json(std::string_view line)>& row);

}  // namespace fovea::pipeline
