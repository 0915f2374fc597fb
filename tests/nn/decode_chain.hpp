/// @file A decoder whose distribution is written down: a second-order Markov chain over tokens, one per image.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "fovea/captioner.hpp"
#include "nn/caption_decoder.hpp"
#include "text/vocabulary.hpp"

namespace fovea::tests {

using text::Vocabulary;

/// The logits of one image: row = the last token (first[last]) plus row = the one before it (second[before]).
/// The second order makes a search wrong that feeds a row's token to another row's state.
struct Chain {
  std::vector<std::vector<float>> first;   ///< vocabulary x vocabulary
  std::vector<std::vector<float>> second;  ///< vocabulary x vocabulary

  explicit Chain(std::size_t vocabulary, float logit = 0)
      : first(vocabulary, std::vector<float>(vocabulary, logit)),
        second(vocabulary, std::vector<float>(vocabulary, 0)) {}

  static Chain random(std::size_t vocabulary, std::uint64_t seed, float scale = 1.5F) {
    std::mt19937_64 generator(seed);
    std::normal_distribution<float> normal(0, scale);
    Chain chain(vocabulary);
    for (auto* table : {&chain.first, &chain.second}) {
      for (auto& row : *table) {
        for (float& logit : row) logit = normal(generator);
      }
    }
    return chain;
  }

  /// Natural log-probabilities of what follows `words` (without the begin token).
  std::vector<double> next(std::span<const std::int64_t> words) const {
    const auto last = words.empty() ? Vocabulary::kBegin : words.back();
    const auto before = words.size() < 2 ? Vocabulary::kBegin : words[words.size() - 2];
    std::vector<double> values(first.size());
    double total = 0;
    for (std::size_t token = 0; token < values.size(); ++token) {
      values[token] = first[static_cast<std::size_t>(last)][token] + second[static_cast<std::size_t>(before)][token];
      total += std::exp(values[token]);
    }
    for (double& value : values) value -= std::log(total);
    return values;
  }
};

/// ImageMemory::tokens carries the tables: [B, 2 * V, V].
inline nn::ImageMemory memory_of(const std::vector<Chain>& chains) {
  std::vector<at::Tensor> images;
  for (const auto& chain : chains) {
    std::vector<at::Tensor> rows;
    for (const auto* table : {&chain.first, &chain.second}) {
      for (const auto& row : *table) rows.push_back(at::tensor(row));
    }
    images.push_back(at::stack(rows));
  }
  const auto height = images.front().size(0);
  return {at::stack(images), height, 1};
}

class ChainDecoder final : public nn::CaptionDecoder {
 public:
  std::vector<std::int64_t> rows_per_step;  ///< how much was asked for: the rows of every step so far

  nn::DecoderOutput forward(const nn::ImageMemory& memory, const at::Tensor& tokens, bool) override {
    const auto previous = at::cat({at::full({tokens.size(0), tokens.size(1), 1}, Vocabulary::kBegin, at::kLong),
                                   tokens.narrow(2, 0, tokens.size(2) - 1)},
                                  2);
    const auto size = tokens.sizes();
    auto images = at::full({size[0], size[1], size[2]}, 0, at::kLong);
    for (std::int64_t b = 0; b < size[0]; ++b) images[b].fill_(b);
    const auto flat = logits(memory.tokens, images.flatten(), tokens.flatten(), previous.flatten());
    return {flat.view({size[0], size[1], size[2], -1}), {}};
  }

  std::unique_ptr<nn::DecoderState> start(const nn::ImageMemory& memory) override {
    auto state = std::make_unique<State>();
    state->tables = memory.tokens;
    state->previous = at::full({memory.tokens.size(0)}, Vocabulary::kBegin, at::kLong);
    return state;
  }

  at::Tensor step(nn::DecoderState& base, const at::Tensor& tokens) override {
    auto& state = dynamic_cast<State&>(base);
    rows_per_step.push_back(tokens.size(0));
    auto images = at::full({tokens.size(0)}, 0, at::kLong);
    const auto rows_per_image = tokens.size(0) / state.tables.size(0);
    for (std::int64_t row = 0; row < tokens.size(0); ++row) images[row] = row / rows_per_image;
    auto result = logits(state.tables, images, tokens, state.previous);
    state.previous = tokens;
    return result;
  }

 private:
  struct State final : nn::DecoderState {
    at::Tensor tables;    ///< [B, 2 * V, V]
    at::Tensor previous;  ///< [R]

    void select_rows(const at::Tensor& rows, std::int64_t rows_per_image) override {
      ASSERT_EQ(rows.size(0), tables.size(0) * rows_per_image);
      const auto old_rows = previous.size(0) / tables.size(0);
      for (std::int64_t row = 0; row < rows.size(0); ++row) {
        ASSERT_EQ(rows[row].item<std::int64_t>() / old_rows, row / rows_per_image) << "a row changed its image";
      }
      previous = previous.index_select(0, rows);
    }
    void select_images(const at::Tensor& images) override {
      const auto rows = previous.size(0) / tables.size(0);
      previous = previous.view({-1, rows}).index_select(0, images).flatten();
      tables = tables.index_select(0, images);
    }
  };

  /// [N, V] from tables [B, 2 * V, V] and, per row, its image, its last token and the one before.
  static at::Tensor logits(const at::Tensor& tables, const at::Tensor& images, const at::Tensor& last,
                           const at::Tensor& before) {
    const auto vocabulary = tables.size(2);
    const auto flat = tables.reshape({-1, vocabulary});
    const auto base = images * (2 * vocabulary);
    return flat.index_select(0, base + last) + flat.index_select(0, base + before + vocabulary);
  }
};

}  // namespace fovea::tests
