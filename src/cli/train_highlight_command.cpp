#include <unistd.h>

#include <cstdio>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/train_normal_only.hpp"
#include "cli/train_output.hpp"
#include "fovea/error.hpp"
#include "fovea/train.hpp"

namespace fovea::cli {
namespace {

constexpr std::string_view kDetails =
    R"(The configuration says what the model looks like and how it is trained (docs/training.md).
OUTPUT gets model/, log.csv, curves.png and checkpoint.safetensors. The same command again goes on from the last epoch
with the same losses.

With --normal-only no masks are needed: what is unlike the patches of normal images is marked. --data is then a folder
of normal images, or JSONL of which only the normal ones are used; --val and --config may be left out, and OUTPUT gets
model/ only. The model finds less than one that was shown lesions.
)";

po::options_description options() {
  const auto text = [] { return po::value<std::string>()->value_name("FILE"); };
  const auto folder = [] { return po::value<std::string>()->value_name("DIR"); };
  po::options_description options("Options");
  options.add_options()(
      "data", po::value<std::string>()->value_name("FILE|DIR")->required(),
      "training data: JSONL of {\"image\", \"mask\", \"label\", \"group\"}; with --normal-only also a "
      "folder of images");
  options.add_options()("val", text(), "validation data, never trained on (but see --fold)");
  options.add_options()(
      "fold", po::value<std::string>()->value_name("K/N"),
      "cross-validation: part K of N of both data sets validates, the others train; groups stay whole");
  options.add_options()("config", text(), "model, augmentation and rates (JSON)");
  options.add_options()("output,o", folder()->required(), "folder of the run");
  options.add_options()(
      "encoder", po::value<std::string>()->value_name("FILE|DIR"),
      "encoder to start from: an image encoder's or a model's folder, or MobileNetV2 under torchvision's names");
  options.add_options()("init", folder(), "model to start from instead");
  options.add_options()("normal-only", po::bool_switch(),
                        "learn from normal images alone, by a memory of their patches");
  options.add_options()("threads", po::value<int>()->value_name("N")->default_value(0), "0: one per core");
  options.add_options()("no-resume", po::bool_switch(), "start over");
  options.add_options()("quiet,q", po::bool_switch(), "only errors");
  return options;
}

void read_fold(const std::string& text, TrainHighlightOptions& options) {
  char rest = 0;
  if (std::sscanf(text.c_str(), "%d/%d%c", &options.fold, &options.folds, &rest) != 2) {  // NOLINT(cert-err34-c)
    throw Error(ErrorCode::usage, "--fold is '" + text + "', expected K/N, such as 1/5");
  }
}

std::string scores_text(const HighlightScores& scores) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(3) << "Dice " << scores.dice << ", AUROC of lesions " << scores.anomaly_auroc
       << ", of labels " << scores.label_auroc;
  return text.str();
}

std::string line(const TrainHighlightProgress& p) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(3) << (p.captions ? "captions, epoch " : "epoch ") << p.epoch << '/'
       << p.epochs;
  if (p.captions) {
    text << ": loss " << p.loss;
    return text.str();
  }
  if (p.epoch_ended) {
    text << ": loss " << p.loss << ", " << scores_text(p.scores) << std::setprecision(1) << ", " << p.images_per_second
         << " images/s";
  } else {
    text << ", " << p.step << '/' << p.steps << ": loss " << p.loss << std::setprecision(0) << ", "
         << p.images_per_second << " images/s, " << clock_text(p.seconds_left);
  }
  return text.str();
}

int run(const po::variables_map& values) {
  if (values["normal-only"].as<bool>()) return run_train_normal_only(values);
  for (const char* option : {"val", "config"}) {
    if (values.count(option) != 0) continue;
    throw Error(ErrorCode::usage, "--" + std::string(option) + " is missing; only --normal-only works without");
  }
  keep_freed_memory();
  const Interrupt interrupt;
  TrainHighlightOptions options{.train_data = text_of(values, "data"),
                                .val_data = text_of(values, "val"),
                                .config = text_of(values, "config"),
                                .encoder_weights = text_of(values, "encoder"),
                                .init = text_of(values, "init"),
                                .output = text_of(values, "output"),
                                .resume = !values["no-resume"].as<bool>(),
                                .threads = values["threads"].as<int>()};
  if (values.count("fold") != 0) read_fold(text_of(values, "fold"), options);
  const bool quiet = values["quiet"].as<bool>();
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  const auto show = [&](const TrainHighlightProgress& progress) {
    if (quiet) return;
    if (terminal) std::cerr << "\r\x1b[K";
    if (progress.epoch_ended || progress.captions) {
      std::cerr << line(progress) << std::endl;
    } else if (terminal) {
      std::cerr << line(progress) << std::flush;
    }
  };
  const auto summary = train_highlight(options, show, interrupt.token());
  if (summary.interrupted) {
    std::cerr << "stopped; the same command goes on from the last epoch\n";
    return kInterrupted;
  }
  if (!quiet) {
    std::cerr << "model: " << (options.output / "model").string() << ", " << scores_text(summary.scores) << '\n';
  }
  return kAllDone;
}

}  // namespace

Command train_highlight_command() {
  return {.name = "train highlight",
          .summary = "Trains a highlighting model.",
          .arguments = "--data FILE|DIR --val FILE --config FILE -o DIR [options]",
          .details = kDetails,
          .positional = {},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
