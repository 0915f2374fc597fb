#include "dicom/runtime.hpp"

#include <mutex>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/oflog/oflog.h>

namespace fovea::dicom {
namespace {

std::mutex mutex;
int users = 0;
OFLogger::LogLevel host_log_level = OFLogger::WARN_LOG_LEVEL;

OFLogger dcmtk_log() { return OFLog::getLogger("dcmtk"); }

}  // namespace

Runtime::Runtime() {
  const std::lock_guard lock(mutex);
  if (users++ > 0) return;
  auto log = dcmtk_log();
  host_log_level = static_cast<OFLogger::LogLevel>(log.getLogLevel());
  log.setLogLevel(OFLogger::OFF_LOG_LEVEL);
  // Stored values are wanted: no conversion of YBR, which the display does.
  DJDecoderRegistration::registerCodecs(EDC_never, EUC_never, EPC_colorByPixel);
}

Runtime::~Runtime() {
  const std::lock_guard lock(mutex);
  if (--users > 0) return;
  DJDecoderRegistration::cleanup();
  dcmtk_log().setLogLevel(host_log_level);
}

}  // namespace fovea::dicom
