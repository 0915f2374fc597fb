/// @file What made the records of a run.
#pragma once

#include <string>

#include "fovea/model.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/run_record.hpp"

namespace fovea::pipeline {

struct RunOrigin {
  ModelInfo model;
  std::string options_sha256;

  /// Fills the fields that all records have.
  void stamp(RunRecord& record, const LoadedItem& item) const;
};

}  // namespace fovea::pipeline
