#include "decode/beam_search.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

#include <ATen/core/grad_mode.h>

#include "decode/beam.hpp"
#include "decode/frontier.hpp"
#include "decode/token_batch.hpp"

namespace fovea::decode {
namespace {

/// Brings the decoder's rows in line with the beams: `beam` rows per image, and the last token of each.
/// A place without a live hypothesis (the image is done, or has fewer) is filled with a row that nobody reads.
std::vector<std::int64_t> follow(const std::vector<std::unique_ptr<Beam>>& beams, std::size_t beam, std::int64_t pad,
                                 Frontier& frontier) {
  const auto old_rows = static_cast<std::size_t>(frontier.rows_per_image());
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> tokens;
  for (std::size_t slot = 0; slot < frontier.images().size(); ++slot) {
    const auto& image = *beams[frontier.images()[slot]];
    for (std::size_t place = 0; place < beam; ++place) {
      const bool lives = place < image.live().size();
      rows.push_back(static_cast<std::int64_t>(slot * old_rows + (lives ? image.origins()[place] : 0)));
      tokens.push_back(lives ? image.live()[place].tokens.back() : pad);
    }
  }
  frontier.select(rows, static_cast<std::int64_t>(beam));
  return tokens;
}

}  // namespace

std::vector<std::vector<TokenHypothesis>> beam_search(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory,
                                                      const CaptionOptions& options, const nn::CaptionTokens& tokens) {
  validate(options);
  const auto images = static_cast<std::size_t>(memory.tokens.size(0));
  if (images == 0) return {};
  const at::NoGradGuard no_grad;

  std::vector<std::unique_ptr<Beam>> beams(images);
  for (auto& beam : beams) beam = make_beam(options, tokens);
  std::vector<char> done(images, 0);
  Frontier frontier(decoder, memory);
  auto newest = frontier.feed_prompt(tokens.prompt);
  while (true) {
    const auto log_probs = frontier.step(newest);
    const auto vocabulary = static_cast<std::size_t>(log_probs.size(1));
    const auto per_image = static_cast<std::size_t>(frontier.rows_per_image()) * vocabulary;
    float* values = log_probs.mutable_data_ptr<float>();
    for (std::size_t slot = 0; slot < frontier.images().size(); ++slot) {
      const auto image = frontier.images()[slot];
      if (done[image]) continue;
      beams[image]->advance({values + slot * per_image, per_image}, vocabulary);
      done[image] = beams[image]->done();
    }
    frontier.drop(done);
    if (frontier.images().empty()) break;
    newest = follow(beams, static_cast<std::size_t>(options.beam), tokens.pad, frontier);
  }

  std::vector<std::vector<TokenHypothesis>> best;
  best.reserve(images);
  for (auto& beam : beams) best.push_back(beam->take_best());
  return best;
}

at::Tensor search_many(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory, int beam, int max_length) {
  CaptionOptions options;
  options.beam = options.top = beam;
  options.max_length = max_length;
  options.no_repeat_ngram = 0;
  std::vector<TokenHypothesis> captions;
  for (auto& of_image : beam_search(decoder, memory, options)) {
    of_image.resize(static_cast<std::size_t>(beam), of_image.front());
    std::move(of_image.begin(), of_image.end(), std::back_inserter(captions));
  }
  return token_batch(captions, memory.tokens.size(0), beam);
}

}  // namespace fovea::decode
