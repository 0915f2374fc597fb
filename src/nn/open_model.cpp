#include <string>

#include "fovea/error.hpp"
#include "nn/caption_model.hpp"
#include "nn/foreign_captioner.hpp"
#include "nn/foreign_folder.hpp"
#include "nn/highlight_model.hpp"
#include "nn/patch_memory.hpp"

namespace fovea {
namespace {

/// What Model::open() knows, for a message.
std::string known_families() {
  std::string known = std::string("'architecture' ") + nn::CaptionModel::kArchitecture + ", " +
                      nn::HighlightModel::kArchitecture + " or " + nn::PatchMemoryModel::kArchitecture +
                      ", or 'model_type'";
  const char* before = " ";
  for (const auto& family : nn::captioner_families()) known += before + family.model_type, before = ", ";
  return known;
}

std::shared_ptr<const Model> open_ours(const std::filesystem::path& folder, const std::string& architecture,
                                       const OpenOptions& options) {
  if (architecture == nn::CaptionModel::kArchitecture) return std::make_shared<const nn::CaptionModel>(folder, options);
  if (architecture == nn::HighlightModel::kArchitecture) {
    return std::make_shared<const nn::HighlightModel>(folder, options);
  }
  if (architecture == nn::PatchMemoryModel::kArchitecture) {
    return std::make_shared<const nn::PatchMemoryModel>(folder, options);
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<const Model> Model::open(const std::filesystem::path& folder, const OpenOptions& options) {
  if (!std::filesystem::is_directory(folder)) {
    throw Error(ErrorCode::io, "the model folder " + folder.string() + " does not exist");
  }
  const nn::ForeignFolder found(folder);
  const auto& config = found.config();
  const auto architecture = config.text("architecture", "");
  if (auto model = open_ours(folder, architecture, options)) return model;
  const auto type = config.text("model_type", "");
  for (const auto& family : nn::captioner_families()) {
    if (family.model_type == type) return std::make_shared<const nn::ForeignCaptioner>(found, family, options);
  }
  config.fail("'architecture' is '" + architecture + "' and 'model_type' is '" + type + "'; expected " +
              known_families());
}

}  // namespace fovea
