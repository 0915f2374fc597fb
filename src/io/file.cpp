#include "io/file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"

namespace fovea {

Bytes read_bytes(const std::filesystem::path& path) {
  std::size_t size = 0;
  auto in = io::open_file(path, &size);
  auto bytes = std::make_shared<std::vector<std::byte>>(size);
  in.read(reinterpret_cast<char*>(bytes->data()), static_cast<std::streamsize>(size));
  if (static_cast<std::size_t>(in.gcount()) != size) {
    throw Error(ErrorCode::io, "cannot read " + path.string() + ": got " + std::to_string(in.gcount()) + " of its " +
                                   std::to_string(size) + " bytes");
  }
  return bytes;
}

}  // namespace fovea

namespace fovea::io {

std::ifstream open_file(const std::filesystem::path& path, std::size_t* size) {
  const auto fail = [&](const std::string& why) -> Error {
    return {ErrorCode::io, "cannot read " + path.string() + ": " + why};
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) throw fail("there is no such file");
  if (error) throw fail(error.message());
  if (!std::filesystem::is_regular_file(status)) throw fail("it is not a regular file");
  *size = static_cast<std::size_t>(std::filesystem::file_size(path, error));
  if (error) throw fail(error.message());
  std::ifstream in(path, std::ios::binary);
  if (!in) throw fail(std::strerror(errno));
  return in;
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw Error(ErrorCode::io, "cannot make the folder " + path.string() + ": " + error.message());
}

void write_stream(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write) {
  const std::filesystem::path partial = path.string() + ".partial";
  std::ofstream out(partial, std::ios::binary | std::ios::trunc);
  if (!out) throw Error(ErrorCode::io, "cannot write " + partial.string() + ": " + std::strerror(errno));
  try {
    write(out);
    out.close();
    if (!out) throw Error(ErrorCode::io, "cannot write " + partial.string() + ": the disk may be full");
    std::error_code error;
    std::filesystem::rename(partial, path, error);
    if (error) throw Error(ErrorCode::io, "cannot write " + path.string() + ": " + error.message());
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    throw;
  }
}

void write_parts(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts) {
  write_stream(path, [&](std::ostream& out) {
    for (const auto part : parts) {
      out.write(reinterpret_cast<const char*>(part.data()), static_cast<std::streamsize>(part.size()));
    }
  });
}

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) { write_parts(path, {&bytes, 1}); }

}  // namespace fovea::io
