#include "dicom_out/object_writer.hpp"

#include <ostream>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcmetinf.h>
#include <dcmtk/dcmdata/dcostrmb.h>

#include "dicom_out/attributes.hpp"
#include "dicom_out/deidentify.hpp"
#include "fovea/error.hpp"
#include "fovea/version.hpp"
#include "io/file.hpp"

namespace fovea::dicom_out {
namespace {

/// Of this software: a UUID below kUidRoot, made once.
constexpr const char* kImplementation = "2.25.155200577982467337798565874622408558059";

constexpr std::uint64_t kMaxPixelBytes = 0xFFFFFFFE;

[[noreturn]] void fail(const std::filesystem::path& path, const OFCondition& status) {
  throw Error(ErrorCode::internal, path.string() + ": the DICOM object cannot be written: " + status.text());
}

/// Preamble, meta header and data set, in memory: attributes alone are small.
std::vector<char> encoded(const std::filesystem::path& path, DcmDataset& object) {
  constexpr auto kSyntax = EXS_LittleEndianExplicit;
  DcmFileFormat file(&object);
  auto status = file.validateMetaInfo(kSyntax);
  auto& meta = *file.getMetaInfo();
  put(meta, DCM_ImplementationClassUID, kImplementation);
  put(meta, DCM_ImplementationVersionName, "FOVEA_" FOVEA_VERSION);
  if (status.good()) {
    status = meta.computeGroupLengthAndPadding(EGL_withGL, EPD_noChange, META_HEADER_DEFAULT_TRANSFERSYNTAX,
                                               EET_ExplicitLength);
  }
  std::vector<char> bytes(file.calcElementLength(kSyntax, EET_ExplicitLength) + 4096);
  DcmOutputBufferStream stream(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  if (status.good()) {
    file.transferInit();
    status = file.write(stream, kSyntax, EET_ExplicitLength, nullptr, EGL_recalcGL, EPD_noChange, 0, 0, 0,
                        EWM_dontUpdateMeta);
    file.transferEnd();
  }
  if (status.bad()) fail(path, status);
  void* begin = nullptr;
  offile_off_t length = 0;
  stream.flushBuffer(begin, length);
  bytes.resize(static_cast<std::size_t>(length));
  return bytes;
}

void write_pixels(std::ostream& out, const PixelData& pixels) {
  const auto padded = static_cast<std::uint32_t>(pixels.bytes + pixels.bytes % 2);
  const auto put_number = [&out](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) out.put(static_cast<char>(value >> (8 * i)));
  };
  put_number(0x7FE0, 2);
  put_number(pixels.element, 2);
  out.write(pixels.vr, 2);
  put_number(0, 2);
  put_number(padded, 4);
  pixels.write(out);
  if (padded != pixels.bytes) out.put('\0');
}

}  // namespace

void write_object(const std::filesystem::path& path, DcmDataset& object, const ResultContext& run,
                  const PixelData* pixels) {
  if (pixels != nullptr && pixels->bytes > kMaxPixelBytes) {
    throw Error(ErrorCode::unsupported, path.string() + ": " + std::to_string(pixels->bytes) +
                                            " bytes of pixel data are more than one DICOM object holds (4 GiB)");
  }
  if (run.deidentifier) run.deidentifier->apply(object);
  const auto bytes = encoded(path, object);
  io::write_stream(path, [&](std::ostream& out) {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (pixels != nullptr) write_pixels(out, *pixels);
  });
}

}  // namespace fovea::dicom_out
