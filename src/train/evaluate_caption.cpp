#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "fovea/train.hpp"
#include "metrics/ending.hpp"
#include "text/caption_data.hpp"

namespace fovea {

CaptionEvaluation evaluate_caption(const EvalCaptionOptions& options,
                                   const std::function<void(int done, int total)>& on_progress, std::stop_token stop) {
  if (options.batch < 1) {
    throw Error(ErrorCode::usage, "batch is " + std::to_string(options.batch) + ", expected at least 1");
  }
  const auto examples = text::read_caption_data(options.data);
  validate_choices(options.caption);
  const auto model = Model::open(options.model, {.precision = options.precision});
  const Captioner captioner(model, with_choices(default_caption_options(*model), options.caption));

  CaptionEvaluation result;
  result.options = captioner.options();
  std::vector<metrics::CaptionPair> pairs;
  std::map<std::string, int> texts;
  std::set<std::string> vocabulary;
  std::vector<std::vector<std::string>> endings;
  std::size_t words = 0, unfinished = 0;
  for (std::size_t begin = 0; begin < examples.size(); begin += static_cast<std::size_t>(options.batch)) {
    if (stop.stop_requested()) throw Error(ErrorCode::usage, "the evaluation was stopped");
    const auto end = std::min(begin + static_cast<std::size_t>(options.batch), examples.size());
    std::vector<PreparedImage> images;
    for (auto i = begin; i < end; ++i) images.push_back(captioner.prepare(load_image(examples[i].image)));
    const auto captions = captioner.caption(images);
    for (auto i = begin; i < end; ++i) {
      const auto& best = captions[i - begin].hypotheses.front();
      pairs.push_back({best.text, examples[i].captions});
      ++texts[best.text];
      vocabulary.insert(best.words.begin(), best.words.end());
      words += best.words.size();
      unfinished += best.finished ? 0 : 1;
      endings.push_back(best.words);
    }
    if (on_progress) on_progress(static_cast<int>(end), static_cast<int>(examples.size()));
  }

  const auto count = static_cast<double>(pairs.size());
  const auto alone = std::count_if(texts.begin(), texts.end(), [](const auto& text) { return text.second == 1; });
  result.scores = metrics::score_captions(pairs);
  result.images = static_cast<int>(pairs.size());
  result.mean_words = static_cast<double>(words) / count;
  result.open_endings = metrics::open_ending_share(endings);
  result.distinct_captions = static_cast<double>(alone) / count;
  result.unfinished = static_cast<double>(unfinished) / count;
  result.vocabulary_used = static_cast<int>(vocabulary.size());
  return result;
}

}  // namespace fovea
