#include "pipeline/record_index.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <span>
#include <string>

#include "fovea/error.hpp"
#include "io/sha256.hpp"
#include "pipeline/record_scan.hpp"

namespace fovea::pipeline {
namespace {

std::uint64_t parse_hex(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

std::string_view short_digest(std::string_view digest) { return digest.substr(0, 12); }

}  // namespace

RecordKey record_key(std::string_view input, int frame, std::string_view input_sha256) {
  // A newline in `input` cannot move text from one field to another: the two last fields never hold one.
  std::string text(input);
  text.append("\n").append(std::to_string(frame)).append("\n").append(input_sha256);
  const std::string digest = io::sha256_hex(std::as_bytes(std::span(text)));
  return {parse_hex(std::string_view(digest).substr(0, 16)), parse_hex(std::string_view(digest).substr(16, 16))};
}

RecordIndex::RecordIndex(const std::filesystem::path& path, const RecordKind& kind)
    : path_(path), results_(kind.results) {
  whole_bytes_ = scan_lines(path, kind, [&](std::string_view line, std::uint64_t offset) {
    const RunRecord record = kind.parse(line);
    entries_.push_back({record_key(record.input, record.frame, record.input_sha256), offset, record.ok()});
    add_origin(record);
  });
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.key != b.key ? a.key < b.key : a.offset > b.offset;  // of one key, the last line comes first and stays
  });
  entries_.erase(
      std::unique(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.key == b.key; }),
      entries_.end());
}

void RecordIndex::add_origin(const RunRecord& record) {
  const bool known = std::any_of(origins_.begin(), origins_.end(), [&](const Origin& origin) {
    return origin.model_sha256 == record.model_sha256 && origin.options_sha256 == record.options_sha256;
  });
  if (!known) origins_.push_back({record.model, record.model_sha256, record.options_sha256});
}

const RecordIndex::Entry* RecordIndex::find(std::string_view input, int frame, std::string_view input_sha256) const {
  const RecordKey key = record_key(input, frame, input_sha256);
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), key,
                                      [](const Entry& entry, const RecordKey& k) { return entry.key < k; });
  return found != entries_.end() && found->key == key ? &*found : nullptr;
}

void RecordIndex::check_made_by(std::string_view model_sha256, std::string_view options_sha256) const {
  for (const Origin& origin : origins_) {
    std::string what;
    if (origin.model_sha256 != model_sha256) {
      what = "by another model (" + origin.model + ", sha256 " + std::string(short_digest(origin.model_sha256)) +
             "..., not " + std::string(short_digest(model_sha256)) + "...)";
    } else if (origin.options_sha256 != options_sha256) {
      what = "with other options (sha256 " + std::string(short_digest(origin.options_sha256)) + "..., not " +
             std::string(short_digest(options_sha256)) + "...)";
    } else {
      continue;
    }
    throw Error(ErrorCode::usage, path_.native() + " holds " + std::string(results_) + " made " + what +
                                      "; choose another output, or start over with no-resume");
  }
}

std::vector<std::uint64_t> latest_records(const std::filesystem::path& path, const RecordKind& kind) {
  std::vector<std::uint64_t> offsets;
  std::map<RecordKey, std::size_t> places;
  scan_lines(path, kind, [&](std::string_view line, std::uint64_t offset) {
    const RunRecord record = kind.parse(line);
    // Without the digest: a file that has changed since its first record is still one image.
    const auto [place, is_new] = places.emplace(record_key(record.input, record.frame, ""), offsets.size());
    if (is_new) {
      offsets.push_back(offset);
    } else {
      offsets[place->second] = offset;
    }
  });
  return offsets;
}

}  // namespace fovea::pipeline
