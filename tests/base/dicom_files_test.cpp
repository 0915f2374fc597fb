/// DICOM files that the tests make: what the corpus of dicom_corpus_test.cpp shows, for everybody.
#include <charls/charls.h>
#include <openjpeg.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/io_support.hpp"
#include "dicom/dataset.hpp"
#include "dicom/pixel_reader.hpp"
#include "dicom_maker.hpp"

namespace fovea::dicom {
namespace {

using test::DicomMaker;
using test::to_bytes;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kExplicit = "1.2.840.10008.1.2.1";
constexpr const char* kImplicit = "1.2.840.10008.1.2";
constexpr const char* kBigEndian = "1.2.840.10008.1.2.2";
constexpr const char* kRle = "1.2.840.10008.1.2.5";
constexpr const char* kJpeg = "1.2.840.10008.1.2.4.70";
constexpr const char* kJpegLs = "1.2.840.10008.1.2.4.80";
constexpr const char* kJpeg2000 = "1.2.840.10008.1.2.4.90";
constexpr int kRows = 6, kColumns = 10;
constexpr std::size_t kPixels = 60;

/// 16-bit values, other ones in every frame.
std::vector<std::uint16_t> ramp(int frames = 1) {
  std::vector<std::uint16_t> values(static_cast<std::size_t>(kRows * kColumns * frames));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint16_t>(i * 37 % 4096);
  return values;
}

/// The values of all frames.
std::vector<std::uint16_t> read_values(const Bytes& bytes) {
  const Dataset file(bytes, "test.dcm", 1U << 20);
  const PixelReader reader(file, 1'000'000);
  std::vector<std::uint16_t> values;
  for (int frame = 0; frame < reader.module().frames; ++frame) {
    const auto stored = reader.read(frame).values;
    const auto before = values.size();
    values.resize(before + stored.size() / 2);
    std::memcpy(values.data() + before, stored.data(), stored.size());
  }
  return values;
}

std::string message_of(const Bytes& bytes, ErrorCode expected) {
  std::string message;
  EXPECT_EQ(test::error_of([&] { read_values(bytes); }, &message), expected) << message;
  return message;
}

DicomMaker ramp_maker(bool explicit_vr, bool big_endian, int frames = 1) {
  DicomMaker maker(explicit_vr, big_endian);
  maker.text(0x00080060, "CS", "OT").grey(kRows, kColumns, 16, 12, false, "MONOCHROME2", frames);
  return maker;
}

DicomMaker native_ramp(bool explicit_vr = true, bool big_endian = false, int frames = 1) {
  auto maker = ramp_maker(explicit_vr, big_endian, frames);
  maker.words(0x7FE00010, "OW", ramp(frames));
  return maker;
}

TEST(DicomFiles, AllWaysToWriteElementsGiveTheSameValues) {
  EXPECT_EQ(read_values(native_ramp(true, false).file(kExplicit)), ramp());
  EXPECT_EQ(read_values(native_ramp(false, false).file(kImplicit)), ramp());
  EXPECT_EQ(read_values(native_ramp(true, true).file(kBigEndian)), ramp());
  EXPECT_EQ(read_values(test::deflated_file(native_ramp().data_set())), ramp());
  EXPECT_EQ(read_values(native_ramp(true, false, 3).file(kExplicit)), ramp(3));
  EXPECT_EQ(read_values(native_ramp(false, false).file(kExplicit)), ramp()) << "implicit, and says that it is explicit";
}

TEST(DicomFiles, NeedNoPreambleOrMetaHeader) {
  for (const auto& maker : {native_ramp(true, false), native_ramp(false, false), native_ramp(true, true)}) {
    const auto reader = open_frames(to_bytes(maker.data_set()), "test.dcm");
    EXPECT_EQ(reader->format(), "dicom");
    EXPECT_EQ(read_values(to_bytes(maker.data_set())), ramp());
  }
}

TEST(DicomFiles, BitsAreUnpackedAcrossFrames) {
  // 3 x 3 bits a frame: the second begins within a byte.
  const auto maker = DicomMaker().grey(3, 3, 1, 1, false, "MONOCHROME2", 2).bytes(0x7FE00010, "OB", "\x55\x01\x03\x00");
  const Dataset file(DicomMaker(maker).file(kExplicit), "test.dcm", 1000);
  const PixelReader reader(file, 1000);
  EXPECT_THAT(reader.read(0).values, ElementsAre(1, 0, 1, 0, 1, 0, 1, 0, 1));
  EXPECT_THAT(reader.read(1).values, ElementsAre(0, 0, 0, 0, 0, 0, 0, 1, 1));
}

TEST(DicomFiles, PlanesAndBytesInWordsAreBroughtInOrder) {
  DicomMaker planes;
  planes.number(0x00280002, 3).text(0x00280004, "CS", "RGB").number(0x00280006, 1);
  planes.number(0x00280010, 1).number(0x00280011, 2).number(0x00280100, 8).bytes(0x7FE00010, "OB", "RrGgBb");
  const Dataset file(planes.file(kExplicit), "test.dcm", 1000);
  EXPECT_THAT(PixelReader(file, 1000).read(0).values, ElementsAre('R', 'G', 'B', 'r', 'g', 'b'));

  DicomMaker swapped(true, true);
  swapped.grey(1, 4, 8, 8, false).words(0x7FE00010, "OW", {0x0201, 0x0403});
  const Dataset big_endian(swapped.file(kBigEndian), "test.dcm", 1000);
  EXPECT_THAT(PixelReader(big_endian, 1000).read(0).values, ElementsAre(1, 2, 3, 4));
}

/// One frame by RLE: the high bytes, then the low ones, in runs of literals.
std::string rle(std::span<const std::uint16_t> values) {
  std::string segments[2];
  for (const auto value : values) {
    for (int part = 0; part < 2; ++part) {
      segments[part] += '\0';  // one byte follows as it is
      segments[part] += static_cast<char>(part == 0 ? value >> 8 : value);
    }
  }
  const std::uint32_t header[16] = {2, 64, static_cast<std::uint32_t>(64 + segments[0].size())};
  return std::string(reinterpret_cast<const char*>(header), 64) + segments[0] + segments[1];
}

std::string jpeg_ls(std::span<const std::uint16_t> values) {
  charls::jpegls_encoder encoder;
  encoder.frame_info({kColumns, kRows, 12, 1});
  std::string out(encoder.estimated_destination_size(), '\0');
  encoder.destination(out);
  out.resize(encoder.encode(values.data(), values.size() * 2));
  if (out.size() % 2 != 0) out += '\0';
  return out;
}

std::string jpeg_2000(std::span<const std::uint16_t> values) {
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.numresolution = 2;
  opj_image_cmptparm_t component{};
  component.dx = component.dy = 1;
  component.w = kColumns;
  component.h = kRows;
  component.prec = 12;
  auto* image = opj_image_create(1, &component, OPJ_CLRSPC_GRAY);
  image->x1 = kColumns;
  image->y1 = kRows;
  std::copy(values.begin(), values.end(), image->comps[0].data);
  auto* encoder = opj_create_compress(OPJ_CODEC_J2K);
  opj_setup_encoder(encoder, &parameters, image);
  std::string out;
  auto* stream = opj_stream_default_create(OPJ_FALSE);
  opj_stream_set_user_data(stream, &out, nullptr);
  opj_stream_set_write_function(stream, [](void* data, OPJ_SIZE_T size, void* user) -> OPJ_SIZE_T {
    static_cast<std::string*>(user)->append(static_cast<const char*>(data), size);
    return size;
  });
  EXPECT_TRUE(opj_start_compress(encoder, image, stream) && opj_encode(encoder, stream) &&
              opj_end_compress(encoder, stream));
  opj_stream_destroy(stream);
  opj_destroy_codec(encoder);
  opj_image_destroy(image);
  if (out.size() % 2 != 0) out += '\0';
  return out;
}

/// Lossless, by DCMTK's encoder.
std::string jpeg(std::span<const std::uint16_t> values) {
  DJEncoderRegistration::registerCodecs();
  DcmDataset data_set;
  data_set.putAndInsertUint16(DCM_SamplesPerPixel, 1);
  data_set.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME2");
  data_set.putAndInsertUint16(DCM_Rows, kRows);
  data_set.putAndInsertUint16(DCM_Columns, kColumns);
  data_set.putAndInsertUint16(DCM_BitsAllocated, 16);
  data_set.putAndInsertUint16(DCM_BitsStored, 12);
  data_set.putAndInsertUint16(DCM_HighBit, 11);
  data_set.putAndInsertUint16(DCM_PixelRepresentation, 0);
  data_set.putAndInsertUint16Array(DCM_PixelData, values.data(), values.size());
  const DJ_RPLossless parameters;
  EXPECT_TRUE(data_set.chooseRepresentation(EXS_JPEGProcess14SV1, &parameters).good());
  DcmElement* element = nullptr;
  DcmPixelSequence* sequence = nullptr;
  DcmPixelItem* item = nullptr;
  Uint8* bytes = nullptr;
  EXPECT_TRUE(data_set.findAndGetElement(DCM_PixelData, element).good() &&
              dynamic_cast<DcmPixelData&>(*element)
                  .getEncapsulatedRepresentation(EXS_JPEGProcess14SV1, &parameters, sequence)
                  .good() &&
              sequence->getItem(item, 1).good() && item->getUint8Array(bytes).good());
  std::string out(reinterpret_cast<const char*>(bytes), item->getLength());
  DJEncoderRegistration::cleanup();
  return out;
}

struct CodecCase {
  const char* name;
  const char* syntax;
  std::string (*encode)(std::span<const std::uint16_t>);
};

class DicomCodecs : public testing::TestWithParam<CodecCase> {
 protected:
  std::vector<std::string> encoded(int frames) const {
    const auto values = ramp(frames);
    std::vector<std::string> result(static_cast<std::size_t>(frames));
    for (std::size_t frame = 0; frame < result.size(); ++frame) {
      result[frame] = GetParam().encode(std::span(values).subspan(frame * kPixels, kPixels));
    }
    return result;
  }
};

TEST_P(DicomCodecs, OneFragmentAFrame) {
  for (const int frames : {1, 3}) {
    auto maker = ramp_maker(true, false, frames);
    EXPECT_EQ(read_values(maker.fragments(encoded(frames)).file(GetParam().syntax)), ramp(frames));
  }
}

TEST_P(DicomCodecs, SeveralFragmentsAFrame) {
  const auto frames = encoded(2);
  std::vector<std::string> pieces;
  for (const auto& frame : frames) {
    const auto half = frame.size() / 4 * 2;
    pieces.push_back(frame.substr(0, half));
    pieces.push_back(frame.substr(half));
  }
  const auto second = static_cast<std::uint32_t>(pieces[0].size() + pieces[1].size() + 16);
  EXPECT_EQ(read_values(ramp_maker(true, false, 2).fragments(pieces, {0, second}).file(GetParam().syntax)), ramp(2));
  if (GetParam().syntax != kRle) {  // whose frames have no mark
    EXPECT_EQ(read_values(ramp_maker(true, false, 2).fragments(pieces).file(GetParam().syntax)), ramp(2));
  }
}

TEST_P(DicomCodecs, DataThatAreCutEmptyOrOfAnotherSizeAreErrors) {
  const auto whole = encoded(1).front();
  const auto refused = [&](const std::string& fragment) {
    return message_of(ramp_maker(true, false).fragments({fragment}).file(GetParam().syntax), ErrorCode::corrupt);
  };
  refused("");
  refused(whole.substr(0, whole.size() / 4 * 2));
  refused(whole.substr(0, 8));
  refused("no image at all!");
  DicomMaker larger;
  larger.grey(kRows * 2, kColumns, 16, 12, false).fragments({whole});
  message_of(larger.file(GetParam().syntax), ErrorCode::corrupt);
  EXPECT_THAT(message_of(ramp_maker(true, false, 2).fragments({whole}).file(GetParam().syntax), ErrorCode::corrupt),
              HasSubstr("2 frames"));
}

INSTANTIATE_TEST_SUITE_P(All, DicomCodecs,
                         testing::Values(CodecCase{"rle", kRle, rle}, CodecCase{"jpeg", kJpeg, jpeg},
                                         CodecCase{"jpeg_ls", kJpegLs, jpeg_ls},
                                         CodecCase{"jpeg_2000", kJpeg2000, jpeg_2000}),
                         [](const auto& test) { return test.param.name; });

TEST(DicomFiles, AttributesThatCannotBeAreErrorsThatNameThem) {
  const auto with = [](auto change) {
    DicomMaker maker;
    change(maker);
    maker.words(0x7FE00010, "OW", ramp());
    return message_of(maker.file(kExplicit), ErrorCode::corrupt);
  };
  EXPECT_THAT(with([](DicomMaker& m) { m.number(0x00280010, 6); }), HasSubstr("'Columns' is missing"));
  EXPECT_THAT(with([](DicomMaker& m) { m.grey(0, kColumns, 16, 12, false); }), HasSubstr("'Rows' is 0"));
  EXPECT_THAT(with([](DicomMaker& m) { m.grey(kRows, kColumns, 7, 7, false); }), HasSubstr("'Bits Allocated' is 7"));
  EXPECT_THAT(with([](DicomMaker& m) { m.grey(kRows, kColumns, 64, 64, false); }), HasSubstr("'Bits Allocated' is 64"));
  EXPECT_THAT(with([](DicomMaker& m) { m.grey(kRows, kColumns, 16, 17, false); }), HasSubstr("'Bits Stored' is 17"));
  EXPECT_THAT(with([](DicomMaker& m) { m.grey(kRows, kColumns, 16, 12, false, "RGB"); }), HasSubstr("RGB has 3"));
  EXPECT_THAT(with([](DicomMaker& m) { m.grey(kRows, kColumns + 1, 16, 12, false); }),
              AllOf(HasSubstr("120 bytes"), HasSubstr("expected 132")));
  EXPECT_THAT(with([](DicomMaker& m) { m.grey(kRows, kColumns, 16, 12, false, "MONOCHROME2", 2147483647); }),
              HasSubstr("120 bytes"));
}

TEST(DicomFiles, WhatIsNotReadIsNamed) {
  EXPECT_THAT(message_of(native_ramp().file("1.2.840.10008.1.2.4.102"), ErrorCode::unsupported),
              HasSubstr("1.2.840.10008.1.2.4.102"));
  EXPECT_THAT(message_of(ramp_maker(true, false).file(kExplicit), ErrorCode::unsupported), HasSubstr("no pixel data"));
  DicomMaker strange;
  strange.grey(kRows, kColumns, 16, 12, false, "HSV").words(0x7FE00010, "OW", ramp());
  EXPECT_THAT(message_of(strange.file(kExplicit), ErrorCode::unsupported), HasSubstr("HSV"));
  DicomMaker large;
  large.grey(2000, 2000, 16, 12, false).words(0x7FE00010, "OW", {});
  EXPECT_THAT(message_of(large.file(kExplicit), ErrorCode::unsupported), HasSubstr("limit of 1000000"));
}

TEST(DicomFiles, BombsAreRefused) {
  // The data set is larger than the limit of read_values(), 1 MB, and has pixels.
  DicomMaker bomb;
  bomb.bytes(0x00091010, "UN", std::string(3U << 20, '\0')).grey(kRows, kColumns, 16, 12, false);
  bomb.words(0x7FE00010, "OW", ramp());
  const auto file = test::deflated_file(bomb.data_set());
  EXPECT_LT(file->size(), 10'000U);
  EXPECT_THAT(message_of(file, ErrorCode::unsupported), HasSubstr("1048576 bytes, which is the limit"));

  std::string nested;
  for (int depth = 0; depth < 5000; ++depth) {
    nested += std::string("\x08\0\x15\x11SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\0\xE0\xFF\xFF\xFF\xFF", 20);
  }
  EXPECT_THAT(message_of(to_bytes(native_ramp().data_set().substr(0, 10) + nested), ErrorCode::corrupt),
              HasSubstr("nest more than 64 deep"));

  std::string implicit;  // Referenced Image Sequence in itself, of defined lengths
  for (int depth = 0; depth < 1000; ++depth) {
    const auto header = [](std::string tag, std::size_t size) {
      for (int byte = 0; byte < 4; ++byte) tag += static_cast<char>(size >> (8 * byte));
      return tag;
    };
    implicit.insert(0, header(std::string("\xFE\xFF\0\xE0", 4), implicit.size()));
    implicit.insert(0, header(std::string("\x08\0\x40\x11", 4), implicit.size()));
  }
  EXPECT_THAT(message_of(to_bytes(native_ramp(false).data_set().substr(0, 10) + implicit), ErrorCode::corrupt),
              HasSubstr("nest more than 64 deep"));
}

TEST(DicomFiles, CutAnywhereTheyAreErrors) {
  auto compressed = ramp_maker(true, false, 2);
  const auto values = ramp(2);
  compressed.fragments({rle(std::span(values).first(60)), rle(std::span(values).last(60))});
  for (const auto& whole : {native_ramp().file(kExplicit), compressed.file(kRle)}) {
    // Behind the last fragment only the delimiter is missing, which some writers leave out.
    for (std::size_t size = 132; size + 8 < whole->size(); ++size) {
      const auto cut =
          std::make_shared<std::vector<std::byte>>(whole->begin(), whole->begin() + static_cast<std::ptrdiff_t>(size));
      const auto code = test::error_of([&] { read_values(cut); });
      ASSERT_TRUE(code == ErrorCode::corrupt || code == ErrorCode::unsupported) << size;
    }
  }
}

TEST(DicomFiles, AnyChangedByteIsAnErrorOrReadAndNothingElse) {
  const auto whole = ramp_maker(true, false).fragments({jpeg_2000(ramp())}).file(kJpeg2000);
  for (std::size_t i = 128; i < whole->size(); ++i) {
    for (const unsigned mask : {0x01U, 0x80U, 0xFFU}) {
      auto changed = std::make_shared<std::vector<std::byte>>(*whole);
      (*changed)[i] ^= static_cast<std::byte>(mask);
      EXPECT_NO_FATAL_FAILURE(test::error_of([&] { read_values(changed); }));
    }
  }
}

}  // namespace
}  // namespace fovea::dicom
