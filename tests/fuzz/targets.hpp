/// @file What the fuzzers do with their input: one function per fuzzer, which tests run on the committed corpus, too.
/// A function returns when the input was read or refused with an Error; anything else is a finding.
#pragma once

#include <cstddef>
#include <span>

namespace fovea::fuzz {

/// A safetensors file or, when it begins with '{', an index of several.
void try_safetensors(std::span<const std::byte> input);

/// A file of torch.save or, when it is no zip archive, the pickle of one.
void try_torch(std::span<const std::byte> input);

}  // namespace fovea::fuzz
