#include <cstddef>
#include <limits>
#include <memory>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

#include "dicom/codecs.hpp"
#include "io/byte_order.hpp"

namespace fovea::dicom {
namespace {

/// What the header of a frame says (SOF).
struct JpegHeader {
  int precision = 0;
  int rows = 0;
  int columns = 0;
  int samples = 0;
};

/// The first frame header of a JPEG stream, whatever its process.
JpegHeader read_header(const CodedFrame& frame) {
  const auto at = [&](std::size_t offset, std::size_t size) {
    const auto value = io::uint_at(frame.bytes, offset, size, io::ByteOrder::big);
    if (!value) fail_frame(frame, "its JPEG data end in the header");
    return static_cast<int>(*value);
  };
  if (at(0, 2) != 0xFFD8) fail_frame(frame, "its compressed data are no JPEG");
  std::size_t offset = 2;
  while (true) {
    const int marker = at(offset, 2);
    if (marker == 0xFFFF) {  // fill bytes
      ++offset;
      continue;
    }
    const bool frame_header =
        marker >= 0xFFC0 && marker <= 0xFFCF && marker != 0xFFC4 && marker != 0xFFC8 && marker != 0xFFCC;
    if (frame_header) {
      return {.precision = at(offset + 4, 1),
              .rows = at(offset + 5, 2),
              .columns = at(offset + 7, 2),
              .samples = at(offset + 9, 1)};
    }
    if (marker < 0xFFC0 || marker == 0xFFD9 || marker == 0xFFDA) fail_frame(frame, "its JPEG data have no frame");
    offset += 2 + static_cast<std::size_t>(at(offset + 2, 2));
  }
}

E_TransferSyntax process_of(const TransferSyntax& syntax) { return DcmXfer(std::string(syntax.uid).c_str()).getXfer(); }

}  // namespace

std::vector<std::uint8_t> decode_jpeg(const CodedFrame& frame) {
  const auto& module = frame.module;
  const auto header = read_header(frame);
  if (header.rows != module.rows || header.columns != module.columns || header.samples != module.samples) {
    fail_frame(frame, "its JPEG data have " + std::to_string(header.columns) + " x " + std::to_string(header.rows) +
                          " pixels of " + std::to_string(header.samples) + " samples, the attributes say " +
                          std::to_string(module.columns) + " x " + std::to_string(module.rows) + " of " +
                          std::to_string(module.samples));
  }
  if (header.precision > module.bits_allocated || module.bits_allocated > 16) {
    fail_frame(frame, "its JPEG data have " + std::to_string(header.precision) + " bits, the attributes say " +
                          std::to_string(module.bits_allocated));
  }
  // A data set of this frame alone: DCMTK decodes nothing smaller.
  const auto process = process_of(frame.syntax);
  const int coded_bits = header.precision <= 8 ? 8 : 16;
  DcmDataset data_set;
  data_set.putAndInsertUint16(DCM_SamplesPerPixel, static_cast<Uint16>(module.samples));
  data_set.putAndInsertString(DCM_PhotometricInterpretation, module.samples == 1 ? "MONOCHROME2" : "RGB");
  if (module.samples > 1) data_set.putAndInsertUint16(DCM_PlanarConfiguration, 0);
  data_set.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(module.rows));
  data_set.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(module.columns));
  data_set.putAndInsertUint16(DCM_BitsAllocated, static_cast<Uint16>(coded_bits));
  data_set.putAndInsertUint16(DCM_BitsStored, static_cast<Uint16>(header.precision));
  data_set.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(header.precision - 1));
  data_set.putAndInsertUint16(DCM_PixelRepresentation, module.is_signed ? 1 : 0);
  auto sequence = std::make_unique<DcmPixelSequence>(DcmTag(DCM_PixelData, EVR_OB));
  for (const bool table : {true, false}) {
    auto item = std::make_unique<DcmPixelItem>(DcmTag(DCM_PixelItemTag, EVR_OB));
    if (!table) {
      std::vector<std::uint8_t> bytes(frame.bytes.begin(), frame.bytes.end());
      if (bytes.size() % 2 != 0) bytes.push_back(0);  // an item has an even length
      item->putUint8Array(bytes.data(), static_cast<unsigned long>(bytes.size()));
    }
    sequence->insert(item.release());
  }
  DcmPixelData pixels(DCM_PixelData);
  pixels.putOriginalRepresentation(process, nullptr, sequence.release());

  const auto coded_size = static_cast<std::size_t>(coded_bits / 8);
  const auto coded_length = module.values() * coded_size;
  if (coded_length >= std::numeric_limits<Uint32>::max()) {
    fail_frame(frame, "its JPEG data have more pixels than DCMTK counts");
  }
  std::vector<std::uint8_t> coded(coded_length + coded_length % 2);
  Uint32 fragment = 0;
  OFString colours;
  const auto status =
      pixels.getUncompressedFrame(&data_set, 0, fragment, coded.data(), static_cast<Uint32>(coded.size()), colours);
  if (status.bad()) fail_frame(frame, "its JPEG data: " + std::string(status.text()));
  coded.resize(coded_length);
  const auto size = size_of(module.type);
  if (size == coded_size) return coded;
  std::vector<std::uint8_t> values(module.values() * size);
  for (std::size_t i = 0; i < module.values(); ++i) {
    values[i * size] = coded[i];
    if (module.is_signed && coded[i] >= 0x80) values[i * size + 1] = 0xFF;
  }
  return values;
}

}  // namespace fovea::dicom
