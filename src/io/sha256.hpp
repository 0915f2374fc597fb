/// @file SHA-256 digests (FIPS 180-4), by OpenSSL.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace fovea::io {

/// A digest over data that comes in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(std::span<const std::byte> bytes);
  /// The digest as 64 lower-case hex digits; ends the computation.
  std::string hex_digest();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Hex digest of bytes in memory.
std::string sha256_hex(std::span<const std::byte> bytes);

/// Hex digest of a file, read in pieces.
/// @throws Error: io.
std::string sha256_file_hex(const std::filesystem::path& path);

}  // namespace fovea::io
