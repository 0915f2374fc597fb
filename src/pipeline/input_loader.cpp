#include "pipeline/input_loader.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "fovea/error.hpp"
#include "image/resize.hpp"
#include "io/sha256.hpp"
#include "pipeline/path_text.hpp"
#include "pipeline/stopwatch.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

/// A file is read as a whole, so one that cannot be an image must not fill the memory.
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;

/// Longer side of the photos that pictures are made from, px.
constexpr int kPhotoSide = 640;

/// @throws Error: io for what is no file, or too large a one.
Bytes read_input(const fs::path& path, const std::string& name) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw Error(ErrorCode::io, "cannot open " + name + ": " + error.message());
  if (fs::is_directory(status)) throw Error(ErrorCode::io, "the folder " + name + " cannot be read");
  if (!fs::is_regular_file(status)) throw Error(ErrorCode::io, name + " is not a file");
  if (const auto size = fs::file_size(path, error); !error && size > kMaxFileBytes) {
    throw Error(ErrorCode::unsupported, name + " has " + std::to_string(size) + " bytes; at most " +
                                            std::to_string(kMaxFileBytes) + " are read");
  }
  return read_bytes(path);
}

Image reduced(Image photo) {
  const int side = std::max(photo.width, photo.height);
  if (side <= kPhotoSide) return photo;
  const auto scaled = [&](int extent) {
    return std::max(1, static_cast<int>(std::int64_t{extent} * kPhotoSide / side));
  };
  return image::resize(photo, scaled(photo.width), scaled(photo.height), image::Filter::bilinear);
}

/// How much room an item takes while it waits, in frames of ordinary size.
std::size_t weight_of(const LoadedItem& item) {
  constexpr std::size_t kOrdinaryBytes = std::size_t{3} << 20;  // 1024 x 1024 px
  return 1 + item.photo.pixels.size() / kOrdinaryBytes;
}

}  // namespace

InputLoader::InputLoader(const InputList& inputs, const RecordIndex& records, LoadPlan plan, int threads,
                         std::size_t capacity)
    : inputs_(inputs), records_(records), plan_(std::move(plan)), queue_(inputs.size(), capacity) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

InputLoader::~InputLoader() { cancel(); }

void InputLoader::join_and_add_to(StageSeconds& stages) {
  threads_.clear();
  stages.read += stages_.read;
  stages.decode += stages_.decode;
  stages.preprocess += stages_.preprocess;
}

void InputLoader::work() {
  StageSeconds stages;
  while (const auto ticket = queue_.claim()) {
    load_input(*ticket, stages);
    queue_.finish(*ticket);
  }
  const std::lock_guard lock(stages_mutex_);
  stages_.read += stages.read;
  stages_.decode += stages.decode;
  stages_.preprocess += stages.preprocess;
}

void InputLoader::load_input(std::uint64_t input, StageSeconds& stages) {
  LoadedItem blank;
  blank.input = input;
  blank.name = inputs_.name(input);
  std::unique_ptr<FrameReader> reader;
  try {
    Bytes bytes;
    {
      const ScopeTimer timer(stages.read);
      bytes = read_input(inputs_.path(input), blank.name);
      blank.input_sha256 = io::sha256_hex(*bytes);
    }
    const ScopeTimer timer(stages.decode);
    reader = open_frames(std::move(bytes), blank.name, plan_.load);
    blank.frame_count = reader->frame_count();
  } catch (...) {
    blank.error = current_error();
    blank.error->message = with_name_for_path(std::move(blank.error->message), inputs_.path(input), blank.name);
  }
  for (int frame = 1; frame <= std::max(1, blank.frame_count); ++frame) {
    LoadedItem item = blank;
    item.frame = frame;
    const auto* entry = records_.find(item.name, frame, item.input_sha256);
    if (entry != nullptr) item.existing = *entry;
    if (entry != nullptr && !entry->ok && !plan_.retry_failed) {
      item.outcome = ItemOutcome::already_failed;
    } else if (entry != nullptr && entry->ok && !(plan_.is_incomplete && plan_.is_incomplete(item))) {
      item.outcome = ItemOutcome::already_done;
    } else if (item.error) {
      item.outcome = ItemOutcome::failed;
    } else if (plan_.prepare) {
      load_frame(*reader, item, stages);
    } else {
      item.outcome = entry == nullptr || entry->ok ? plan_.planned : ItemOutcome::to_retry;
    }
    const std::size_t weight = weight_of(item);
    if (!queue_.push(input, std::move(item), weight)) return;
  }
}

void InputLoader::load_frame(FrameReader& reader, LoadedItem& item, StageSeconds& stages) {
  try {
    Image image;
    {
      const ScopeTimer timer(stages.decode);
      if (plan_.scans) item.scan = reader.scan(item.frame);
      image = reader.read(item.frame);
    }
    const ScopeTimer timer(stages.preprocess);
    item.image = plan_.prepare(image);
    item.outcome = plan_.result;
    if (plan_.photos == PhotoSize::reduced) item.photo = reduced(std::move(image));
    if (plan_.photos == PhotoSize::whole) item.photo = std::move(image);
  } catch (...) {
    item.error = current_error();
    item.outcome = ItemOutcome::failed;
  }
}

}  // namespace fovea::pipeline
