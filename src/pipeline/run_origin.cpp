#include "pipeline/run_origin.hpp"

#include "fovea/version.hpp"
#include "pipeline/path_text.hpp"

namespace fovea::pipeline {

void RunOrigin::stamp(RunRecord& record, const LoadedItem& item) const {
  record.version = kVersion;
  record.input = item.name;
  record.frame = item.frame;
  record.input_sha256 = item.input_sha256;
  record.model = model.id;
  record.model_sha256 = model.sha256;
  record.options_sha256 = options_sha256;
  if (item.error) record.error = RecordError{item.error->code, escape_message(item.error->message)};
}

}  // namespace fovea::pipeline
