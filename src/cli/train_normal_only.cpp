#include "cli/train_normal_only.hpp"

#include <unistd.h>

#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

#include "cli/interrupt.hpp"
#include "cli/train_output.hpp"
#include "fovea/error.hpp"
#include "fovea/train_normal.hpp"

namespace fovea::cli {
namespace {

void check(const po::variables_map& values) {
  for (const char* option : {"fold", "init"}) {
    if (values.count(option) == 0) continue;
    throw Error(ErrorCode::usage, "--normal-only and --" + std::string(option) + " exclude each other");
  }
  if (values["no-resume"].as<bool>()) {
    throw Error(ErrorCode::usage, "--normal-only and --no-resume exclude each other: there is nothing to resume");
  }
  if (values.count("encoder") == 0) {
    throw Error(ErrorCode::usage, "--encoder is missing: --normal-only compares images by an encoder's features");
  }
}

std::string summary_text(const TrainNormalSummary& summary) {
  std::ostringstream text;
  text << summary.patches << " patches of " << summary.images << " normal images";
  if (summary.ignored > 0) text << " (" << summary.ignored << " that are not normal were ignored)";
  if (summary.skipped > 0) text << " (" << summary.skipped << " files that are no images were left out)";
  text << std::fixed << std::setprecision(1) << "; of normal images that it does not hold, "
       << 100 * summary.called_abnormal << "% are called abnormal" << std::setprecision(3);
  if (summary.scores) {
    text << "; validation: Dice " << summary.scores->dice << ", AUROC of lesions " << summary.scores->anomaly_auroc;
  }
  return text.str();
}

}  // namespace

int run_train_normal_only(const po::variables_map& values) {
  check(values);
  keep_freed_memory();
  const Interrupt interrupt;
  const TrainNormalOptions options{.train_data = text_of(values, "data"),
                                   .val_data = text_of(values, "val"),
                                   .config = text_of(values, "config"),
                                   .encoder_weights = text_of(values, "encoder"),
                                   .output = text_of(values, "output"),
                                   .threads = values["threads"].as<int>()};
  const bool quiet = values["quiet"].as<bool>();
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  const auto show = [&](const TrainNormalProgress& progress) {
    const bool ended = progress.done == progress.total;
    if (quiet || (!terminal && !ended)) return;
    if (terminal) std::cerr << "\r\x1b[K";
    std::cerr << progress.stage << ' ' << progress.done << '/' << progress.total;
    if (ended) std::cerr << '\n';
    std::cerr << std::flush;
  };
  const auto summary = train_normal(options, show, interrupt.token());
  if (summary.interrupted) {
    std::cerr << "stopped; there is no model\n";
    return kInterrupted;
  }
  if (!quiet) std::cerr << "model: " << (options.output / "model").string() << ", " << summary_text(summary) << '\n';
  return kAllDone;
}

}  // namespace fovea::cli
