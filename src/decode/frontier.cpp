#include "decode/frontier.hpp"

#include <cmath>
#include <numeric>
#include <string>

#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>

#include "fovea/error.hpp"

namespace fovea::decode {
namespace {

/// Dropping images costs a copy of what the decoder remembers of the others, about as much as one step. One image
/// in four keeps the sum of the copies below that of the steps saved, even when images end one after the other.
constexpr std::size_t kDropFraction = 4;

void check(const at::Tensor& log_probs, std::int64_t rows) {
  if (log_probs.dim() != 2 || log_probs.size(0) != rows || log_probs.size(1) < 1) {
    throw Error(ErrorCode::internal, "a decoder's step returned logits of the wrong shape for " + std::to_string(rows) +
                                         " hypotheses; expected [rows, vocabulary]");
  }
  const auto vocabulary = log_probs.size(1);
  const float* values = log_probs.const_data_ptr<float>();
  for (std::int64_t row = 0; row < rows; ++row) {
    // One value that is not a number makes the whole row so, through the sum of the softmax.
    if (std::isnan(values[row * vocabulary])) {
      throw Error(ErrorCode::model,
                  "the caption decoder's output is not a number (NaN); expected finite logits. The weights are damaged "
                  "or their training diverged: use another checkpoint");
    }
  }
}

}  // namespace

Frontier::Frontier(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory)
    : decoder_(decoder), state_(decoder.start(memory)), images_(static_cast<std::size_t>(memory.tokens.size(0))) {
  std::iota(images_.begin(), images_.end(), std::size_t{0});
}

std::vector<std::int64_t> Frontier::feed_prompt(std::span<const std::int64_t> prompt) {
  for (const auto token : prompt.first(prompt.size() - 1)) {
    decoder_.step(*state_, at::full({static_cast<std::int64_t>(images_.size())}, token, at::kLong));
  }
  return std::vector<std::int64_t>(images_.size(), prompt.back());
}

at::Tensor Frontier::step(const std::vector<std::int64_t>& tokens) {
  auto log_probs = at::log_softmax(decoder_.step(*state_, at::tensor(tokens)), -1, at::kFloat).contiguous();
  check(log_probs, static_cast<std::int64_t>(tokens.size()));
  return log_probs;
}

void Frontier::drop(const std::vector<char>& done) {
  std::vector<std::int64_t> slots;
  std::vector<std::size_t> kept;
  for (std::size_t slot = 0; slot < images_.size(); ++slot) {
    if (done[images_[slot]]) continue;
    slots.push_back(static_cast<std::int64_t>(slot));
    kept.push_back(images_[slot]);
  }
  const auto dropped = images_.size() - kept.size();
  if (dropped == 0 || dropped * kDropFraction < images_.size()) return;
  images_ = std::move(kept);
  if (!images_.empty()) state_->select_images(at::tensor(slots));
}

void Frontier::select(const std::vector<std::int64_t>& rows, std::int64_t rows_per_image) {
  bool unchanged = rows_per_image == rows_per_image_;
  for (std::size_t row = 0; unchanged && row < rows.size(); ++row) {
    unchanged = rows[row] == static_cast<std::int64_t>(row);
  }
  if (unchanged) return;
  state_->select_rows(at::tensor(rows), rows_per_image);
  rows_per_image_ = rows_per_image;
}

}  // namespace fovea::decode
