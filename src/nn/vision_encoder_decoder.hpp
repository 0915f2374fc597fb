/// @file VisionEncoderDecoderModel of transformers: an image encoder, and a GPT-2 or BERT with cross-attention. The
/// best known is ViT-GPT2.
#pragma once

#include "nn/foreign_captioner.hpp"

namespace fovea::nn {

/// `model_type` "vision-encoder-decoder".
CaptionerFamily vision_encoder_decoder_family();

}  // namespace fovea::nn
