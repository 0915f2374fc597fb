/// @file What tokenizer.json says of the tokens around a text.
#pragma once

#include "text/piece_tokenizer.hpp"
#include "text/tokenizer_fields.hpp"

namespace fovea::text {

/// TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel (which adds nothing), and a Sequence of them.
/// @throws Error: model, or unsupported for another one and for templates that do not hold the text exactly once.
Surround read_post_processor(const Fields& fields);

}  // namespace fovea::text
