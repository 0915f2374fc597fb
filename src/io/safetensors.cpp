#include "io/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "io/safetensors_header.hpp"

static_assert(std::endian::native == std::endian::little, "safetensors files are little endian");

namespace fovea::io {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation

[[noreturn]] void corrupt(const FileBytes& file, const std::string& what) {
  throw Error(ErrorCode::corrupt, file.name + ": not a valid safetensors file: " + what);
}

/// The format wants the tensors to cover the data without overlap or gap.
void check_layout(const FileBytes& file, const std::map<std::string, TensorView>& tensors,
                  std::span<const std::byte> data) {
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (const auto& [name, view] : tensors) {
    const auto begin = static_cast<std::size_t>(view.bytes.data() - data.data());
    ranges.emplace_back(begin, begin + view.bytes.size());
  }
  std::sort(ranges.begin(), ranges.end());
  std::size_t covered = 0;
  for (const auto& [begin, end] : ranges) {
    if (begin < covered) corrupt(file, "two tensors overlap at offset " + std::to_string(begin));
    if (begin > covered)
      corrupt(file, "bytes " + std::to_string(covered) + " to " + std::to_string(begin) + " belong to no tensor");
    covered = end;
  }
  if (covered != data.size())
    corrupt(file, "the data end at " + std::to_string(data.size()) + ", the tensors at " + std::to_string(covered));
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : SafetensorsFile(map_file(path)) {}

SafetensorsFile::SafetensorsFile(const FileBytes& file) {
  const std::size_t size = file.bytes.size();
  std::uint64_t header_bytes = 0;
  if (size < sizeof header_bytes) {
    corrupt(file, "it has " + std::to_string(size) + " bytes, and the header length alone takes 8");
  }
  std::memcpy(&header_bytes, file.bytes.data(), sizeof header_bytes);
  if (header_bytes > kMaxHeaderBytes || header_bytes > size - sizeof header_bytes) {
    corrupt(file, "the header length is " + std::to_string(header_bytes) + ", but the file has " +
                      std::to_string(size) + " bytes");
  }
  const auto data = file.bytes.subspan(sizeof header_bytes + header_bytes);
  const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()) + sizeof header_bytes, header_bytes);
  auto header = read_safetensors_header(file, text, data);
  tensors_ = std::move(header.tensors);
  metadata_ = std::move(header.metadata);
  check_layout(file, tensors_, data);
}

void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const auto& [name, view] : tensors) {
    header[name] = {{"dtype", to_string(view.dtype)},
                    {"shape", view.shape},
                    {"data_offsets", {offset, offset + view.bytes.size()}}};
    offset += view.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // aligns the data
  const auto header_bytes = static_cast<std::uint64_t>(text.size());

  std::vector<std::span<const std::byte>> parts{std::as_bytes(std::span(&header_bytes, 1)),
                                                std::as_bytes(std::span(text))};
  for (const auto& [name, view] : tensors) parts.push_back(view.bytes);
  write_parts(path, parts);
}

}  // namespace fovea::io
