/// @file What the folders of all model families have in common.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>

#include "nn/transformer.hpp"
#include "text/json_section.hpp"

namespace fovea::nn {

/// The text of a file of a model folder.
/// @throws Error: io.
std::string read_model_text(const std::filesystem::path& file);
/// @throws Error: io.
void write_model_text(const std::filesystem::path& file, const std::string& text);

/// A configuration as JSON. @throws Error: model. `source` is used in messages.
text::OrderedJson parse_model_json(const std::string& document, const std::string& source);

/// One digest for some files of a folder: the digest of their digests.
std::string folder_digest(const std::filesystem::path& folder, std::initializer_list<const char*> files);

/// Sizes of a stack of transformer blocks, from and to the keys of a configuration.
TransformerOptions parse_transformer(text::JsonSection& section);
text::OrderedJson transformer_json(const TransformerOptions& options);

/// The largest size and dropout that a configuration may ask for.
constexpr std::int64_t kMaxSize = 1 << 16;
constexpr double kMaxDropout = 0.95;

}  // namespace fovea::nn
