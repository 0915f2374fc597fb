#include <zlib.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include <gmock/gmock.h>

#include "app/temp_folder.hpp"
#include "base/io_support.hpp"
#include "fovea/error.hpp"
#include "io/nifti.hpp"

namespace fovea::io {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

template <typename Action>
std::string refusal(ErrorCode code, Action&& action) {
  std::string message = "accepted";
  EXPECT_EQ(test::error_of(action, &message), code);
  return message;
}

/// Slice k of a volume in which every voxel has another value.
SliceSource numbered(const Volume& volume) {
  const auto count = static_cast<std::size_t>(volume.columns) * static_cast<std::size_t>(volume.rows);
  return [count](int k) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i)
      values[i] = static_cast<float>(i + count * static_cast<std::size_t>(k)) / 64;
    return values;
  };
}

TEST(Nifti, RefusesWhatIsNoVolumeAndLeavesNoFile) {
  const tests::TempFolder folder;
  const auto file = folder / "volume.nii.gz";
  const auto write = [&](ErrorCode code, const Volume& volume) {
    return refusal(code, [&] { write_nifti(file, volume, numbered({1, 1, 1})); });
  };
  EXPECT_THAT(write(ErrorCode::usage, {0, 1, 1}), HasSubstr("0 x 1 x 1 voxels"));
  EXPECT_THAT(write(ErrorCode::usage, {1, 1, -1}), HasSubstr("at least one"));
  EXPECT_THAT(write(ErrorCode::unsupported, {1, 32768, 1}), HasSubstr("sides up to 32767"));
  VolumeAffine affine;
  affine.slice_step = {1, 1, 0};
  EXPECT_THAT(write(ErrorCode::usage, {1, 1, 1, affine}), HasSubstr("lie in a plane"));
  affine.slice_step = {0, 0, 0};
  EXPECT_THAT(write(ErrorCode::usage, {1, 1, 1, affine}), HasSubstr("lie in a plane"));
  affine.slice_step = {0, 0, NAN};
  EXPECT_THAT(write(ErrorCode::usage, {1, 1, 1, affine}), HasSubstr("not finite"));
  affine.slice_step = {0, 0, 1};
  affine.origin = {INFINITY, 0, 0};
  EXPECT_THAT(write(ErrorCode::usage, {1, 1, 1, affine}), HasSubstr("not finite"));
  EXPECT_THAT(write(ErrorCode::internal, {2, 1, 1}), HasSubstr("slice 0 of a volume has 1 values: expected 2"));
  const auto bad = [](int k) { return std::vector<float>(4, k == 2 ? NAN : 0.0F); };
  EXPECT_THAT(refusal(ErrorCode::internal,
                      [&] {
                        write_nifti(file, {2, 2, 3}, bad);
                      }),
              HasSubstr("slice 2 of a volume has 4 values, some of them not finite"));
  const auto unreadable = [](int) -> std::vector<float> { throw Error(ErrorCode::io, "gone"); };
  EXPECT_EQ(refusal(ErrorCode::io, [&] { write_nifti(file, {2, 2, 3}, unreadable); }), "gone");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

/// A file that was written, decompressed.
struct Written {
  std::vector<std::byte> bytes;

  Written(const Volume& volume, const SliceSource& slice) {
    const tests::TempFolder folder;
    write_nifti(folder / "volume.nii.gz", volume, slice);
    gzFile file = gzopen((folder / "volume.nii.gz").c_str(), "rb");
    bytes.resize(std::size_t{1} << 20U);
    bytes.resize(static_cast<std::size_t>(gzread(file, bytes.data(), static_cast<unsigned>(bytes.size()))));
    gzclose(file);
  }

  template <typename Value>
  std::vector<Value> at(std::size_t offset, std::size_t count) const {
    std::vector<Value> values(count);
    std::memcpy(values.data(), bytes.data() + offset, count * sizeof(Value));
    return values;
  }
};

TEST(Nifti, ThreadsChangeNothing) {
  const tests::TempFolder folder;
  const Volume volume{.columns = 300, .rows = 250, .slices = 11};  // 3.1 blocks of the compressor
  for (const int threads : {1, 2, 5}) {
    write_nifti(folder / std::to_string(threads), volume, numbered(volume), threads);
    EXPECT_EQ(tests::read_text(folder / std::to_string(threads)), tests::read_text(folder / "1")) << threads;
  }
  gzFile file = gzopen((folder / "5").c_str(), "rb");
  std::vector<float> values(std::size_t{300} * 250 * 11 + 88 + 1);
  EXPECT_EQ(gzread(file, values.data(), static_cast<unsigned>(4 * values.size())), 4 * (values.size() - 1));
  EXPECT_EQ(gzclose(file), Z_OK);  // the sum is right
  EXPECT_EQ(values.back(), 0);
  EXPECT_EQ(values[values.size() - 2], (300.0F * 250 * 11 - 1) / 64);
}

TEST(Nifti, HeaderAndVoxels) {
  const Volume volume{.columns = 3, .rows = 2, .slices = 4};
  const Written written(volume, numbered(volume));
  ASSERT_EQ(written.bytes.size(), 352 + 24 * 4);
  EXPECT_THAT(written.at<std::int32_t>(0, 1), ElementsAre(348));
  EXPECT_THAT(written.at<std::int16_t>(40, 8), ElementsAre(3, 3, 2, 4, 1, 1, 1, 1));
  EXPECT_THAT(written.at<std::int16_t>(70, 2), ElementsAre(16, 32));
  EXPECT_THAT(written.at<float>(76, 4), ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(written.at<float>(108, 3), ElementsAre(352, 1, 0));
  EXPECT_THAT(written.at<std::uint8_t>(123, 1), ElementsAre(2));
  EXPECT_THAT(written.at<std::int16_t>(252, 2), ElementsAre(0, 0)) << "where it lies is not known";
  EXPECT_THAT(written.at<char>(344, 4), ElementsAre('n', '+', '1', '\0'));
  const auto voxels = written.at<float>(352, 24);
  for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(voxels[i], static_cast<float>(i) / 64);
}

TEST(Nifti, PatientCoordinatesAreTurnedRound) {
  // Axial, as CT usually is: rows from right to left, columns from front to back, slices upwards.
  const VolumeAffine axial{
      .origin = {-120, -90, 30}, .column_step = {0.5, 0, 0}, .row_step = {0, 0.75, 0}, .slice_step = {0, 0, 5}};
  const Written written({2, 2, 2, axial}, numbered({2, 2, 2}));
  EXPECT_THAT(written.at<std::int16_t>(252, 2), ElementsAre(1, 1));
  EXPECT_THAT(written.at<float>(280, 12), ElementsAre(-0.5F, 0, 0, 120, 0, -0.75F, 0, 90, 0, 0, 5, 30));
  EXPECT_THAT(written.at<float>(76, 4), ElementsAre(1, 0.5F, 0.75F, 5)) << "right-handed in RAS too";
  EXPECT_THAT(written.at<float>(256, 3), Pointwise(FloatNear(1e-6F), {0, 0, 1})) << "half a turn about the long axis";
  EXPECT_THAT(written.at<float>(268, 3), ElementsAre(120, 90, 30));

  VolumeAffine downwards = axial;
  downwards.slice_step = {0, 0, -5};
  EXPECT_THAT(Written({2, 2, 2, downwards}, numbered({2, 2, 2})).at<float>(76, 1), ElementsAre(-1)) << "left-handed";
}

TEST(Nifti, ATiltedGantryHasNoQuaternion) {
  const VolumeAffine tilted{.origin = {}, .column_step = {1, 0, 0}, .row_step = {0, 0.9, 0.3}, .slice_step = {0, 0, 4}};
  const Written written({2, 2, 2, tilted}, numbered({2, 2, 2}));
  EXPECT_THAT(written.at<std::int16_t>(252, 2), ElementsAre(0, 1));
  EXPECT_THAT(written.at<float>(280 + 32, 4), ElementsAre(0, 0.3F, 4, 0));
}

TEST(Nifti, SlicesAreAskedForOneByOne) {
  std::vector<int> asked;
  const Volume volume{.columns = 5, .rows = 5, .slices = 7};
  const Written written(volume, [&](int k) {
    asked.push_back(k);
    return std::vector<float>(25);
  });
  EXPECT_EQ(written.bytes.size(), 352 + 25 * 4 * 7);
  EXPECT_THAT(asked, ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

/// env FOVEA_TEST_PYTHON, or the one of the path.
std::string python() {
  const char* chosen = std::getenv("FOVEA_TEST_PYTHON");
  return chosen != nullptr ? chosen : "python3";
}

bool runs(const std::string& command) { return std::system((command + " > /dev/null 2>&1").c_str()) == 0; }

constexpr std::string_view kCheck = R"(
import sys, nibabel, numpy
image = nibabel.load(sys.argv[1])
shape, affine = [int(s) for s in sys.argv[2:5]], [float(s) for s in sys.argv[5:17]]
expected = numpy.diag([-1.0, -1.0, 1.0, 1.0]) @ numpy.vstack([numpy.reshape(affine, (3, 4)), [0, 0, 0, 1]])
data = image.get_fdata()
assert data.shape == tuple(shape), data.shape
i, j, k = numpy.indices(shape)
assert numpy.array_equal(data, (i + shape[0] * (j + shape[1] * k)) / 64)
assert image.get_data_dtype() == numpy.float32
assert numpy.allclose(image.affine, expected, atol=1e-4), image.affine
assert numpy.allclose(image.get_sform(), expected, atol=1e-4)
if sys.argv[17] == "rigid":
    assert int(image.header["qform_code"]) == 1
    assert numpy.allclose(image.get_qform(), expected, atol=1e-3), image.get_qform()
else:
    assert int(image.header["qform_code"]) == 0
assert image.header.get_xyzt_units()[0] == "mm"
)";

TEST(Nifti, NibabelReadsTheSame) {
  if (!runs(python() + " -c 'import nibabel'")) {
    GTEST_SKIP()
        << "no nibabel; Nifti.HeaderAndVoxels and Nifti.PatientCoordinatesAreTurnedRound are the smaller tests";
  }
  const tests::TempFolder folder;
  const auto script = folder.write("check.py", kCheck);
  const double c = std::cos(0.4);
  const double s = std::sin(0.4);
  struct Case {
    VolumeAffine affine;
    bool rigid;
  };
  const std::vector<Case> cases{
      {{{-120, -90, 30}, {0.5, 0, 0}, {0, 0.75, 0}, {0, 0, 5}}, true},
      {{{-120, -90, 30}, {0.5, 0, 0}, {0, 0.75, 0}, {0, 0, -5}}, true},                    // feet first
      {{{10, -80, 60}, {0, 0.9, 0}, {0, 0, -0.9}, {3, 0, 0}}, true},                       // sagittal
      {{{-80, 10, 60}, {1, 0, 0}, {0, 0, -1}, {0, 2, 0}}, true},                           // coronal
      {{{1, 2, 3}, {c, s, 0}, {-s * c, c * c, s}, {2 * s * s, -2 * s * c, 2 * c}}, true},  // oblique
      {{{1, 2, 3}, {-1, 0, 0}, {0, 1, 0}, {0, 0, -1}}, true},  // half a turn about each axis
      {{{1, 2, 3}, {1, 0, 0}, {0, -1, 0}, {0, 0, -1}}, true},
      {{{0, 0, 0}, {1, 0, 0}, {0, 0.9, 0.3}, {0, 0, 4}}, false},  // tilted gantry
  };
  for (const auto& [affine, rigid] : cases) {
    const Volume volume{.columns = 5, .rows = 4, .slices = 3, .affine = affine};
    write_nifti(folder / "volume.nii.gz", volume, numbered(volume));
    std::ostringstream command;
    command.precision(17);
    command << python() << ' ' << script << ' ' << folder / "volume.nii.gz"
            << " 5 4 3";
    for (std::size_t row = 0; row < 3; ++row) {
      command << ' ' << affine.column_step[row] << ' ' << affine.row_step[row] << ' ' << affine.slice_step[row] << ' '
              << affine.origin[row];
    }
    command << (rigid ? " rigid" : " sheared");
    EXPECT_EQ(std::system(command.str().c_str()), 0) << command.str();
  }
}

}  // namespace
}  // namespace fovea::io
