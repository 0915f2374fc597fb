#include "pipeline/side_outputs.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "io/image_writer.hpp"
#include "render/attention_sheet.hpp"
#include "render/report_item.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;

namespace {

void check_folder_writable(const fs::path& folder) {
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorCode::io, "cannot write to the folder " + folder.native() + ": " + std::strerror(errno));
  }
}

fs::path without_extension(const fs::path& path) { return path.parent_path() / path.stem(); }

}  // namespace

Sidecars::Sidecars(const InputList& inputs) : inputs_(inputs) {
  std::unordered_set<std::string> stems;
  for (std::uint64_t input = 0; input < inputs.size(); ++input) {
    const std::string stem = without_extension(inputs.path(input)).native();
    if (!stems.insert(stem).second) shared_.insert(stem);
  }
}

void Sidecars::check_writable() const {
  std::unordered_set<std::string> folders;
  for (std::uint64_t input = 0; input < inputs_.size(); ++input) {
    const fs::path folder = inputs_.path(input).parent_path();
    if (fs::is_directory(folder) && folders.insert(folder.native()).second) check_folder_writable(folder);
  }
}

fs::path Sidecars::path(std::uint64_t input, int frame) const {
  const fs::path image = inputs_.path(input);
  fs::path text = without_extension(image);
  if (shared_.contains(text.native())) text = image;
  if (frame > 1) text += "." + std::to_string(frame);
  return text += ".txt";
}

void Sidecars::write(std::uint64_t input, int frame, const std::string& caption) const {
  const std::string text = caption + "\n";
  io::write_file(path(input, frame), std::as_bytes(std::span(text)));
}

SideOutputs::SideOutputs(const CaptionRunOptions& options, const InputList& inputs)
    : inputs_(inputs), attention_(options.attention) {
  if (options.sidecar) sidecars_.emplace(inputs).check_writable();
  if (!attention_.empty()) {
    io::make_folder(attention_);
    check_folder_writable(attention_);
  }
  if (!options.report.empty()) {
    render::ReportOptions report;
    report.subtitle = "Model " + options.model.filename().string();
    if (options.caption.sample.value_or(false)) report.subtitle += ", sampled";
    if (options.caption.beam) report.subtitle += ", beam " + std::to_string(*options.caption.beam);
    report_.emplace(options.report, report);
    check_folder_writable(options.report);
  }
}

bool SideOutputs::lacks_pictures(const std::string& name, int frame) const {
  std::error_code error;
  return (!attention_.empty() && !fs::exists(sheet_path(name, frame), error)) ||
         (report_ && !report_->contains(name, frame));
}

void SideOutputs::start_over() {
  if (report_) report_->clear();
}

void SideOutputs::write_caption(const LoadedItem& item, const Caption& caption) const {
  const Hypothesis& best = caption.hypotheses.front();
  if (sidecars_) sidecars_->write(item.input, item.frame, best.text);
  if (!attention_.empty()) {
    io::write_png(sheet_path(item.name, item.frame), render::render_attention_sheet(item.photo, best));
  }
  if (report_) report_->add(report_item(item), item.photo, caption);
}

void SideOutputs::write_failure(const LoadedItem& item) const {
  if (report_) report_->add_failure(report_item(item));
}

void SideOutputs::complete_earlier(const LoadedItem& item, const std::function<CaptionRecord()>& record) const {
  std::error_code error;
  if (item.outcome == ItemOutcome::already_failed) {
    if (!report_ || report_->contains(item.name, item.frame)) return;
    LoadedItem failed = item;
    failed.error = record().error;
    write_failure(failed);
  } else if (sidecars_ && !fs::exists(sidecars_->path(item.input, item.frame), error)) {
    sidecars_->write(item.input, item.frame, record().caption.value_or(""));
  }
}

void SideOutputs::finish() {
  if (report_) report_->finish();
}

fs::path SideOutputs::sheet_path(const std::string& name, int frame) const {
  // The digest keeps images of one name in different folders apart, and stays the same when a run goes on.
  constexpr std::size_t kDigestDigits = 8;
  constexpr std::size_t kLongestStem = 200;  // bytes; file systems take 255 for the whole name
  std::string stem = fs::path(name).stem().native();
  if (stem.size() > kLongestStem) {
    stem.resize(kLongestStem);
    while (!stem.empty() && (static_cast<unsigned char>(stem.back()) & 0x80) != 0) stem.pop_back();
  }
  return attention_ / (stem + "-" + render::item_id(name, frame).substr(0, kDigestDigits) + ".png");
}

render::ReportItem SideOutputs::report_item(const LoadedItem& item) const {
  return {.position = item.input,
          .name = item.name,
          .frame = item.frame,
          .frame_count = item.frame_count,
          .source = inputs_.path(item.input),
          .error_code = item.error ? item.error->code : "",
          .error_message = item.error ? item.error->message : ""};
}

}  // namespace fovea::pipeline
