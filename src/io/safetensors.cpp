#include "io/safetensors.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "io/file.hpp"

static_assert(std::endian::native == std::endian::little, "safetensors files are little endian");

namespace fovea::io {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation

struct DTypeRow {
  DType dtype;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<DTypeRow, 7> kDTypes{{{DType::u8, "U8", 1},
                                           {DType::i32, "I32", 4},
                                           {DType::i64, "I64", 8},
                                           {DType::f16, "F16", 2},
                                           {DType::bf16, "BF16", 2},
                                           {DType::f32, "F32", 4},
                                           {DType::f64, "F64", 8}}};

const DTypeRow& row_of(DType dtype) noexcept {
  return *std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DTypeRow& row) { return row.dtype == dtype; });
}

[[noreturn]] void corrupt(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorCode::corrupt, path.string() + ": not a valid safetensors file: " + what);
}

/// Maps a whole file read-only; the deleter unmaps it.
std::pair<std::shared_ptr<const std::byte>, std::size_t> map_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw Error(ErrorCode::io, "cannot open " + path.string() + ": " + std::strerror(errno));
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    throw Error(ErrorCode::io, path.string() + " is not a regular file");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < 8) {
    ::close(fd);
    corrupt(path, "it has " + std::to_string(size) + " bytes, and the header length alone takes 8");
  }
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  const int map_errno = errno;
  ::close(fd);
  if (address == MAP_FAILED)
    throw Error(ErrorCode::io, "cannot map " + path.string() + ": " + std::strerror(map_errno));
  return {std::shared_ptr<const std::byte>(static_cast<const std::byte*>(address),
                                           [size](const std::byte* p) { ::munmap(const_cast<std::byte*>(p), size); }),
          size};
}

/// Parses the header and refuses duplicate names, which nlohmann::json would silently merge.
Json parse_header(const std::filesystem::path& path, std::string_view text) {
  std::set<std::string> names;
  const Json::parser_callback_t refuse_duplicates = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth == 1 && event == Json::parse_event_t::key && !names.insert(parsed.get<std::string>()).second) {
      corrupt(path, "the name '" + parsed.get<std::string>() + "' occurs twice");
    }
    return true;
  };
  Json header;
  try {
    header = Json::parse(text, refuse_duplicates);
  } catch (const Json::exception& e) {
    corrupt(path, std::string("its header is not JSON (") + e.what() + ")");
  }
  if (!header.is_object()) corrupt(path, "its header is not a JSON object");
  return header;
}

TensorView parse_tensor(const std::filesystem::path& path, const std::string& name, const Json& entry,
                        std::span<const std::byte> data) {
  const auto fail = [&](const std::string& what) { corrupt(path, "tensor '" + name + "': " + what); };
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets")) {
    fail("needs dtype, shape and data_offsets");
  }
  const Json& dtype = entry["dtype"];
  const Json& shape = entry["shape"];
  const Json& offsets = entry["data_offsets"];
  if (!dtype.is_string() || !shape.is_array() || !offsets.is_array() || offsets.size() != 2) {
    fail("dtype, shape or data_offsets has the wrong type");
  }
  const auto row = std::find_if(kDTypes.begin(), kDTypes.end(),
                                [&](const DTypeRow& r) { return r.name == dtype.get_ref<const std::string&>(); });
  if (row == kDTypes.end()) {
    throw Error(ErrorCode::unsupported, path.string() + ": tensor '" + name + "' has dtype " +
                                            dtype.get<std::string>() +
                                            "; Fovea reads U8, I32, I64, F16, BF16, F32 and F64");
  }
  TensorView view{.dtype = row->dtype, .shape = {}, .bytes = {}};
  std::uint64_t bytes = row->bytes;
  for (const Json& extent : shape) {
    if (!extent.is_number_unsigned()) fail("shape holds " + extent.dump() + ", expected integers of at least 0");
    const auto value = extent.get<std::uint64_t>();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ||
        (value != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / value)) {
      fail("shape " + shape.dump() + " overflows");
    }
    bytes *= value;
    view.shape.push_back(static_cast<std::int64_t>(value));
  }
  if (!offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
    fail("data_offsets are not integers of at least 0");
  const auto begin = offsets[0].get<std::uint64_t>();
  const auto end = offsets[1].get<std::uint64_t>();
  if (begin > end || end > data.size()) {
    fail("data_offsets " + offsets.dump() + " lie outside the " + std::to_string(data.size()) + " bytes of data");
  }
  if (end - begin != bytes) {
    fail("data_offsets hold " + std::to_string(end - begin) + " bytes, but dtype and shape need " +
         std::to_string(bytes));
  }
  view.bytes = data.subspan(begin, bytes);
  return view;
}

/// The format wants the tensors to cover the data without overlap or gap.
void check_layout(const std::filesystem::path& path, const std::map<std::string, TensorView>& tensors,
                  std::span<const std::byte> data) {
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (const auto& [name, view] : tensors) {
    const auto begin = static_cast<std::size_t>(view.bytes.data() - data.data());
    ranges.emplace_back(begin, begin + view.bytes.size());
  }
  std::sort(ranges.begin(), ranges.end());
  std::size_t covered = 0;
  for (const auto& [begin, end] : ranges) {
    if (begin < covered) corrupt(path, "two tensors overlap at offset " + std::to_string(begin));
    if (begin > covered)
      corrupt(path, "bytes " + std::to_string(covered) + " to " + std::to_string(begin) + " belong to no tensor");
    covered = end;
  }
  if (covered != data.size())
    corrupt(path, "the data end at " + std::to_string(data.size()) + ", the tensors at " + std::to_string(covered));
}

}  // namespace

std::size_t size_of(DType dtype) noexcept { return row_of(dtype).bytes; }
std::string to_string(DType dtype) { return std::string(row_of(dtype).name); }

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) {
  auto [map, size] = map_file(path);
  map_ = map;
  const std::span<const std::byte> file(map_.get(), size);
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
  if (header_bytes > kMaxHeaderBytes || header_bytes > size - 8) {
    corrupt(path, "the header length is " + std::to_string(header_bytes) + ", but the file has " +
                      std::to_string(size) + " bytes");
  }
  const Json header = parse_header(path, {reinterpret_cast<const char*>(file.data()) + 8, header_bytes});
  const auto data = file.subspan(8 + header_bytes);
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) corrupt(path, "__metadata__ is not an object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) corrupt(path, "__metadata__." + key + " is not a string");
        metadata_[key] = value.get<std::string>();
      }
    } else {
      tensors_.emplace(name, parse_tensor(path, name, entry, data));
    }
  }
  check_layout(path, tensors_, data);
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
