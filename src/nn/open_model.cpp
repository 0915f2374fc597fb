#include <string>

#include "fovea/error.hpp"
#include "nn/caption_model.hpp"
#include "nn/highlight_model.hpp"
#include "nn/model_folder.hpp"
#include "nn/patch_memory.hpp"

namespace fovea {

std::shared_ptr<const Model> Model::open(const std::filesystem::path& folder, const OpenOptions& options) {
  if (!std::filesystem::is_directory(folder)) {
    throw Error(ErrorCode::io, "the model folder " + folder.string() + " does not exist");
  }
  const auto file = folder / "config.json";
  const auto json = nn::parse_model_json(nn::read_model_text(file), file.string());
  text::JsonSection root(json, file.string());
  const auto architecture = root.text("architecture");
  if (architecture == nn::CaptionModel::kArchitecture) return std::make_shared<const nn::CaptionModel>(folder, options);
  if (architecture == nn::HighlightModel::kArchitecture) {
    return std::make_shared<const nn::HighlightModel>(folder, options);
  }
  if (architecture == nn::PatchMemoryModel::kArchitecture) {
    return std::make_shared<const nn::PatchMemoryModel>(folder, options);
  }
  root.fail("'architecture' is '" + architecture + "', expected " + nn::CaptionModel::kArchitecture + ", " +
            nn::HighlightModel::kArchitecture + " or " + nn::PatchMemoryModel::kArchitecture);
}

}  // namespace fovea
