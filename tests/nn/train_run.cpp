#include "nn/train_run.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <utility>

#include <ATen/Context.h>
#include <c10/core/GradMode.h>

#include "fovea/error.hpp"
#include "io/image_writer.hpp"
#include "nn/mobilenet_v2.hpp"

namespace fovea::tests {
namespace {

struct Colour {
  const char* name;
  std::array<std::uint8_t, 3> rgb;
};
constexpr std::array<Colour, 4> kSquares{
    {{"red", {220, 20, 20}}, {"green", {20, 200, 20}}, {"blue", {20, 20, 230}}, {"yellow", {240, 240, 10}}}};
constexpr std::array<Colour, 3> kGrounds{{{"white", {255, 255, 255}}, {"black", {0, 0, 0}}, {"grey", {128, 128, 128}}}};

Image picture(const Colour& square, const Colour& ground) {
  constexpr int kSide = 64, kEdge = 12;
  Image image{.width = kSide, .height = kSide, .pixels = {}, .geometry = {}};
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const bool inside = x >= kEdge && x < kSide - kEdge && y >= kEdge && y < kSide - kEdge;
      const auto& rgb = inside ? square.rgb : ground.rgb;
      image.pixels.insert(image.pixels.end(), rgb.begin(), rgb.end());
    }
  }
  return image;
}

/// The names that torchvision gives the weights of MobileNetV2.
std::vector<std::string> torchvision_names() {
  std::vector<std::string> names;
  const auto add = [&](const std::string& layer) {
    for (const char* kind : {".weight", ".bias"}) names.push_back(layer + kind);
  };
  add("features.0.0");
  for (int i = 1; i <= 17; ++i) {
    const auto block = "features." + std::to_string(i) + ".conv.";
    add(block + "0.0");
    if (i > 1) add(block + "1.0");
    add(block + (i > 1 ? "2" : "1"));
  }
  add("features.18.0");
  return names;
}

/// An encoder that lets colours through. Random layers by the dozen make all pictures alike, so these are near linear:
/// each ReLU6 works around the middle of its range, which the next layer takes off again by weights that sum to zero.
nn::MobileNetV2 make_encoder() {
  constexpr double kMiddle = 3;
  at::manual_seed(12);
  const c10::AutoGradMode no_grad(false);
  nn::MobileNetV2 encoder;
  for (auto& item : encoder->named_parameters()) {
    auto& value = item.value();
    const auto& name = item.key();
    const bool depthwise = name.find("depthwise") != std::string::npos;
    const bool linear = name.find("project") != std::string::npos;
    if (value.dim() == 1) {
      value.fill_(depthwise || linear ? 0 : kMiddle);
    } else if (depthwise) {
      value.fill_(1.0 / 9);
    } else {
      value.normal_(0, 1 / std::sqrt(static_cast<double>(value[0].numel())));
      if (value.size(1) > 3) value.sub_(value.mean({1, 2, 3}, /*keepdim=*/true));
    }
  }
  return encoder;
}

nlohmann::json configuration(int cross_entropy_epochs, int self_critical_epochs) {
  auto json = nlohmann::json::parse(R"({
    "seed": 3, "min_word_count": 1, "max_words": 10, "bf16": false, "validation": {"beam": 2, "max_length": 10},
    "model": {"name": "squares", "licence": "made for tests", "input_size": 64,
      "backbone": {"grid": "coarse", "width": 48, "heads": 2, "layers": 1, "mlp_ratio": 2, "dropout": 0.05,
                   "attention_dropout": 0},
      "decoder": {"family": "transformer", "max_positions": 12, "width": 48, "heads": 2, "layers": 1, "mlp_ratio": 2,
                  "dropout": 0.05, "attention_dropout": 0}},
    "stages": [
      {"name": "words", "objective": "cross_entropy", "batch_images": 4, "captions_per_image": 1,
       "learning_rate": 0.003, "warmup_steps": 20, "final_rate": 0.3, "label_smoothing": 0.05, "ema_decay": 0.9, "views": 2},
      {"name": "reward", "objective": "self_critical", "batch_images": 4, "captions_per_image": 4,
       "learning_rate": 0.0005, "weight_decay": 0, "ema_decay": 0.9}]
  })");
  json["augment"] = {{"min_crop_area", 0.9}, {"brightness", 0.05}, {"contrast", 0.05}, {"saturation", 0.05}};
  json["stages"][0]["epochs"] = cross_entropy_epochs;
  json["stages"][1]["epochs"] = self_critical_epochs;
  return json;
}

}  // namespace

TrainingRun::TrainingRun(int cross_entropy_epochs, int self_critical_epochs)
    : config(configuration(cross_entropy_epochs, self_critical_epochs)) {
  std::ofstream data(temp_ / "data.jsonl");
  for (const auto& square : kSquares) {
    for (const auto& ground : kGrounds) {
      const auto name = std::string(square.name) + "_" + ground.name + ".png";
      io::write_png(temp_ / name, picture(square, ground));
      images.push_back(temp_ / name);
      sentences.push_back({"A " + std::string(square.name) + " square on a " + ground.name + " ground."});
      data << nlohmann::json{{"image", name}, {"captions", sentences.back()}} << '\n';
    }
  }
  data.close();

  const auto encoder = make_encoder();
  const auto weights = nn::named_weights(*encoder);
  nn::TensorMap renamed;
  for (const auto& name : torchvision_names()) renamed.emplace(name, weights.at(nn::mobilenet_v2_name(name)));
  nn::write_tensors(temp_ / "encoder.safetensors", renamed, at::kFloat);

  options.train_data = options.val_data = temp_ / "data.jsonl";
  options.config = temp_ / "config.json";
  options.encoder_weights = temp_ / "encoder.safetensors";
  options.cache = temp_ / "cache";
  options.threads = 1;
}

TrainSummary TrainingRun::train(const std::string& output,
                                const std::function<void(const TrainProgress&, std::stop_source&)>& on_epoch) const {
  std::ofstream(options.config) << config.dump(2);
  auto run = options;
  run.output = temp_ / output;
  std::stop_source stop;
  return train_caption(
      run,
      [&](const TrainProgress& progress) {
        if (progress.epoch_ended && on_epoch) on_epoch(progress, stop);
      },
      stop.get_token());
}

std::string TrainingRun::train_error(const std::string& output) const {
  try {
    train(output);
    return {};
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
}

std::vector<std::string> TrainingRun::log(const std::string& output) const {
  constexpr int kImagesPerSecond = 4;
  std::ifstream in(temp_ / output / "log.csv");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    std::istringstream row(line);
    auto& kept = lines.emplace_back();
    int column = 0;
    for (std::string cell; std::getline(row, cell, ',');) {
      if (column++ != kImagesPerSecond) kept += cell + ",";
    }
  }
  return lines;
}

nn::TensorMap TrainingRun::weights(const std::string& output) const {
  nn::TensorMap weights;
  constexpr std::string_view kPrefix = "weight.";
  for (auto& [name, tensor] : nn::read_tensors(temp_ / output / "checkpoint.safetensors")) {
    if (name.starts_with(kPrefix)) weights.emplace(name.substr(kPrefix.size()), tensor);
  }
  return weights;
}

nn::TensorMap TrainingRun::encoder_weights() const {
  nn::TensorMap weights;
  for (auto& [name, tensor] : nn::read_tensors(options.encoder_weights)) {
    weights.emplace("encoder." + nn::mobilenet_v2_name(name), tensor);
  }
  return weights;
}

}  // namespace fovea::tests
