/// What Fovea makes of some images with a model of another library, for tests/reference/parity.py to compare with what
/// that library makes of them.
///
/// Usage: fovea_parity MODEL INPUT.safetensors OUTPUT.safetensors [fp32|bf16]
/// INPUT has `image_0`, `image_1` ...: uint8 [height, width, 3]. OUTPUT gets `pixels` (the network's input), `last`
/// (the encoder's output), `logits` of a classifier, and for captioners `greedy`, `beam3` and `beam5`: int64 [images,
/// 20], filled up with -1.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <c10/core/InferenceMode.h>

#include "decode/beam_search.hpp"
#include "fovea/model.hpp"
#include "image/input_transform.hpp"
#include "nn/backbone_families.hpp"
#include "nn/captioning_model.hpp"
#include "nn/classifier_model.hpp"
#include "nn/foreign_folder.hpp"
#include "nn/input_tensor.hpp"
#include "nn/preprocessor_config.hpp"
#include "nn/weights.hpp"

namespace fovea {
namespace {

constexpr int kTokens = 20;

std::vector<Image> read_images(const nn::TensorMap& tensors) {
  std::vector<Image> images;
  while (true) {
    const auto found = tensors.find("image_" + std::to_string(images.size()));
    if (found == tensors.end()) return images;
    const auto& pixels = found->second;
    Image image;
    image.height = static_cast<int>(pixels.size(0));
    image.width = static_cast<int>(pixels.size(1));
    image.pixels.assign(pixels.const_data_ptr<std::uint8_t>(), pixels.const_data_ptr<std::uint8_t>() + pixels.numel());
    images.push_back(std::move(image));
  }
}

at::Tensor stacked(const std::vector<Image>& images, const image::InputTransform& transform) {
  std::vector<at::Tensor> batch;
  for (const auto& image : images) {
    const auto seen = image::apply(image, transform).image;
    auto rgb = at::empty({seen.height, seen.width, 3}, at::kByte);
    std::copy(seen.pixels.begin(), seen.pixels.end(), rgb.mutable_data_ptr<std::uint8_t>());
    batch.push_back(rgb);
  }
  return at::stack(batch);
}

at::Tensor searched(const nn::CaptioningModel& model, const nn::ImageMemory& memory, int beam) {
  const CaptionOptions options{.beam = beam, .max_length = kTokens, .no_repeat_ngram = 0};
  const auto found = decode::beam_search(model.decoder(), memory, options, model.tokens(""));
  auto tokens = at::full({static_cast<std::int64_t>(found.size()), kTokens}, -1, at::kLong);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& caption = found[i].front().tokens;
    std::copy(caption.begin(), caption.end(), tokens.mutable_data_ptr<std::int64_t>() + i * kTokens);
  }
  return tokens;
}

nn::TensorMap caption(const nn::CaptioningModel& model, const std::vector<Image>& images) {
  const auto rgb = stacked(images, model.input_transform());
  const auto memory = model.encode(rgb);
  return {{"pixels", nn::normalize(rgb, model.input_transform())},
          {"last", memory.tokens.to(at::kFloat)},
          {"greedy", searched(model, memory, 1)},
          {"beam3", searched(model, memory, 3)},
          {"beam5", searched(model, memory, 5)}};
}

nn::TensorMap encode(const nn::ForeignFolder& folder, const std::vector<Image>& images, at::ScalarType type) {
  const auto tensors = folder.tensors();
  const auto* family = nn::find_backbone_family(folder.config());
  if (family == nullptr) throw std::runtime_error("no family knows " + folder.path().string());
  auto blueprint = family->blueprint(folder.config(), tensors);
  nn::load_foreign_weights(*blueprint.network, tensors, blueprint.names, type, folder.path().string());
  blueprint.network->eval();
  blueprint.network->pack();
  const auto input = nn::stated_input(folder, *family, blueprint);
  const auto pixels = nn::normalize(stacked(images, input), input);
  const auto last = blueprint.network->forward(pixels.to(type), {}).last;
  nn::TensorMap result{{"pixels", pixels}, {"last", last.to(at::kFloat)}};
  if (blueprint.network->label_count() > 0) {
    result.emplace("logits", blueprint.network->classify(last).to(at::kFloat));
  }
  return result;
}

void run(const std::vector<std::string>& arguments) {
  const c10::InferenceMode inference;
  const auto images = read_images(nn::read_tensors(arguments.at(1)));
  const bool bf16 = arguments.size() > 3 && arguments[3] == "bf16";
  const nn::ForeignFolder folder(arguments.at(0));
  nn::TensorMap result;
  if (nn::find_backbone_family(folder.config()) != nullptr) {
    result = encode(folder, images, bf16 ? at::kBFloat16 : at::kFloat);
  } else {
    const auto model = std::dynamic_pointer_cast<const nn::CaptioningModel>(
        Model::open(arguments.at(0), {.precision = bf16 ? Precision::bf16 : Precision::fp32}));
    if (!model) throw std::runtime_error(arguments.at(0) + " is no captioner and no encoder");
    result = caption(*model, images);
  }
  nn::write_tensors(arguments.at(2), result, at::kFloat);
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) {
  try {
    fovea::run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fovea_parity: %s\n", e.what());
    return 1;
  }
}
