#include "decode/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/div.h>
#include <ATen/ops/softmax.h>

#include "decode/constraints.hpp"
#include "decode/draw.hpp"
#include "decode/frontier.hpp"
#include "decode/token_batch.hpp"
#include "decode/uniform.hpp"

namespace fovea::decode {
namespace {

/// Which random numbers the captions of different images get.
enum class Draws { same_for_every_image, own_for_every_image };

/// All captions of a batch, [image * samples + sample], growing by one token per step.
class Samples {
 public:
  Samples(std::size_t images, const CaptionOptions& options, const nn::CaptionTokens& tokens, Draws draws)
      : options_(options),
        tokens_(tokens),
        draws_(draws),
        samples_(static_cast<std::size_t>(options.top)),
        captions_(images * samples_),
        closed_(images * samples_, 0),
        done_(images, 0) {}

  const std::vector<char>& done() const noexcept { return done_; }

  /// Draws the next token of every open caption.
  void advance(const Frontier& frontier, const at::Tensor& log_probs);

  /// One row per caption, and the last token of each; a closed caption keeps a row that nobody reads.
  std::vector<std::int64_t> follow(Frontier& frontier) const;

  std::vector<TokenHypothesis> take() { return std::move(captions_); }

 private:
  void draw_next(std::size_t caption, std::span<const float> log_probs, std::span<const float> weights);

  const CaptionOptions& options_;
  const nn::CaptionTokens& tokens_;
  Draws draws_;
  std::size_t samples_;
  std::vector<TokenHypothesis> captions_;
  std::vector<char> closed_;
  std::vector<char> done_;
};

void Samples::advance(const Frontier& frontier, const at::Tensor& log_probs) {
  const auto vocabulary = static_cast<std::size_t>(log_probs.size(1));
  const auto rows = static_cast<std::size_t>(frontier.rows_per_image());  // 1 before the first step, else samples_
  float* values = log_probs.mutable_data_ptr<float>();
  for (std::size_t slot = 0; slot < frontier.images().size(); ++slot) {
    for (std::size_t i = 0; i < rows; ++i) {
      const auto& caption = captions_[frontier.images()[slot] * samples_ + i];
      forbid(caption.words(), options_, tokens_, {values + (slot * rows + i) * vocabulary, vocabulary});
    }
  }
  const auto weights = at::softmax(options_.temperature == 1 ? log_probs : log_probs.div(options_.temperature), -1);
  const float* weight = weights.const_data_ptr<float>();
  for (std::size_t slot = 0; slot < frontier.images().size(); ++slot) {
    const auto image = frontier.images()[slot];
    char done = 1;
    for (std::size_t i = 0; i < samples_; ++i) {
      const auto caption = image * samples_ + i;
      const auto offset = (slot * rows + (rows == 1 ? 0 : i)) * vocabulary;
      if (!closed_[caption]) draw_next(caption, {values + offset, vocabulary}, {weight + offset, vocabulary});
      done = static_cast<char>(done & closed_[caption]);
    }
    done_[image] = done;
  }
}

void Samples::draw_next(std::size_t caption, std::span<const float> log_probs, std::span<const float> weights) {
  auto& hypothesis = captions_[caption];
  closed_[caption] = 1;
  if (std::isnan(weights.front())) return;  // nothing is permitted to follow: the softmax had nothing to divide
  const auto stream = draws_ == Draws::own_for_every_image ? caption : caption % samples_;
  const auto token =
      draw(weights, {options_.top_k, options_.top_p}, uniform(options_.seed, stream, hypothesis.tokens.size()));
  const bool is_end = tokens_.is_end(token);
  if (!is_end && hypothesis.tokens.size() >= static_cast<std::size_t>(options_.max_length)) return;
  extend(hypothesis, token, log_probs[static_cast<std::size_t>(token)], is_end);
  closed_[caption] = hypothesis.finished;
}

std::vector<std::int64_t> Samples::follow(Frontier& frontier) const {
  const auto old_rows = static_cast<std::size_t>(frontier.rows_per_image());
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> tokens;
  for (std::size_t slot = 0; slot < frontier.images().size(); ++slot) {
    for (std::size_t i = 0; i < samples_; ++i) {
      const auto caption = frontier.images()[slot] * samples_ + i;
      rows.push_back(static_cast<std::int64_t>(slot * old_rows + (old_rows == 1 ? 0 : i)));
      tokens.push_back(closed_[caption] ? tokens_.pad : captions_[caption].tokens.back());
    }
  }
  frontier.select(rows, static_cast<std::int64_t>(samples_));
  return tokens;
}

/// Captions [image * options.top + sample], in the order they were drawn.
std::vector<TokenHypothesis> draw_captions(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory,
                                           const CaptionOptions& options, const nn::CaptionTokens& tokens,
                                           Draws draws) {
  const auto images = static_cast<std::size_t>(memory.tokens.size(0));
  const at::NoGradGuard no_grad;
  Samples samples(images, options, tokens, draws);
  Frontier frontier(decoder, memory);
  auto newest = frontier.feed_prompt(tokens.prompt);
  while (true) {
    samples.advance(frontier, frontier.step(newest));
    frontier.drop(samples.done());
    if (frontier.images().empty()) return samples.take();
    newest = samples.follow(frontier);
  }
}

}  // namespace

std::vector<std::vector<TokenHypothesis>> sample(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory,
                                                 const CaptionOptions& options, const nn::CaptionTokens& tokens) {
  validate(options);
  const auto images = static_cast<std::size_t>(memory.tokens.size(0));
  if (images == 0) return {};
  auto drawn = draw_captions(decoder, memory, options, tokens, Draws::same_for_every_image);
  std::vector<std::vector<TokenHypothesis>> captions(images);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    auto& caption = drawn[i];
    caption.score = length_normalised(caption.log_prob, caption.tokens.size(), options.length_penalty);
    captions[i / static_cast<std::size_t>(options.top)].push_back(std::move(caption));
  }
  for (auto& of_image : captions) std::sort(of_image.begin(), of_image.end(), better);
  return captions;
}

at::Tensor sample_many(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory, int samples_per_image,
                       int max_length, double top_p, std::uint64_t seed) {
  CaptionOptions options;
  options.beam = 1;
  options.sample = true;
  options.top = samples_per_image;
  options.max_length = max_length;
  options.min_length = 0;
  options.no_repeat_ngram = 0;
  options.top_p = top_p;
  options.seed = seed;
  validate(options);
  const auto images = memory.tokens.size(0);
  std::vector<TokenHypothesis> drawn;
  if (images > 0) drawn = draw_captions(decoder, memory, options, {}, Draws::own_for_every_image);
  return token_batch(drawn, images, samples_per_image);
}

}  // namespace fovea::decode
