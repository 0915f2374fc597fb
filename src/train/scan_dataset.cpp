#include "train/scan_dataset.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "image/annotations.hpp"
#include "image/resize.hpp"
#include "train/parallel_for.hpp"
#include "train/random.hpp"

namespace fovea::train {
namespace {

/// The mask on the model's grid: the share of each pixel that is marked, halves up.
void squash_mask(const StoredMask& mask, int side, std::uint8_t* out) {
  const cv::Mat source(mask.height, mask.width, CV_8UC1, const_cast<std::uint8_t*>(mask.pixels.data()));
  cv::Mat scaled(side, side, CV_8UC1, out);
  if (mask.width == side && mask.height == side) {
    source.copyTo(scaled);
    return;
  }
  cv::Mat1f shares;
  source.convertTo(shares, CV_32F);
  cv::resize(shares, shares, {side, side}, 0, 0, cv::INTER_AREA);
  cv::Mat(shares >= 0.5F).convertTo(scaled, CV_8U, 1.0 / 255);
}

std::int64_t number_of(const text::ScanExample& example, const std::vector<std::string>& labels) {
  if (labels.empty() || example.label.empty()) return -1;
  const auto found = std::find(labels.begin(), labels.end(), example.label);
  if (found == labels.end()) {
    throw Error(ErrorCode::corrupt, example.image.string() + " has the label '" + example.label +
                                        "', which is not among the model's labels");
  }
  return found - labels.begin();
}

}  // namespace

bool StoredMask::empty() const noexcept { return std::find(pixels.begin(), pixels.end(), 1) == pixels.end(); }

StoredMask load_mask(const text::ScanExample& example, const Image& image) {
  StoredMask mask{.width = image.width, .height = image.height, .pixels = {}};
  mask.pixels.resize(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
  if (example.mask.empty()) return mask;
  const auto picture = load_image(example.mask);
  if (picture.width != image.width || picture.height != image.height) {
    throw Error(ErrorCode::corrupt, example.mask.string() + " has " + std::to_string(picture.width) + " x " +
                                        std::to_string(picture.height) + " pixels, expected the " +
                                        std::to_string(image.width) + " x " + std::to_string(image.height) + " of " +
                                        example.image.string());
  }
  constexpr std::uint8_t kHalf = 128;
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) mask.pixels[i] = picture.pixels[3 * i] >= kHalf ? 1 : 0;
  return mask;
}

std::vector<text::ScanExample> part_of(const std::vector<text::ScanExample>& examples, const std::vector<int>& parts,
                                       int part, bool others) {
  std::vector<text::ScanExample> chosen;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if ((parts[i] == part) != others) chosen.push_back(examples[i]);
  }
  return chosen;
}

std::vector<text::ScanExample> read_scans(const std::vector<std::filesystem::path>& files) {
  std::vector<text::ScanExample> examples;
  for (const auto& file : files) {
    auto read = text::read_scan_data(file);
    for (auto& example : read) {
      if (example.group.empty()) example.group = example.image.string();
    }
    std::move(read.begin(), read.end(), std::back_inserter(examples));
  }
  return examples;
}

std::vector<int> split_by_group(const std::vector<text::ScanExample>& examples, int count, std::uint64_t seed) {
  std::map<std::string, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < examples.size(); ++i) members[examples[i].group].push_back(i);
  std::vector<const std::vector<std::size_t>*> groups;
  for (const auto& [name, images] : members) groups.push_back(&images);
  std::vector<const std::vector<std::size_t>*> order;
  for (const auto i : shuffled(static_cast<std::int64_t>(groups.size()), seed)) {
    order.push_back(groups[static_cast<std::size_t>(i)]);
  }
  // Large groups first: the small ones fill up what they leave uneven.
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->size() > b->size(); });

  std::vector<int> parts(examples.size());
  std::map<std::string, std::vector<std::size_t>> filled;  // images of a label in each part
  for (const auto* group : order) {
    auto& sizes = filled[examples[group->front()].label];
    sizes.resize(static_cast<std::size_t>(count));
    const auto part = std::min_element(sizes.begin(), sizes.end()) - sizes.begin();
    sizes[static_cast<std::size_t>(part)] += group->size();
    for (const auto image : *group) parts[image] = static_cast<int>(part);
  }
  return parts;
}

ScanDataset load_scan_dataset(std::vector<text::ScanExample> examples, const std::vector<std::string>& labels,
                              std::int64_t input_size, bool clean, int threads) {
  ScanDataset data;
  data.examples = std::move(examples);
  for (const auto& example : data.examples) data.labels.push_back(number_of(example, labels));
  const auto n = data.size();
  data.stored.resize(data.examples.size());
  data.pixels = at::empty({n, input_size, input_size, 3}, at::kByte);
  if (clean) data.clean = at::empty_like(data.pixels);
  data.masks = at::zeros({n, input_size, input_size}, at::kByte);
  const auto side = static_cast<int>(input_size);
  const auto area = static_cast<std::size_t>(input_size * input_size);
  parallel_for(n, threads, [&](std::int64_t i) {
    const auto index = static_cast<std::size_t>(i);
    auto image = load_image(data.examples[index].image);
    data.stored[index] = load_mask(data.examples[index], image);
    squash_mask(data.stored[index], side, data.masks.mutable_data_ptr<std::uint8_t>() + index * area);
    if (image.width != side || image.height != side) image = image::resize(image, side, side, image::Filter::bilinear);
    std::memcpy(data.pixels.mutable_data_ptr<std::uint8_t>() + index * area * 3, image.pixels.data(), area * 3);
    if (clean) {
      const auto cleaned = image::without_annotations(image);
      std::memcpy(data.clean.mutable_data_ptr<std::uint8_t>() + index * area * 3, cleaned.pixels.data(), area * 3);
    }
  });
  return data;
}

}  // namespace fovea::train
