#include "dicom/frames.hpp"

#include <algorithm>
#include <string_view>

#include "fovea/error.hpp"
#include "io/byte_order.hpp"

namespace fovea::dicom {
namespace {

using Groups = std::vector<std::vector<Extent>>;

[[noreturn]] void fail(const Dataset& file, const std::string& what) {
  throw Error(ErrorCode::corrupt, file.name() + ": damaged or truncated DICOM file: " + what);
}

/// By the basic offset table; empty when it is no table of these frames.
Groups by_offset_table(const Dataset& file, std::size_t frames) {
  const auto& pixels = *file.pixels();
  const auto table = file.at(pixels.offset_table);
  if (table.size() != 4 * frames) return {};
  // Offsets count from the item tag of the first fragment; an item's tag and length are 8 bytes.
  const auto first = pixels.fragments.front().offset - 8;
  Groups groups(frames);
  std::size_t frame = 0;
  for (const auto& fragment : pixels.fragments) {
    const auto offset = fragment.offset - 8 - first;
    while (frame + 1 < frames && offset >= *io::uint_at(table, 4 * (frame + 1), 4, io::ByteOrder::little)) ++frame;
    groups[frame].push_back(fragment);
  }
  return std::ranges::any_of(groups, [](const auto& group) { return group.empty(); }) ? Groups() : groups;
}

bool begins_an_image(std::span<const std::uint8_t> bytes, Codec codec) {
  using namespace std::string_view_literals;
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 12));
  if (codec == Codec::jpeg_2000) {
    return head.starts_with("\xFF\x4F\xFF\x51"sv) || head.starts_with("\0\0\0\x0CjP  "sv);
  }
  return head.starts_with("\xFF\xD8\xFF"sv);
}

Groups by_marks(const Dataset& file) {
  Groups groups;
  for (const auto& fragment : file.pixels()->fragments) {
    if (groups.empty() || begins_an_image(file.at(fragment), file.syntax().codec)) groups.emplace_back();
    groups.back().push_back(fragment);
  }
  return groups;
}

}  // namespace

std::vector<std::vector<Extent>> group_fragments(const Dataset& file, int frames) {
  const auto count = static_cast<std::size_t>(frames);
  const auto& fragments = file.pixels()->fragments;
  if (fragments.size() < count) {
    fail(file, "it says that it has " + std::to_string(frames) + " frames, but has " +
                   std::to_string(fragments.size()) + " fragments of compressed pixel data");
  }
  if (std::ranges::any_of(fragments, [](const Extent& fragment) { return fragment.length == 0; })) {
    fail(file, "a fragment of its pixel data is empty");
  }
  if (count == 1) return {fragments};
  if (fragments.size() == count) {
    Groups groups;
    for (const auto& fragment : fragments) groups.push_back({fragment});
    return groups;
  }
  if (auto groups = by_offset_table(file, count); !groups.empty()) return groups;
  auto groups = by_marks(file);
  if (groups.size() != count) {
    fail(file, "it says that it has " + std::to_string(frames) + " frames, but its pixel data make " +
                   std::to_string(groups.size()));
  }
  return groups;
}

std::vector<std::uint8_t> join(const Dataset& file, const std::vector<Extent>& fragments) {
  std::vector<std::uint8_t> bytes;
  for (const auto& fragment : fragments) {
    const auto part = file.at(fragment);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

}  // namespace fovea::dicom
