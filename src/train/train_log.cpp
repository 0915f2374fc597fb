#include "train/train_log.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "fovea/error.hpp"
#include "io/image_writer.hpp"
#include "render/plot.hpp"

namespace fovea::train {
namespace {

constexpr const char* kHeader = "stage,epoch,loss,reward,images_per_second,bleu1,bleu2,bleu3,bleu4,rouge_l,cider,best";

/// One line of log.csv; stage names have no comma (the configuration refuses them).
struct LogLine {
  std::string stage;
  double loss = 0, reward = 0, bleu4 = 0, cider = 0;
};

std::vector<LogLine> read_log(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string text;
  std::getline(in, text);  // header
  std::vector<LogLine> lines;
  while (std::getline(in, text)) {
    std::vector<std::string> cells;
    std::istringstream row(text);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    if (cells.size() != 12) continue;  // a line torn by a kill
    lines.push_back({cells[0], std::stod(cells[2]), std::stod(cells[3]), std::stod(cells[8]), std::stod(cells[10])});
  }
  return lines;
}

void write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw Error(ErrorCode::io, "cannot write " + file.string());
}

/// Loss and reward differ in kind between objectives: the loss is drawn for cross-entropy, the reward for the others.
void draw_curves(const std::filesystem::path& log, const std::filesystem::path& picture) {
  render::PlotSeries loss{"loss", {}, {}}, reward{"reward (CIDEr-D of samples, x10)", {}, {}};
  render::PlotSeries bleu{"BLEU-4", {}, {}}, cider{"CIDEr", {}, {}};
  double epoch = 0;
  const auto add = [&](render::PlotSeries& series, double value) {
    series.x.push_back(epoch);
    series.y.push_back(value);
  };
  for (const auto& line : read_log(log)) {
    ++epoch;
    const bool self_critical = line.reward != 0;
    add(loss, self_critical ? std::numeric_limits<double>::quiet_NaN() : line.loss);
    add(reward, self_critical ? line.reward : std::numeric_limits<double>::quiet_NaN());
    add(bleu, line.bleu4);
    add(cider, line.cider);
  }
  const auto has_value = [](const render::PlotSeries& series) {
    for (const double y : series.y) {
      if (std::isfinite(y)) return true;
    }
    return false;
  };
  std::vector<render::PlotSeries> training;
  for (const auto& series : {loss, reward}) {
    if (has_value(series)) training.push_back(series);
  }
  io::write_png(picture,
                render::render_plot({{"Training", "epoch", training}, {"Validation", "epoch", {bleu, cider}}}));
}

}  // namespace

TrainLog::TrainLog(std::filesystem::path folder) : folder_(std::move(folder)) {
  write_file(folder_ / "log.csv", kHeader + std::string("\n"));
}

TrainLog::TrainLog(std::filesystem::path folder, const std::string& stage, int epoch) : folder_(std::move(folder)) {
  const auto file = folder_ / "log.csv";
  const auto last = stage + "," + std::to_string(epoch) + ",";
  std::string text = kHeader + std::string("\n"), unsure;
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);  // header
  while (std::getline(in, line)) {
    unsure += line + "\n";
    if (line.starts_with(last)) text += std::exchange(unsure, {});
  }
  in.close();
  write_file(file, text);
}

void TrainLog::add(const TrainProgress& p) {
  const auto file = folder_ / "log.csv";
  std::ofstream out(file, std::ios::app);
  out << p.stage << ',' << p.epoch << ',' << p.loss << ',' << p.reward << ',' << p.images_per_second;
  for (const auto bleu : p.scores.bleu) out << ',' << bleu;
  out << ',' << p.scores.rouge_l << ',' << p.scores.cider << ',' << (p.best ? 1 : 0) << '\n';
  out.close();
  if (!out) throw Error(ErrorCode::io, "cannot write " + file.string());
  draw_curves(file, folder_ / "curves.png");
}

}  // namespace fovea::train
