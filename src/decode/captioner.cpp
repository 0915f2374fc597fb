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
#include "nn/captioning_model.hpp"

namespace fovea {
namespace {

std::shared_ptr<const nn::CaptioningModel> captioning_model(const std::shared_ptr<const Model>& model) {
  if (!model) throw Error(ErrorCode::usage, "a Captioner needs a model, and was given none; see Model::open()");
  auto found = std::dynamic_pointer_cast<const nn::CaptioningModel>(model);
  if (!found) {
    throw Error(ErrorCode::model, "model " + model->info().id + " has the architecture " + model->info().architecture +
                                      ", which writes no captions; expected a captioning model");
  }
  return found;
}

/// A decoder may have learned positions for captions up to some length.
void check_length(const CaptionOptions& options, const nn::CaptionTokens& tokens, const nn::CaptioningModel& model) {
  const auto positions = model.max_positions();
  if (!positions) return;
  const auto most = *positions - static_cast<std::int64_t>(tokens.prompt.size());
  if (options.max_length <= most) return;
  throw Error(ErrorCode::usage, "caption option max_length is " + std::to_string(options.max_length) +
                                    "; expected 1 to " + std::to_string(most) + ", the longest that model " +
                                    model.info().id + " can write");
}

using Clock = std::chrono::steady_clock;

}  // namespace

struct Captioner::Impl {
  std::shared_ptr<const nn::CaptioningModel> model;
  CaptionOptions options;
  nn::CaptionTokens tokens;
};

Captioner::Captioner(std::shared_ptr<const Model> model, CaptionOptions options) {
  validate(options);
  auto found = captioning_model(model);
  auto tokens = found->tokens(options.prompt);
  check_length(options, tokens, *found);
  impl_ = std::make_unique<Impl>(Impl{std::move(found), std::move(options), std::move(tokens)});
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
  const auto& [model, options, tokens] = *impl_;
  const auto start = Clock::now();
  const auto memory =
      model->encode(decode::stack_pixels(images, model->info().input_width, model->info().input_height));
  const auto encoded = Clock::now();
  auto& decoder = model->decoder();
  const auto found = options.sample ? decode::sample(decoder, memory, options, tokens)
                                    : decode::beam_search(decoder, memory, options, tokens);
  std::vector<std::vector<AttentionMaps>> maps;
  if (options.attention) maps = decode::attention_maps(decoder, memory, found, tokens);

  std::vector<Caption> captions(images.size());
  for (std::size_t image = 0; image < captions.size(); ++image) {
    for (std::size_t i = 0; i < found[image].size(); ++i) {
      const auto written = found[image][i].words();
      const auto words = model->words(written);
      auto hypothesis = decode::to_text(found[image][i], words, model->text(written, options.prompt));
      if (options.attention) {
        hypothesis.attention = decode::maps_of_words(maps[image][i], words);
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

CaptionOptions default_caption_options(const Model& model) {
  const auto* found = dynamic_cast<const nn::CaptioningModel*>(&model);
  return found == nullptr ? CaptionOptions{} : found->defaults();
}

void set_num_threads(int threads) {
  if (threads < 1) {
    throw Error(ErrorCode::usage, "the number of threads is " + std::to_string(threads) + "; expected 1 or more");
  }
  at::set_num_threads(threads);
}

int num_threads() { return at::get_num_threads(); }

}  // namespace fovea
