#include "io/weights_index.hpp"

#include <string_view>

#include "fovea/error.hpp"
#include "io/message_text.hpp"
#include "io/strict_json.hpp"

namespace fovea::io {
namespace {

constexpr std::size_t kMaxBytes = 16'000'000;
constexpr int kMaxDepth = 8;  // what metadata may hold

/// A name that cannot lead out of the folder.
bool is_plain_name(std::string_view name) noexcept {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

}  // namespace

std::map<std::string, std::string> read_weights_index(const FileBytes& file) {
  const auto corrupt = [&](const std::string& what) -> Error {
    return {ErrorCode::corrupt, file.name + ": not a valid index of weights: " + what};
  };
  if (file.bytes.size() > kMaxBytes) {
    throw Error(ErrorCode::unsupported, file.name + ": an index of " + std::to_string(file.bytes.size()) +
                                            " bytes; at most " + std::to_string(kMaxBytes) + " are read");
  }
  const auto index = parse_strict_json({reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()}, kMaxDepth,
                                       [&](const std::string& what) -> void { throw corrupt(what); });
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    throw corrupt("expected an object with an object 'weight_map'");
  }
  std::map<std::string, std::string> files;
  for (const auto& [name, shard] : index["weight_map"].items()) {
    if (!shard.is_string()) throw corrupt("the file of the tensor " + in_quotes(name) + " is not text");
    const auto& shard_name = shard.get_ref<const std::string&>();
    if (!is_plain_name(shard_name)) {
      throw corrupt("the tensor " + in_quotes(name) + " is said to be in " + in_quotes(shard_name) +
                    ", expected the name of a file beside the index");
    }
    files.emplace(name, shard_name);
  }
  if (files.empty()) throw corrupt("its weight_map is empty");
  return files;
}

}  // namespace fovea::io
