#include "dicom/dicom_reader.hpp"

#include <string>
#include <utility>

#include "dicom/dataset.hpp"
#include "dicom/display.hpp"
#include "dicom/pixel_reader.hpp"
#include "dicom/scan.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom {
namespace {

class DicomFrameReader final : public FrameReader {
 public:
  DicomFrameReader(Bytes bytes, const std::string& name, const LoadOptions& options)
      : file_(std::move(bytes), name, options.max_inflated_bytes),
        pixels_(file_, options.max_pixels),
        display_(options.display) {}

  std::string_view format() const override { return "dicom"; }
  int frame_count() const override { return pixels_.module().frames; }
  bool is_grey() const override {
    const auto photometric = pixels_.module().photometric;
    return photometric == Photometric::monochrome1 || photometric == Photometric::monochrome2;
  }
  Image read(int frame) override { return render(file_, pixels_.read(frame - 1), frame - 1, display_); }
  std::optional<Scan> scan(int frame) override {
    if (frame < 1 || frame > frame_count()) {
      throw Error(ErrorCode::usage, file_.name() + ": frame " + std::to_string(frame) + " was asked for, but it has " +
                                        std::to_string(frame_count()));
    }
    return Scan{.identity = read_identity(file_), .geometry = read_geometry(file_, frame - 1)};
  }

 private:
  Dataset file_;
  PixelReader pixels_;
  DisplayOptions display_;
};

}  // namespace

std::unique_ptr<FrameReader> open_dicom(Bytes bytes, const std::string& name, const LoadOptions& options) {
  return std::make_unique<DicomFrameReader>(std::move(bytes), name, options);
}

}  // namespace fovea::dicom
