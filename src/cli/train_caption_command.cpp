#include <unistd.h>

#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/train_output.hpp"
#include "fovea/train.hpp"

namespace fovea::cli {
namespace {

constexpr std::string_view kDetails =
    R"(The configuration says what the model looks like and how it is trained, stage by stage (docs/training.md).
OUTPUT gets model/ (the best model so far, by CIDEr on the validation data), log.csv, curves.png and
checkpoint.safetensors. The same command again goes on from the last checkpoint with the same losses.
)";

po::options_description options() {
  const auto text = [] { return po::value<std::string>()->value_name("FILE"); };
  const auto folder = [] { return po::value<std::string>()->value_name("DIR"); };
  po::options_description options("Options");
  options.add_options()("data", text()->required(), "training data: JSONL of {\"image\", \"captions\"}");
  options.add_options()("val", text()->required(), "validation data, never trained on");
  options.add_options()("config", text()->required(), "model and stages (JSON)");
  options.add_options()("output,o", folder()->required(), "folder of the run");
  options.add_options()(
      "encoder", po::value<std::string>()->value_name("FILE|DIR"),
      "encoder to start from: an image encoder's or a model's folder, or MobileNetV2 under torchvision's names");
  options.add_options()("init", folder(), "model to start from instead");
  options.add_options()("teacher", po::value<std::vector<std::string>>()->value_name("DIR")->composing(),
                        "model that stages with 'distillation' learn from; may be given several times");
  options.add_options()("cache", folder(), "folder of the feature cache (default: OUTPUT/cache)");
  options.add_options()("threads", po::value<int>()->value_name("N")->default_value(0), "0: one per core");
  options.add_options()("no-resume", po::bool_switch(), "start over");
  options.add_options()("quiet,q", po::bool_switch(), "only errors");
  return options;
}

std::vector<std::filesystem::path> teachers_of(const po::variables_map& values) {
  if (values.count("teacher") == 0) return {};
  const auto& folders = values["teacher"].as<std::vector<std::string>>();
  return {folders.begin(), folders.end()};
}

/// "fine-tune 2/5, 64/188: loss 3.412, 71 images/s, 0:12 h left"
std::string step_line(const TrainProgress& p) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(3) << p.stage << ' ' << p.epoch << '/' << p.epochs << ", " << p.step << '/'
       << p.steps << ": loss " << p.loss;
  if (p.reward != 0) text << ", reward " << p.reward;
  text << std::setprecision(0) << ", " << p.images_per_second << " images/s, " << clock_text(p.seconds_left);
  return text.str();
}

std::string epoch_line(const TrainProgress& p) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(3) << p.stage << ' ' << p.epoch << '/' << p.epochs << ": loss " << p.loss;
  if (p.reward != 0) text << ", reward " << p.reward;
  text << ", BLEU-4 " << std::setprecision(2) << 100 * p.scores.bleu[3] << ", CIDEr " << std::setprecision(4)
       << p.scores.cider << (p.best ? ", best so far" : "");
  return text.str();
}

int run(const po::variables_map& values) {
  keep_freed_memory();
  const Interrupt interrupt;
  const TrainCaptionOptions options{.train_data = text_of(values, "data"),
                                    .val_data = text_of(values, "val"),
                                    .config = text_of(values, "config"),
                                    .encoder_weights = text_of(values, "encoder"),
                                    .teachers = teachers_of(values),
                                    .init = text_of(values, "init"),
                                    .output = text_of(values, "output"),
                                    .cache = text_of(values, "cache"),
                                    .resume = !values["no-resume"].as<bool>(),
                                    .threads = values["threads"].as<int>()};
  const bool quiet = values["quiet"].as<bool>();
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  const auto show = [&](const TrainProgress& progress) {
    if (quiet) return;
    if (terminal) std::cerr << "\r\x1b[K";
    if (progress.epoch_ended) {
      std::cerr << epoch_line(progress) << std::endl;
    } else if (terminal) {
      std::cerr << step_line(progress) << std::flush;
    }
  };
  const auto summary = train_caption(options, show, interrupt.token());
  if (summary.interrupted) {
    std::cerr << "stopped; the same command goes on from the last epoch\n";
    return kInterrupted;
  }
  if (!quiet) {
    std::cerr << "best model: " << (options.output / "model").string() << ", CIDEr " << summary.best.cider << '\n';
  }
  return kAllDone;
}

}  // namespace

Command train_caption_command() {
  return {.name = "train caption",
          .summary = "Trains a captioning model.",
          .arguments = "--data FILE --val FILE --config FILE -o DIR [options]",
          .details = kDetails,
          .positional = {},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
