/// @file Findings as a table.
#pragma once

#include <filesystem>

namespace fovea::pipeline {

/// Writes findings.csv of findings.jsonl: the last record of each frame, in the order in which inputs first appear.
/// Regions are told by their number, their areas in all and the largest one's box.
/// @throws Error: io, corrupt.
void write_finding_table(const std::filesystem::path& findings, const std::filesystem::path& csv);

}  // namespace fovea::pipeline
