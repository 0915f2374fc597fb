#include "nn/model_folder.hpp"

#include <fstream>
#include <span>

#include "fovea/error.hpp"
#include "io/sha256.hpp"
#include "text/configuration_json.hpp"
#include "text/tokenizer_fields.hpp"

namespace fovea::nn {

using Json = text::OrderedJson;

std::string read_model_text(const std::filesystem::path& file) {
  constexpr std::size_t kMaxBytes = 16'000'000;  // of 21,841 classes: under 2 million
  try {
    return text::read_text(file, kMaxBytes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::io) throw;
    throw Error(ErrorCode::io, std::string(error.what()) +
                                   "; a model folder holds config.json, model.safetensors and, when it writes "
                                   "captions, vocab.txt");
  }
}

void write_model_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw Error(ErrorCode::io, "cannot write " + file.string());
}

Json parse_model_json(const std::string& document, const std::string& source) {
  return text::parse_configuration(document, source);
}

std::string folder_digest(const std::filesystem::path& folder, std::initializer_list<const char*> files) {
  std::string digests;
  for (const char* name : files) digests += io::sha256_file_hex(folder / name) + "  " + name + "\n";
  return io::sha256_hex(std::as_bytes(std::span(digests)));
}

TransformerOptions parse_transformer(text::JsonSection& section) {
  TransformerOptions o;
  o.width = section.integer("width", 1, kMaxSize);
  o.heads = section.integer("heads", 1, 1024);
  o.layers = section.integer("layers", 1, 256);
  o.mlp_ratio = section.integer("mlp_ratio", 1, 64);
  o.dropout = section.number("dropout", 0, kMaxDropout);
  o.attention_dropout = section.number("attention_dropout", 0, kMaxDropout);
  if (o.width % o.heads != 0) {
    section.fail("width " + std::to_string(o.width) + " is no multiple of heads " + std::to_string(o.heads));
  }
  return o;
}

Json transformer_json(const TransformerOptions& o) {
  return {{"width", o.width},         {"heads", o.heads},     {"layers", o.layers},
          {"mlp_ratio", o.mlp_ratio}, {"dropout", o.dropout}, {"attention_dropout", o.attention_dropout}};
}

}  // namespace fovea::nn
