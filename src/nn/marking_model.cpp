#include "nn/marking_model.hpp"

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

[[noreturn]] void refuse(const Model& model) {
  throw Error(ErrorCode::internal, "model " + model.info().id + " writes no captions, but was asked for one");
}

}  // namespace

ImageMemory MarkingModel::caption_memory(const HighlightOutput&) const { refuse(*this); }
CaptionDecoder& MarkingModel::decoder() const { refuse(*this); }
std::int64_t MarkingModel::max_positions() const { refuse(*this); }

}  // namespace fovea::nn
