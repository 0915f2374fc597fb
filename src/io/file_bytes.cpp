#include "io/file_bytes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "fovea/error.hpp"

namespace fovea::io {

FileBytes map_file(const std::filesystem::path& path) {
  // O_NONBLOCK: a pipe would block before one could see that it is none of ours.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw Error(ErrorCode::io, "cannot open " + path.string() + ": " + std::strerror(errno));
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    throw Error(ErrorCode::io, path.string() + " is not a regular file");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) {  // which cannot be mapped
    ::close(fd);
    return {.name = path.string(), .bytes = {}, .owner = nullptr, .is_mapped = false};
  }
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  const int map_errno = errno;
  ::close(fd);
  if (address == MAP_FAILED) {
    throw Error(ErrorCode::io, "cannot map " + path.string() + ": " + std::strerror(map_errno));
  }
  std::shared_ptr<const void> owner(address, [size](void* p) { ::munmap(p, size); });
  return {.name = path.string(),
          .bytes = {static_cast<const std::byte*>(address), size},
          .owner = std::move(owner),
          .is_mapped = true};
}

void drop_pages(std::span<const std::byte> bytes) noexcept {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const auto first = (begin + page - 1) / page * page, end = (begin + bytes.size()) / page * page;
  if (first >= end) return;
  auto* address = const_cast<std::byte*>(bytes.data()) + (first - begin);
  ::madvise(address, end - first, MADV_DONTNEED);  // which can only fail to help
}

}  // namespace fovea::io
