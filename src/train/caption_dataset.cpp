#include "train/caption_dataset.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include "fovea/loader.hpp"
#include "image/resize.hpp"
#include "io/sha256.hpp"
#include "text/ptb_tokenizer.hpp"
#include "train/parallel_for.hpp"

namespace fovea::train {
namespace {

bool speaks_of_sides(const std::vector<std::vector<std::string>>& captions) {
  return std::any_of(captions.begin(), captions.end(), [](const auto& words) {
    return std::any_of(words.begin(), words.end(), [](const std::string& w) { return w == "left" || w == "right"; });
  });
}

}  // namespace

CaptionDataset load_caption_dataset(const std::filesystem::path& jsonl, std::int64_t input_size, int threads) {
  CaptionDataset data;
  data.examples = text::read_caption_data(jsonl);
  for (const auto& example : data.examples) {
    std::vector<std::vector<std::string>> captions;
    for (const auto& caption : example.captions) captions.push_back(text::ptb_tokenize(caption));
    data.may_flip.push_back(!speaks_of_sides(captions));
    data.words.push_back(std::move(captions));
  }

  data.pixels = at::empty({data.size(), input_size, input_size, 3}, at::TensorOptions(at::kByte));
  auto* pixels = data.pixels.mutable_data_ptr<std::uint8_t>();
  const auto bytes = static_cast<std::size_t>(input_size * input_size * 3);
  parallel_for(data.size(), threads, [&](std::int64_t i) {
    const auto side = static_cast<int>(input_size);
    auto image = load_image(data.examples[static_cast<std::size_t>(i)].image);
    if (image.width != side || image.height != side) image = image::resize(image, side, side, image::Filter::bilinear);
    std::memcpy(pixels + static_cast<std::size_t>(i) * bytes, image.pixels.data(), bytes);
  });
  data.digest = io::sha256_hex(std::as_bytes(std::span(pixels, bytes * data.examples.size())));
  return data;
}

EncodedCaption encode_caption(const std::vector<std::string>& words, const text::Vocabulary& vocabulary,
                              int max_words) {
  EncodedCaption encoded;
  encoded.ended = words.size() <= static_cast<std::size_t>(max_words);
  for (const auto& word : words) {
    if (encoded.ids.size() == static_cast<std::size_t>(max_words)) break;
    encoded.ids.push_back(vocabulary.id(word));
  }
  return encoded;
}

at::Tensor make_token_batch(const std::vector<std::vector<EncodedCaption>>& captions,
                            const std::vector<std::int64_t>& images, int captions_per_image) {
  std::size_t longest = 0;
  for (const auto image : images) {
    for (const auto& caption : captions[static_cast<std::size_t>(image)]) {
      longest = std::max(longest, caption.ids.size() + (caption.ended ? 2 : 1));
    }
  }
  const auto length = static_cast<std::int64_t>(longest);
  auto batch = at::full({static_cast<std::int64_t>(images.size()), captions_per_image, length}, text::Vocabulary::kPad,
                        at::TensorOptions(at::kLong));
  auto* row = batch.mutable_data_ptr<std::int64_t>();
  for (const auto image : images) {
    const auto& own = captions[static_cast<std::size_t>(image)];
    for (int c = 0; c < captions_per_image; ++c, row += length) {
      const auto& caption = own[static_cast<std::size_t>(c) % own.size()];
      row[0] = text::Vocabulary::kBegin;
      std::copy(caption.ids.begin(), caption.ids.end(), row + 1);
      if (caption.ended) row[1 + caption.ids.size()] = text::Vocabulary::kEnd;
    }
  }
  return batch;
}

}  // namespace fovea::train
