#include "io/weights_file.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "fovea/error.hpp"
#include "io/message_text.hpp"
#include "io/safetensors.hpp"
#include "io/torch_file.hpp"
#include "io/weights_index.hpp"
#include "io/zip_archive.hpp"

namespace fovea::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIndexSuffix = ".index.json";
constexpr std::size_t kMostShown = 20;  // names in a message

/// The files of a folder, for a message.
std::string what_is_in(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.insert(entry->path().filename().string());
  }
  std::string text;
  std::size_t shown = 0;
  for (const auto& name : names) {
    if (++shown > kMostShown) break;
    text += (shown == 1 ? "" : ", ") + in_quotes(name);
  }
  if (names.size() > kMostShown) text += ", and " + std::to_string(names.size() - kMostShown) + " more";
  return names.empty() ? "nothing" : text;
}

/// The file of a folder that holds its weights, or says where they are.
fs::path find_in(const fs::path& folder) {
  constexpr std::array<std::string_view, 4> kNames{"model.safetensors", "model.safetensors.index.json",
                                                   "pytorch_model.bin", "pytorch_model.bin.index.json"};
  std::string looked_for;
  for (const auto name : kNames) {
    std::error_code error;
    // A link to nothing is found, too, so that opening it says so.
    if (fs::symlink_status(folder / name, error).type() != fs::file_type::not_found) return folder / name;
    looked_for += (looked_for.empty() ? "" : name == kNames.back() ? " or " : ", ") + std::string(name);
  }
  throw Error(ErrorCode::model,
              folder.string() + " holds no weights: looked for " + looked_for + ", found " + what_is_in(folder));
}

/// The tensors of the files that an index names, each of which must be in the file that is said of it, and in no other.
Weights open_index(const fs::path& path) {
  const auto index = read_weights_index(map_file(path));
  std::set<std::string> shards;
  for (const auto& [name, shard] : index) shards.insert(shard);
  Weights weights;
  std::map<std::string, std::string> found_in;
  for (const auto& shard : shards) {
    const fs::path file = path.parent_path() / shard;
    std::error_code error;
    if (!fs::exists(file, error)) {
      throw Error(ErrorCode::io, path.string() + " names the file " + in_quotes(shard) + ", which is not beside it");
    }
    auto part = read_weights(map_file(file));
    for (auto& [name, tensor] : part.tensors) {
      if (const auto [at, is_new] = found_in.try_emplace(name, shard); !is_new) {
        throw Error(ErrorCode::corrupt, path.string() + ": the tensor " + in_quotes(name) + " is in " +
                                            in_quotes(at->second) + " and in " + in_quotes(shard));
      }
      weights.tensors.emplace(name, std::move(tensor));
    }
    weights.files.push_back(file);
  }
  for (const auto& [name, shard] : index) {
    const auto found = found_in.find(name);
    if (found == found_in.end() || found->second != shard) {
      throw Error(ErrorCode::corrupt,
                  path.string() + ": the tensor " + in_quotes(name) + " should be in " + in_quotes(shard) +
                      (found == found_in.end() ? ", but is missing there" : ", but is in " + in_quotes(found->second)));
    }
  }
  return weights;
}

}  // namespace

Weights read_weights(const FileBytes& file) {
  constexpr std::string_view kLfs = "version https://git-lfs.github.com/spec/";
  constexpr std::size_t kHeaderAt = 8;
  const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
  const auto unsupported = [&](const std::string& what) -> Error {
    return {ErrorCode::unsupported, file.name + ": " + what};
  };
  if (text.starts_with(kLfs)) {
    throw unsupported("this is a pointer of Git LFS, not the weights themselves; run 'git lfs pull' in its folder");
  }
  if (is_zip(file.bytes) || is_old_torch_file(file)) {
    return {.tensors = read_torch_file(file), .metadata = {}, .files = {}};
  }
  if (text.size() > kHeaderAt && text[kHeaderAt] != '{') {
    throw unsupported(
        "neither a safetensors file nor a state dict of torch.save, which are the weights that Fovea reads");
  }
  const SafetensorsFile safetensors(file);
  return {.tensors = safetensors.tensors(), .metadata = safetensors.metadata(), .files = {}};
}

Weights open_weights(const fs::path& path) {
  std::error_code error;
  const fs::path file = fs::is_directory(path, error) ? find_in(path) : path;
  if (file.filename().string().ends_with(kIndexSuffix)) return open_index(file);
  Weights weights = read_weights(map_file(file));
  weights.files.push_back(file);
  return weights;
}

}  // namespace fovea::io
