#include "dicom_out/uids.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <utility>

#include "io/sha256.hpp"

namespace fovea::dicom_out {
namespace {

constexpr std::size_t kBlock = 64;  // bytes of SHA-256

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

/// The first `size` bytes of hex digits.
std::string from_hex(std::string_view hex, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    unsigned value = 0;
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, value, 16);
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

/// A big-endian number in decimal, by division.
std::string decimal(std::string bytes) {
  std::string digits;
  for (bool rest = true; rest;) {
    rest = false;
    unsigned remainder = 0;
    for (auto& byte : bytes) {
      const unsigned value = remainder * 256 + static_cast<unsigned char>(byte);
      byte = static_cast<char>(value / 10);
      remainder = value % 10;
      rest = rest || byte != 0;
    }
    digits.insert(digits.begin(), static_cast<char>('0' + remainder));
  }
  return digits;
}

std::string random_key() {
  std::random_device device;
  std::string key;
  for (int i = 0; i < 8; ++i) {
    const auto word = static_cast<std::uint32_t>(device());
    for (int shift = 0; shift < 32; shift += 8) key.push_back(static_cast<char>(word >> shift));
  }
  return key;
}

}  // namespace

std::string keyed_hash(std::string_view key, std::string_view text) {
  constexpr std::size_t kDigest = 32;
  std::string block = key.size() > kBlock ? from_hex(io::sha256_hex(as_bytes(key)), kDigest) : std::string(key);
  block.resize(kBlock, '\0');
  std::string inner = block, outer = block;
  for (auto& c : inner) c = static_cast<char>(c ^ 0x36);
  for (auto& c : outer) c = static_cast<char>(c ^ 0x5C);
  const auto digest = io::Sha256().update(as_bytes(inner)).update(as_bytes(text)).hex_digest();
  return io::Sha256().update(as_bytes(outer)).update(as_bytes(from_hex(digest, kDigest))).hex_digest();
}

Uids::Uids() : Uids(random_key()) {}

Uids::Uids(std::string key) : key_(std::move(key)) {}

std::string Uids::of(std::string_view name) const {
  auto uuid = from_hex(keyed_hash(key_, name), 16);
  uuid[6] = static_cast<char>((uuid[6] & 0x0F) | 0x80);
  uuid[8] = static_cast<char>((uuid[8] & 0x3F) | 0x80);
  return std::string(kUidRoot) + "." + decimal(std::move(uuid));
}

}  // namespace fovea::dicom_out
