/// @file Images as OpenCV sees them.
#pragma once

#include <opencv2/core.hpp>

#include "fovea/image.hpp"

namespace fovea::render {

inline const cv::Vec3b kInk(33, 37, 41);       ///< of text, on white
inline const cv::Vec3b kFaint(108, 117, 125);  ///< of what matters less

/// The pixels of an image, not copied: height * width of (R, G, B).
/// @throws Error: internal when `pixels` does not have the size that the image states.
cv::Mat3b view(const Image& image);

/// A copy of `pixels` as an image.
Image to_image(const cv::Mat3b& pixels);

/// Largest size of the same aspect as `size` whose longer side is `side`; no side is below 1.
cv::Size fit(cv::Size size, int side);

/// Scales without aliasing.
cv::Mat3b scaled(const cv::Mat3b& picture, cv::Size size);

}  // namespace fovea::render
