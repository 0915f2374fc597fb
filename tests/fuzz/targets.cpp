#include "fuzz/targets.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/torch_file_maker.hpp"
#include "fovea/error.hpp"
#include "io/weights_file.hpp"
#include "io/weights_index.hpp"
#include "io/zip_archive.hpp"

namespace fovea::fuzz {
namespace {

constexpr std::size_t kStorageBytes = 4096;

/// What must hold of an input that is read, whatever it is.
void require(bool condition) {
  if (!condition) std::abort();
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What was read goes here, so that reading it is not left out.
volatile unsigned sink = 0;

/// Reads every byte of every tensor, after all else is gone.
void use(io::Weights weights) {
  std::uint64_t copied = 0;
  unsigned sum = 0;
  for (const auto& [name, tensor] : weights.tensors) {
    require(tensor.bytes.size() == io::byte_count(tensor.dtype, tensor.shape));
    copied += tensor.bytes.size();
    if (copied > 1'000'000) break;  // names of one storage; reading it once is enough
    for (const std::byte byte : tensor.bytes) sum += std::to_integer<unsigned>(byte);
  }
  sink = sum;
}

void read(std::span<const std::byte> input) {
  // Of exactly this size, so that AddressSanitizer sees a read behind the end.
  auto owner = std::make_shared<const std::vector<std::byte>>(input.begin(), input.end());
  const std::span<const std::byte> bytes(*owner);
  use(io::read_weights({.name = "fuzzed", .bytes = bytes, .owner = std::move(owner)}));
}

}  // namespace

void try_safetensors(std::span<const std::byte> input) {
  try {
    if (!as_text(input).starts_with('{')) return read(input);
    for (const auto& [name, shard] : io::read_weights_index(test::in_memory(std::string(as_text(input))))) {
      require(!shard.empty() && shard.find('/') == std::string::npos && shard != "." && shard != "..");
    }
  } catch (const Error& error) {
    require(error.code() == ErrorCode::corrupt || error.code() == ErrorCode::unsupported);
  }
}

void try_torch(std::span<const std::byte> input) {
  try {
    if (io::is_zip(input)) return read(input);
    const std::string file = test::torch_file(std::string(as_text(input)), std::string(kStorageBytes, 'x'));
    read(std::as_bytes(std::span(file)));
  } catch (const Error& error) {
    require(error.code() == ErrorCode::corrupt || error.code() == ErrorCode::unsupported);
  }
}

}  // namespace fovea::fuzz
