#include "dicom/runtime.hpp"

#include <mutex>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/oflog/oflog.h>

namespace fovea::dicom {
namespace {

std::mutex mutex;
int users = 0;
dcmtk::log4cplus::LogLevel host_log_level = dcmtk::log4cplus::NOT_SET_LOG_LEVEL;

dcmtk::log4cplus::Logger dcmtk_log() { return OFLog::getLogger("dcmtk"); }

}  // namespace

Runtime::Runtime() {
  const std::lock_guard lock(mutex);
  if (users++ > 0) return;
  auto log = dcmtk_log();
  host_log_level = log.getLogLevel();
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
