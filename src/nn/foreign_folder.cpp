#include "nn/foreign_folder.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <span>
#include <string_view>
#include <utility>

#include "io/sha256.hpp"
#include "io/weights_file.hpp"
#include "nn/model_folder.hpp"

namespace fovea::nn {
namespace {

namespace fs = std::filesystem;

/// Files beside the weights that pixels, tokens or the search depend on.
constexpr std::array<const char*, 13> kSideFiles{"config.json",
                                                 "preprocessor_config.json",
                                                 "processor_config.json",
                                                 "generation_config.json",
                                                 "tokenizer.json",
                                                 "tokenizer_config.json",
                                                 "special_tokens_map.json",
                                                 "added_tokens.json",
                                                 "vocab.txt",
                                                 "vocab.json",
                                                 "merges.txt",
                                                 "model.safetensors.index.json",
                                                 "pytorch_model.bin.index.json"};

/// One digest of the files that are there: of their names and digests.
std::string digest(const fs::path& folder) {
  auto files = io::open_weights(folder).files;
  for (const char* name : kSideFiles) {
    if (fs::exists(folder / name)) files.push_back(folder / name);
  }
  std::sort(files.begin(), files.end());
  std::string digests;
  for (const auto& file : files) digests += io::sha256_file_hex(file) + "  " + file.filename().string() + "\n";
  return io::sha256_hex(std::as_bytes(std::span(digests)));
}

/// The value of `license:` between the two lines of dashes that a model card of a hub begins with; empty without.
std::string licence_of(const fs::path& card) {
  std::ifstream in(card);
  std::string line;
  constexpr std::string_view kFence = "---", kKey = "license:";
  if (!std::getline(in, line) || !line.starts_with(kFence)) return {};
  while (std::getline(in, line) && !line.starts_with(kFence)) {
    if (!line.starts_with(kKey)) continue;
    const auto begin = line.find_first_not_of(" \"'", kKey.size());
    if (begin == std::string::npos) return {};
    const auto end = line.find_last_not_of(" \"'\r");
    return line.substr(begin, end - begin + 1);
  }
  return {};
}

/// The folder's name; of a snapshot in the cache of a hub (models--AUTHOR--NAME/snapshots/REVISION) the model's.
std::string id_of(const fs::path& folder) {
  const auto whole = fs::weakly_canonical(folder);
  constexpr std::string_view kModels = "models--";
  const auto snapshots = whole.parent_path();
  const auto cached = snapshots.parent_path().filename().string();
  if (snapshots.filename() != "snapshots" || !cached.starts_with(kModels)) return whole.filename().string();
  return cached.substr(std::max(cached.rfind("--") + 2, kModels.size()));
}

}  // namespace

ForeignFolder::ForeignFolder(fs::path path)
    : path_(std::move(path)),
      config_(parse_model_json(read_model_text(path_ / "config.json"), (path_ / "config.json").string()),
              (path_ / "config.json").string()) {}

ForeignFolder::ForeignFolder(fs::path path, ForeignConfig config)
    : path_(std::move(path)), config_(std::move(config)) {}

std::vector<fs::path> ForeignFolder::side_files() const {
  std::vector<fs::path> files;
  const auto add = [&](const char* name) {
    if (fs::exists(path_ / name)) files.push_back(path_ / name);
  };
  for (const std::string_view name : kSideFiles) {
    if (name != "config.json" && !name.ends_with(".index.json")) add(name.data());
  }
  for (const char* name : {"README.md", "LICENSE", "LICENSE.md", "LICENSE.txt"}) add(name);
  return files;
}

std::optional<ForeignConfig> ForeignFolder::json(const char* name) const {
  const auto file = path_ / name;
  if (!fs::exists(file)) return std::nullopt;
  return ForeignConfig(parse_model_json(read_model_text(file), file.string()), file.string());
}

ModelInfo ForeignFolder::info(const std::string& architecture) const {
  ModelInfo info;
  info.id = id_of(path_);
  info.architecture = architecture;
  info.sha256 = digest(path_);
  info.licence = licence_of(path_ / "README.md");
  return info;
}

TensorMap tensors_below(const TensorMap& tensors, const std::string& prefix) {
  TensorMap below;
  for (auto found = tensors.lower_bound(prefix); found != tensors.end() && found->first.starts_with(prefix); ++found) {
    below.emplace(found->first.substr(prefix.size()), found->second);
  }
  return below;
}

}  // namespace fovea::nn
