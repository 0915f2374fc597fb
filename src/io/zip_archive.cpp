#include "io/zip_archive.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "fovea/error.hpp"
#include "io/message_text.hpp"

namespace fovea::io {
namespace {

constexpr std::uint64_t kLocalHeader = 0x04034b50;
constexpr std::uint64_t kCentralHeader = 0x02014b50;
constexpr std::uint64_t kEnd = 0x06054b50;
constexpr std::uint64_t kEnd64 = 0x06064b50;
constexpr std::uint64_t kEnd64Locator = 0x07064b50;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kCentralBytes = 46;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::size_t kEnd64LocatorBytes = 20;
constexpr std::size_t kLongestComment = 0xFFFF;
constexpr std::uint64_t kIn64 = 0xFFFFFFFF;  // "see the zip64 field"
constexpr std::uint64_t kEncrypted = 1;      // bits of the flags
constexpr std::uint64_t kSizesFollow = 8;

/// Where the table of entries is.
struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t entries = 0;
};

/// One row of the table of entries, or a header before an entry.
struct Header {
  std::uint64_t flags = 0;
  std::uint64_t method = 0;
  std::uint64_t stored_size = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;  ///< of the header before the entry; of the table only
  std::string_view name;
};

class ZipReader {
 public:
  explicit ZipReader(const FileBytes& file) : file_(file) {}

  ZipEntries read() const {
    const Directory directory = find_directory();
    ZipEntries entries;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> taken;  // from the header before an entry to its end
    std::uint64_t at = directory.offset;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      const Header row = read_row(&at, directory);
      const auto bytes = bytes_of(row, directory);
      taken.emplace_back(row.offset, static_cast<std::uint64_t>(bytes.data() - file_.bytes.data()) + bytes.size());
      if (!entries.emplace(row.name, bytes).second) corrupt("the entry " + in_quotes(row.name) + " is there twice");
    }
    if (at != directory.offset + directory.size) corrupt("its table of entries does not have the size that it states");
    std::sort(taken.begin(), taken.end());
    for (std::size_t i = 1; i < taken.size(); ++i) {
      if (taken[i].first < taken[i - 1].second) {
        corrupt("two entries overlap at offset " + std::to_string(taken[i].first));
      }
    }
    return entries;
  }

 private:
  [[noreturn]] void corrupt(const std::string& what) const {
    throw Error(ErrorCode::corrupt, file_.name + ": not a valid zip archive: " + what);
  }

  bool holds(std::uint64_t offset, std::uint64_t size) const noexcept {
    return offset <= file_.bytes.size() && size <= file_.bytes.size() - offset;
  }

  /// A little-endian number that is known to be there.
  std::uint64_t number(std::uint64_t offset, std::size_t size) const noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8U | std::to_integer<std::uint64_t>(file_.bytes[offset + i]);
    return value;
  }

  std::string_view text(std::uint64_t offset, std::size_t size) const noexcept {
    return {reinterpret_cast<const char*>(file_.bytes.data()) + offset, size};
  }

  Directory find_directory() const {
    const std::uint64_t end = find_end();
    Directory directory{.offset = number(end + 16, 4), .size = number(end + 12, 4), .entries = number(end + 10, 2)};
    std::uint64_t behind = end;  // the table lies before this
    bool one_part = number(end + 4, 2) == number(end + 6, 2) && number(end + 8, 2) == directory.entries;
    const bool has_64 = end >= kEnd64LocatorBytes && number(end - kEnd64LocatorBytes, 4) == kEnd64Locator;
    if (has_64) {
      behind = number(end - kEnd64LocatorBytes + 8, 8);
      if (behind > end - kEnd64LocatorBytes || end - kEnd64LocatorBytes - behind < kEnd64Bytes ||
          number(behind, 4) != kEnd64) {
        corrupt("its zip64 end record is not where it should be");
      }
      directory = {.offset = number(behind + 48, 8), .size = number(behind + 40, 8), .entries = number(behind + 32, 8)};
      one_part = number(behind + 16, 4) == number(behind + 20, 4) && number(behind + 24, 8) == directory.entries;
    }
    if (!one_part) {
      throw Error(ErrorCode::unsupported, file_.name + ": a zip archive in several parts; join them first");
    }
    if (directory.offset > behind || directory.size > behind - directory.offset) {
      corrupt("its table of entries would lie at " + std::to_string(directory.offset) + " and take " +
              std::to_string(directory.size) + " bytes, but it must end before " + std::to_string(behind));
    }
    return directory;
  }

  /// The end record: the last one whose comment goes to the end of the file.
  std::uint64_t find_end() const {
    const std::size_t size = file_.bytes.size();
    for (std::size_t comment = 0; comment <= kLongestComment && comment + kEndBytes <= size; ++comment) {
      const std::size_t at = size - comment - kEndBytes;
      if (number(at, 4) == kEnd && number(at + 20, 2) == comment) return at;
    }
    corrupt("it has no end record; the file may be cut short: compare its size, or fetch it again");
  }

  /// Reads a row of the table and moves `at` behind it.
  Header read_row(std::uint64_t* at, const Directory& directory) const {
    const std::uint64_t end = directory.offset + directory.size;
    if (end - *at < kCentralBytes || number(*at, 4) != kCentralHeader) corrupt("its table of entries ends early");
    const std::uint64_t name_size = number(*at + 28, 2);
    const std::uint64_t extra_size = number(*at + 30, 2);
    const std::uint64_t row_size = kCentralBytes + name_size + extra_size + number(*at + 32, 2);
    if (end - *at < row_size) corrupt("its table of entries ends early");
    Header row{.flags = number(*at + 8, 2),
               .method = number(*at + 10, 2),
               .stored_size = number(*at + 20, 4),
               .size = number(*at + 24, 4),
               .offset = number(*at + 42, 4),
               .name = text(*at + kCentralBytes, name_size)};
    read_64(*at + kCentralBytes + name_size, extra_size, {&row.size, &row.stored_size, &row.offset}, row.name);
    *at += row_size;
    return row;
  }

  /// Replaces the numbers that say "see the zip64 field" by those of that field.
  void read_64(std::uint64_t extra, std::uint64_t extra_size, std::initializer_list<std::uint64_t*> numbers,
               std::string_view name) const {
    const std::uint64_t extra_end = extra + extra_size;
    std::uint64_t field = extra_end;
    std::uint64_t field_end = extra_end;
    for (std::uint64_t at = extra; extra_end - at >= 4;) {
      const std::uint64_t size = number(at + 2, 2);
      if (size > extra_end - at - 4) break;  // what some writers pad with; torch.save writes whole fields
      if (number(at, 2) == 1) {
        field = at + 4;
        field_end = field + size;
        break;
      }
      at += 4 + size;
    }
    for (std::uint64_t* value : numbers) {
      if (*value != kIn64) continue;
      if (field_end - field < 8) corrupt("the entry " + in_quotes(name) + " lacks its zip64 sizes");
      *value = number(field, 8);
      field += 8;
    }
  }

  /// The bytes of an entry, after comparison of the header before them with the row of the table.
  std::span<const std::byte> bytes_of(const Header& row, const Directory& directory) const {
    const auto fail = [&](const std::string& what) { corrupt("the entry " + in_quotes(row.name) + " " + what); };
    if ((row.flags & kEncrypted) != 0) {
      throw Error(ErrorCode::unsupported, file_.name + ": the entry " + in_quotes(row.name) + " is encrypted");
    }
    if (row.method != 0) {
      throw Error(ErrorCode::unsupported,
                  file_.name + ": the entry " + in_quotes(row.name) +
                      " is compressed, which torch.save never does; unpack the archive and pack it with 'zip -0'");
    }
    if (row.size != row.stored_size) fail("states two sizes");
    if (row.offset > directory.offset || directory.offset - row.offset < kLocalBytes) {
      fail("would begin at " + std::to_string(row.offset) + ", outside the entries");
    }
    if (number(row.offset, 4) != kLocalHeader) fail("has no header at " + std::to_string(row.offset));
    const std::uint64_t name_size = number(row.offset + 26, 2);
    const std::uint64_t extra_size = number(row.offset + 28, 2);
    const std::uint64_t room = directory.offset - row.offset - kLocalBytes;
    if (name_size + extra_size > room || row.size > room - name_size - extra_size) {
      fail("of " + std::to_string(row.size) + " bytes would end outside the entries");
    }
    Header local{.flags = number(row.offset + 6, 2),
                 .method = number(row.offset + 8, 2),
                 .stored_size = number(row.offset + 18, 4),
                 .size = number(row.offset + 22, 4),
                 .name = text(row.offset + kLocalBytes, name_size)};
    if (local.name != row.name || local.method != row.method || (local.flags & kEncrypted) != 0) {
      fail("differs from the header before it");
    }
    if ((local.flags & kSizesFollow) == 0) {
      read_64(row.offset + kLocalBytes + name_size, extra_size, {&local.size, &local.stored_size}, row.name);
      if (local.size != row.size || local.stored_size != row.size) fail("differs in size from the header before it");
    }
    return file_.bytes.subspan(row.offset + kLocalBytes + name_size + extra_size, row.size);
  }

  const FileBytes& file_;
};

}  // namespace

bool is_zip(std::span<const std::byte> bytes) noexcept {
  constexpr std::string_view kMagic = "PK\x03\x04";
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with(kMagic);
}

ZipEntries read_zip(const FileBytes& file) { return ZipReader(file).read(); }

}  // namespace fovea::io
