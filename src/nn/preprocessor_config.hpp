/// @file The preprocessing that the folders of foreign models state: transformers' preprocessor_config.json and
/// processor_config.json, timm's config.json.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "image/input_transform.hpp"

namespace fovea::nn {

/// Image processor classes of transformers. Each goes by several names: ViTImageProcessor, ViTImageProcessorFast,
/// ViTImageProcessorPil, ViTFeatureExtractor.
enum class ImageProcessor { vit, deit, blip, clip, bit, convnext, mobilenet_v1, mobilenet_v2 };

/// What a class does by itself: the preprocessing of a model whose folder has no preprocessor_config.json.
image::InputTransform class_defaults(ImageProcessor processor);

/// Reads preprocessor_config.json, or processor_config.json with an `image_processor` in it.
/// @param processor the class of models of this family, for a file that names none; a name in the file wins
/// @param source used in messages
/// @throws Error: model, naming the class that is unknown, the key that is out of range, or the option that would
/// change the pixels and is not supported.
image::InputTransform parse_preprocessor_config(const std::string& json, ImageProcessor processor,
                                                const std::string& source);

/// The preprocessing that a model folder of transformers states: what processor_config.json nests, else
/// preprocessor_config.json; nothing where neither says any.
/// @throws Error: io, model.
std::optional<image::InputTransform> read_preprocessing(const std::filesystem::path& folder, ImageProcessor processor);

/// Reads the `pretrained_cfg` of timm's config.json, as timm's create_transform() does for evaluation; missing keys are
/// timm's defaults.
/// @throws Error: model.
image::InputTransform parse_timm_config(const std::string& json, const std::string& source);

}  // namespace fovea::nn
