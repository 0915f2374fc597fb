#include "render/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"

namespace fovea::render {

cv::Mat3b view(const Image& image) {
  const std::size_t expected = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3;
  if (image.width < 1 || image.height < 1 || image.pixels.size() != expected) {
    throw Error(ErrorCode::internal, "an image of " + std::to_string(image.width) + " x " +
                                         std::to_string(image.height) + " pixels has " +
                                         std::to_string(image.pixels.size()) + " values, expected three a pixel");
  }
  // OpenCV has no view of constant memory; callers only read.
  return {image.height, image.width, reinterpret_cast<cv::Vec3b*>(const_cast<std::uint8_t*>(image.pixels.data()))};
}

Image to_image(const cv::Mat3b& pixels) {
  Image image;
  image.width = image.geometry.width = pixels.cols;
  image.height = image.geometry.height = pixels.rows;
  image.pixels.resize(pixels.total() * 3);
  cv::Mat3b target = view(image);
  pixels.copyTo(target);
  return image;
}

cv::Size fit(cv::Size size, int side) {
  const double scale = static_cast<double>(side) / std::max(size.width, size.height);
  return {std::max(1, static_cast<int>(std::lround(size.width * scale))),
          std::max(1, static_cast<int>(std::lround(size.height * scale)))};
}

cv::Mat3b scaled(const cv::Mat3b& picture, cv::Size size) {
  const bool shrinks = size.width <= picture.cols && size.height <= picture.rows;
  cv::Mat3b result;
  cv::resize(picture, result, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_CUBIC);
  return result;
}

}  // namespace fovea::render
