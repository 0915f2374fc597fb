/// @file Augmentation of scans with their masks: shape, light, and the noise of ultrasound and endoscopy.
#pragma once

#include <random>

#include <ATen/core/Tensor.h>

namespace fovea::train {

/// How far a scan may be changed. All shares and factors are limits; each image draws its own.
struct ScanAugmentOptions {
  bool flip_horizontal = true;
  bool flip_vertical = false;  ///< endoscopy: there is no up; ultrasound: the probe is above
  double rotate = 10;          ///< degrees to either side; 180 turns freely
  double scale = 0.25;         ///< the image is enlarged by a factor from 1 / (1 + scale) to 1 + scale
  double aspect = 0.15;        ///< the sides are stretched against each other likewise
  double shift = 0.1;          ///< of the side
  double elastic = 0.03;  ///< largest displacement of a 5 x 5 grid of points, of the side (Ronneberger et al. 2015)
  double brightness = 0.25;
  double contrast = 0.25;
  double saturation = 0;
  double hue = 0;       ///< degrees to either side
  double gamma = 0.3;   ///< exponent from 1 / (1 + gamma) to 1 + gamma
  double blur = 1.0;    ///< largest standard deviation in pixels, on half of the images
  double noise = 4;     ///< largest standard deviation in levels, on half of the images
  double speckle = 0;   ///< multiplicative noise of ultrasound, on half of the images: its largest deviation
  double specular = 0;  ///< most wet highlights of endoscopy per image
  double frame = 0;     ///< share of the images whose corners are cut off in black, as endoscopes do
  double cutmix = 0;    ///< share of the images that get a rectangle of another one
};

/// One scan with its mask.
struct ScanSample {
  at::Tensor rgb;   ///< uint8 [S, S, 3]
  at::Tensor mask;  ///< uint8 [S, S], 0 or 1
};

/// One random change of one scan; mask and pixels move alike.
ScanSample augment_scan(const ScanSample& sample, const ScanAugmentOptions& options, std::mt19937_64& random);

/// The scan with a rectangle of a fifth to a half of another one, in its place (CutMix, Yun et al. 2019,
/// https://arxiv.org/abs/1905.04899; for masks French et al. 2020, https://arxiv.org/abs/1906.01916).
ScanSample cut_mix(const ScanSample& sample, const ScanSample& other, std::mt19937_64& random);

}  // namespace fovea::train
