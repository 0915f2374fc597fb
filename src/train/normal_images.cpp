#include "train/normal_images.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "image/resize.hpp"
#include "train/scan_dataset.hpp"

namespace fovea::train {
namespace {

namespace fs = std::filesystem;

at::Tensor squashed(Image image, std::int64_t input_size) {
  const auto side = static_cast<int>(input_size);
  if (image.width != side || image.height != side) image = image::resize(image, side, side, image::Filter::bilinear);
  auto pixels = at::empty({input_size, input_size, 3}, at::kByte);
  std::memcpy(pixels.mutable_data_ptr<std::uint8_t>(), image.pixels.data(), image.pixels.size());
  return pixels;
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error); !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    const bool hidden = entry->path().filename().string().starts_with('.');
    if (entry->is_directory(error)) {
      if (hidden) entry.disable_recursion_pending();
    } else if (!hidden && entry->is_regular_file(error)) {
      files.push_back(entry->path());
    }
  }
  if (error) throw Error(ErrorCode::io, "cannot read the folder " + folder.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

/// The reader of a file; null where the file is no image of a format that is known.
std::unique_ptr<FrameReader> open_image(const fs::path& file) {
  try {
    return open_frames(read_bytes(file), file.string());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unsupported) return nullptr;
    throw;
  }
}

class Reader {
 public:
  Reader(std::string normal, std::int64_t input_size) : normal_(std::move(normal)), input_size_(input_size) {}

  void add_file(const fs::path& file) {
    const auto frames = open_image(file);
    if (!frames) {
      ++found_.skipped;
      return;
    }
    for (int frame = 1; frame <= frames->frame_count(); ++frame) {
      add({.image = file, .mask = {}, .label = {}, .group = file.string()}, frames->read(frame));
    }
  }

  void add_example(const text::ScanExample& example) {
    if (!example.label.empty() && example.label != normal_) {
      ++found_.ignored;
      return;
    }
    auto image = load_image(example.image);
    if (load_mask(example, image).empty()) {
      add(example, std::move(image));
    } else {
      ++found_.ignored;
    }
  }

  NormalImages take(const fs::path& data) {
    if (pixels_.empty()) {
      throw Error(ErrorCode::usage, data.string() + " has no normal image (" + std::to_string(found_.ignored) +
                                        " with something marked or another label than '" + normal_ + "', " +
                                        std::to_string(found_.skipped) +
                                        " files that are no images); a memory of normal patches needs some");
    }
    found_.pixels = at::stack(pixels_);
    return std::move(found_);
  }

 private:
  void add(text::ScanExample example, Image image) {
    pixels_.push_back(squashed(std::move(image), input_size_));
    found_.examples.push_back(std::move(example));
  }

  std::string normal_;
  std::int64_t input_size_;
  NormalImages found_;
  std::vector<at::Tensor> pixels_;
};

}  // namespace

NormalImages read_normal_images(const fs::path& data, const std::string& normal, std::int64_t input_size,
                                const std::function<bool(std::int64_t, std::int64_t)>& go_on) {
  Reader reader(normal, input_size);
  bool stopped = false;
  const auto each = [&](const auto& items, const auto& add) {
    const auto total = static_cast<std::int64_t>(items.size());
    for (std::int64_t done = 0; done < total && !stopped; ++done) {
      add(items[static_cast<std::size_t>(done)]);
      stopped = !go_on(done + 1, total);
    }
  };
  std::error_code error;
  if (fs::is_directory(data, error)) {
    each(files_below(data), [&](const fs::path& file) { reader.add_file(file); });
  } else if (fs::exists(data, error)) {
    each(read_scans({data}), [&](const text::ScanExample& example) { reader.add_example(example); });
  } else {
    throw Error(ErrorCode::io, data.string() + " is not there; expected a folder of images or a JSONL file of scans");
  }
  return stopped ? NormalImages{} : reader.take(data);
}

}  // namespace fovea::train
