#include "train/highlight_log.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "fovea/error.hpp"
#include "io/image_writer.hpp"
#include "render/plot.hpp"

namespace fovea::train {
namespace {

constexpr const char* kHeader = "epoch,loss,images_per_second,dice,anomaly_auroc,label_auroc\n";

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  std::string line;
  std::getline(in, line);  // header
  while (std::getline(in, line)) lines.push_back(line);
  return lines;
}

void draw_curves(const std::filesystem::path& log, const std::filesystem::path& picture) {
  const std::vector<std::pair<const char*, std::size_t>> columns{
      {"loss", 1}, {"Dice", 3}, {"AUROC of lesions", 4}, {"AUROC of labels", 5}};
  std::vector<render::PlotSeries> series;
  for (const auto& [name, column] : columns) series.push_back({name, {}, {}});
  for (const auto& line : lines_of(log)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    if (cells.size() != 6) continue;  // torn by a kill
    for (std::size_t i = 0; i < columns.size(); ++i) {
      series[i].x.push_back(std::stod(cells[0]));
      series[i].y.push_back(std::stod(cells[columns[i].second]));
    }
  }
  io::write_png(picture, render::render_plot({{"Training", "epoch", {series[0]}},
                                              {"Validation", "epoch", {series.begin() + 1, series.end()}}}));
}

}  // namespace

HighlightLog::HighlightLog(std::filesystem::path folder, int epoch) : folder_(std::move(folder)) {
  const auto file = folder_ / "log.csv";
  std::string text = kHeader;
  for (const auto& line : lines_of(file)) {
    if (std::atoi(line.c_str()) <= epoch && epoch > 0) text += line + "\n";  // NOLINT(cert-err34-c): our own numbers
  }
  std::ofstream out(file, std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw Error(ErrorCode::io, "cannot write " + file.string());
}

void HighlightLog::add(const TrainHighlightProgress& p) {
  const auto file = folder_ / "log.csv";
  std::ofstream out(file, std::ios::app);
  out << p.epoch << ',' << p.loss << ',' << p.images_per_second << ',' << p.scores.dice << ',' << p.scores.anomaly_auroc
      << ',' << p.scores.label_auroc << '\n';
  out.close();
  if (!out) throw Error(ErrorCode::io, "cannot write " + file.string());
  draw_curves(file, folder_ / "curves.png");
}

}  // namespace fovea::train
