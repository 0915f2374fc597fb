/// @file Captions of images.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fovea/image.hpp"
#include "fovea/model.hpp"

namespace fovea {

/// How captions are searched for. Checked by validate(). Lengths count words; for models of other libraries, which
/// write parts of words, they count tokens, and by their rules the end token counts in max_length.
struct CaptionOptions {
  int beam = 3;                 ///< hypotheses kept per image; 1 is greedy search
  int max_length = 20;          ///< words at most; the best unfinished hypothesis is returned when none ends
  int min_length = 1;           ///< words at least
  double length_penalty = 1.0;  ///< hypotheses are ranked by log-probability / length^length_penalty (0: plain sum)
  int no_repeat_ngram = 3;      ///< no n-gram of this size occurs twice in a caption (0: off)
  int top = 1;                  ///< captions returned per image, best first; at most `beam` (or the number of samples)
  bool sample = false;          ///< draw words at random instead of searching; `beam` must then be 1
  double temperature = 1.0;     ///< sampling: logits are divided by this
  int top_k = 0;                ///< sampling: only the k most likely words (0: all)
  double top_p = 1.0;           ///< sampling: only the most likely words that together reach this probability
  std::uint64_t seed = 0;       ///< sampling: same seed, same captions, whatever the batch
  std::string prompt{};         ///< text that captions go on from, for models that take one (BLIP, GIT); empty: none
  bool attention = false;       ///< also return where the decoder looked for each word
};

/// @throws Error: usage, naming the field and the value.
void validate(const CaptionOptions& options);

/// How the authors of a model search for captions (generation_config.json of a Hugging Face folder); Fovea's own
/// defaults for its own models.
CaptionOptions default_caption_options(const Model& model);

/// What a user wants otherwise than default_caption_options(); what has no value stays. Fields as in CaptionOptions.
struct CaptionChoices {
  std::optional<int> beam{};  ///< a search, also where the model's authors draw words at random
  std::optional<int> max_length{};
  std::optional<int> min_length{};
  std::optional<double> length_penalty{};
  std::optional<int> no_repeat_ngram{};
  std::optional<int> top{};
  std::optional<bool> sample{};
  std::optional<double> temperature{};
  std::optional<int> top_k{};
  std::optional<double> top_p{};
  std::optional<std::uint64_t> seed{};
  std::string prompt{};
};

/// The defaults with the choices.
CaptionOptions with_choices(CaptionOptions defaults, const CaptionChoices& choices);

/// @throws Error: usage, naming the field and the value, for what can be told wrong without a model.
void validate_choices(const CaptionChoices& choices);

/// Attention of each word over what the model saw of the image, on the decoder's grid (row 0 at the top of the photo as
/// displayed).
struct AttentionMaps {
  int layers = 0;
  int heads = 0;
  int words = 0;  ///< tokens of the caption, without the end token
  int grid_height = 0;
  int grid_width = 0;
  InputView view{};            ///< the part of the photo that the grid lies over
  std::vector<float> weights;  ///< layers * heads * words * grid_height * grid_width; each map sums to 1

  /// Mean over layers and heads of the map of one word: grid_height * grid_width values that sum to 1.
  std::vector<float> word_map(int word) const;
};

/// One caption of one image.
struct Hypothesis {
  std::string text;                   ///< as a sentence
  std::vector<std::string> words;     ///< as the decoder wrote them, without the prompt's
  std::vector<float> word_log_probs;  ///< natural log of the probability of each word
  double log_prob = 0;                ///< sum over the words and the end token
  bool finished = false;              ///< false: max_length was reached before the end token
  AttentionMaps attention;            ///< empty unless CaptionOptions::attention
};

/// The captions of one image, best first.
struct Caption {
  std::vector<Hypothesis> hypotheses;
};

/// An image as the model takes it: resized and cropped by the model's own rule, 8-bit RGB.
struct PreparedImage {
  std::vector<std::uint8_t> pixels;  ///< input_height * input_width * 3
  Geometry geometry;                 ///< of the image it was made from
  InputView view{};                  ///< the part of that image that the pixels show
};

/// Where the time of a batch went.
struct CaptionSeconds {
  double encode = 0;  ///< pixels to tokens of the image
  double search = 0;  ///< tokens of the image to captions
};

/// Captions images with one model. Immutable: may be used by several threads at once.
class Captioner {
 public:
  /// @throws Error: usage (bad options), model (the model has no caption decoder).
  explicit Captioner(std::shared_ptr<const Model> model, CaptionOptions options = {});
  ~Captioner();
  Captioner(Captioner&&) noexcept;
  Captioner& operator=(Captioner&&) noexcept;

  const CaptionOptions& options() const noexcept;
  const Model& model() const noexcept;

  /// Makes the model's input of an image; cheap on memory, made to run on loader threads.
  PreparedImage prepare(const Image& image) const;

  /// Length that both sides of an image need for prepare() not to enlarge it: the least that LoadOptions::min_side
  /// should be where photos are decoded at a reduced scale. 0: they must not be.
  int decoded_side() const noexcept;

  /// Captions a batch; the result does not depend on how images are grouped into batches.
  /// Adds its times to `seconds` where that is given.
  std::vector<Caption> caption(std::span<const PreparedImage> images, CaptionSeconds* seconds = nullptr) const;
  Caption caption(const Image& image) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Sets the number of threads that one network operation may use, for the whole process (LibTorch has one setting).
void set_num_threads(int threads);

/// What set_num_threads() sets.
int num_threads();

}  // namespace fovea
