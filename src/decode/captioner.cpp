#include "fovea/captioner.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "decode/beam_search.hpp"
#include "decode/caption_attention.hpp"
#include "decode/caption_text.hpp"
#include "decode/sampling.hpp"
#include "fovea/error.hpp"
#include "image/input_transform.hpp"
#include "nn/caption_model.hpp"
#include "text/ptb_tokenizer.hpp"

namespace fovea {
namespace {

std::shared_ptr<const nn::CaptionModel> caption_model(const std::shared_ptr<const Model>& model) {
  if (!model) throw Error(ErrorCode::usage, "a Captioner needs a model, and was given none; see Model::open()");
  auto found = std::dynamic_pointer_cast<const nn::CaptionModel>(model);
  if (!found) {
    throw Error(ErrorCode::model, "model " + model->info().id + " has the architecture " + model->info().architecture +
                                      ", which writes no captions; expected " + nn::CaptionModel::kArchitecture);
  }
  return found;
}

/// A transformer has learned positions for captions up to some length.
void check_length(const CaptionOptions& options, const nn::CaptionModel& model) {
  if (model.config().decoder != nn::DecoderFamily::transformer) return;
  const auto most = model.config().transformer.max_positions - 1;  // one is the begin token's
  if (options.max_length <= most) return;
  throw Error(ErrorCode::usage, "caption option max_length is " + std::to_string(options.max_length) +
                                    "; expected 1 to " + std::to_string(most) + ", the longest that model " +
                                    model.info().id + " can write");
}

using Clock = std::chrono::steady_clock;

}  // namespace

struct Captioner::Impl {
  std::shared_ptr<const nn::CaptionModel> model;
  CaptionOptions options;
};

Captioner::Captioner(std::shared_ptr<const Model> model, CaptionOptions options) {
  validate(options);
  impl_ = std::make_unique<Impl>(Impl{caption_model(model), options});
  check_length(options, *impl_->model);
}

Captioner::~Captioner() = default;
Captioner::Captioner(Captioner&&) noexcept = default;
Captioner& Captioner::operator=(Captioner&&) noexcept = default;

const CaptionOptions& Captioner::options() const noexcept { return impl_->options; }
const Model& Captioner::model() const noexcept { return *impl_->model; }

PreparedImage Captioner::prepare(const Image& image) const {
  auto [input, view] = image::apply(image, impl_->model->input_transform());
  return {std::move(input.pixels), image.geometry, view};
}

int Captioner::decoded_side() const noexcept { return image::decoded_side(impl_->model->input_transform()); }

std::vector<Caption> Captioner::caption(std::span<const PreparedImage> images, CaptionSeconds* seconds) const {
  if (images.empty()) return {};
  const c10::InferenceMode inference;
  const auto& [model, options] = *impl_;
  const auto start = Clock::now();
  const auto memory =
      model->encode(decode::stack_pixels(images, model->info().input_width, model->info().input_height));
  const auto encoded = Clock::now();
  auto& decoder = model->decoder();
  const auto found =
      options.sample ? decode::sample(decoder, memory, options) : decode::beam_search(decoder, memory, options);
  std::vector<std::vector<AttentionMaps>> maps;
  if (options.attention) maps = decode::attention_maps(decoder, memory, found);

  std::vector<Caption> captions(images.size());
  for (std::size_t image = 0; image < captions.size(); ++image) {
    for (std::size_t i = 0; i < found[image].size(); ++i) {
      auto hypothesis = decode::to_text(found[image][i], model->vocabulary());
      if (options.attention) {
        hypothesis.attention = std::move(maps[image][i]);
        hypothesis.attention.view = images[image].view;
      }
      captions[image].hypotheses.push_back(std::move(hypothesis));
    }
  }
  if (seconds != nullptr) {
    seconds->encode += std::chrono::duration<double>(encoded - start).count();
    seconds->search += std::chrono::duration<double>(Clock::now() - encoded).count();
  }
  return captions;
}

Caption Captioner::caption(const Image& image) const {
  const PreparedImage prepared = prepare(image);
  return std::move(caption(std::span(&prepared, 1)).front());
}

void set_num_threads(int threads) {
  if (threads < 1) {
    throw Error(ErrorCode::usage, "the number of threads is " + std::to_string(threads) + "; expected 1 or more");
  }
  at::set_num_threads(threads);
}

int num_threads() { return at::get_num_threads(); }

}  // namespace fovea
