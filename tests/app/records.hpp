/// @file Records for tests.
#pragma once

#include <string>

#include "pipeline/caption_record.hpp"

namespace fovea::tests {

inline pipeline::CaptionRecord ok_record(const std::string& input, const std::string& caption, int frame = 1) {
  pipeline::CaptionRecord record;
  record.version = "0.1.0";
  record.input = input;
  record.frame = frame;
  record.input_sha256 = "sha-of-" + input;
  record.caption = caption;
  record.log_prob = -4.25;
  record.alternatives = {{"Another.", -5.5}};
  record.width = 640;
  record.height = 480;
  record.orientation = 6;
  record.model = "tiny";
  record.model_sha256 = "model";
  record.options_sha256 = "options";
  return record;
}

inline pipeline::CaptionRecord error_record(const std::string& input, const std::string& message) {
  pipeline::CaptionRecord record = ok_record(input, "");
  record.caption.reset();
  record.log_prob.reset();
  record.alternatives.clear();
  record.width.reset();
  record.height.reset();
  record.orientation.reset();
  record.error = pipeline::RecordError{"corrupt", message};
  return record;
}

}  // namespace fovea::tests
