#include "io/nifti.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <span>
#include <string>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "io/gzip.hpp"

namespace fovea::io {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");

using Vector = std::array<double, 3>;

constexpr std::size_t kHeaderBytes = 352;  // with the four that say that no extension follows
constexpr int kMaxSide = 32767;
constexpr double kRightAngle = 1e-3;  // cosine up to which steps count as at right angles
constexpr std::string_view kDescription = "Fovea: probability of an anomaly, 0 to 1";

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

double length(const Vector& a) { return std::sqrt(dot(a, a)); }

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Vector scaled(const Vector& a, double factor) { return {a[0] * factor, a[1] * factor, a[2] * factor}; }

Vector lps_to_ras(const Vector& a) { return {-a[0], -a[1], a[2]}; }

std::array<Vector, 3> steps_of(const VolumeAffine& affine) {
  return {lps_to_ras(affine.column_step), lps_to_ras(affine.row_step), lps_to_ras(affine.slice_step)};
}

void check(const Volume& volume) {
  const std::string size =
      std::to_string(volume.columns) + " x " + std::to_string(volume.rows) + " x " + std::to_string(volume.slices);
  const int least = std::min({volume.columns, volume.rows, volume.slices});
  const int most = std::max({volume.columns, volume.rows, volume.slices});
  if (least < 1) throw Error(ErrorCode::usage, "cannot write a volume of " + size + " voxels: expected at least one");
  if (most > kMaxSide) {
    throw Error(ErrorCode::unsupported, "cannot write a volume of " + size + " voxels: NIfTI-1 has sides up to 32767");
  }
  if (!volume.affine) return;
  const auto steps = steps_of(*volume.affine);
  const double box = length(steps[0]) * length(steps[1]) * length(steps[2]);
  const double space = std::abs(dot(cross(steps[0], steps[1]), steps[2]));
  const auto& origin = volume.affine->origin;
  const bool finite =
      std::isfinite(box) && std::all_of(origin.begin(), origin.end(), [](double x) { return std::isfinite(x); });
  if (!finite || !(space > 1e-6 * box)) {
    throw Error(ErrorCode::usage,
                "cannot write a volume whose affine has values that are not finite, or steps of columns, rows and "
                "slices that lie in a plane");
  }
}

/// The rotation as a unit quaternion (a, b, c, d) with a >= 0.
/// @param axes its columns: at right angles, of length 1, right-handed
std::array<double, 4> quaternion_of(const std::array<Vector, 3>& axes) {
  const auto r = [&](std::size_t row, std::size_t column) { return axes[column][row]; };
  // The largest of the four is found first, so that none is divided by a small number (Shepperd 1978).
  const std::array<double, 4> squares{1 + r(0, 0) + r(1, 1) + r(2, 2), 1 + r(0, 0) - r(1, 1) - r(2, 2),
                                      1 - r(0, 0) + r(1, 1) - r(2, 2), 1 - r(0, 0) - r(1, 1) + r(2, 2)};
  const auto largest = static_cast<std::size_t>(std::max_element(squares.begin(), squares.end()) - squares.begin());
  const double value = std::sqrt(squares[largest]) / 2;
  const double rest = 1 / (4 * value);
  std::array<double, 4> q{};
  switch (largest) {
    case 0:
      q = {value, (r(2, 1) - r(1, 2)) * rest, (r(0, 2) - r(2, 0)) * rest, (r(1, 0) - r(0, 1)) * rest};
      break;
    case 1:
      q = {(r(2, 1) - r(1, 2)) * rest, value, (r(0, 1) + r(1, 0)) * rest, (r(0, 2) + r(2, 0)) * rest};
      break;
    case 2:
      q = {(r(0, 2) - r(2, 0)) * rest, (r(0, 1) + r(1, 0)) * rest, value, (r(1, 2) + r(2, 1)) * rest};
      break;
    default:
      q = {(r(1, 0) - r(0, 1)) * rest, (r(0, 2) + r(2, 0)) * rest, (r(1, 2) + r(2, 1)) * rest, value};
  }
  if (q[0] < 0) std::for_each(q.begin(), q.end(), [](double& each) { each = -each; });
  return q;
}

/// The header, field by field at the offsets of nifti1.h.
class Header {
 public:
  template <typename Value>
  void put(std::size_t offset, Value value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  void put_short(std::size_t offset, int value) { put(offset, static_cast<std::int16_t>(value)); }
  void put_float(std::size_t offset, double value) { put(offset, static_cast<float>(value)); }
  void put_text(std::size_t offset, std::string_view text) {
    std::memcpy(bytes_.data() + offset, text.data(), text.size());
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::array<std::byte, kHeaderBytes> bytes_{};
};

void put_affine(Header& header, const VolumeAffine& affine) {
  const auto steps = steps_of(affine);
  const Vector origin = lps_to_ras(affine.origin);
  std::array<Vector, 3> axes{};
  for (std::size_t i = 0; i < 3; ++i) {
    axes[i] = scaled(steps[i], 1 / length(steps[i]));
    header.put_float(80 + 4 * i, length(steps[i]));  // pixdim
    for (std::size_t row = 0; row < 3; ++row) header.put_float(280 + 16 * row + 4 * i, steps[i][row]);
    header.put_float(280 + 16 * i + 12, origin[i]);
  }
  header.put_short(254, 1);  // sform_code: coordinates of the scanner
  const double skew =
      std::max({std::abs(dot(axes[0], axes[1])), std::abs(dot(axes[0], axes[2])), std::abs(dot(axes[1], axes[2]))});
  if (skew > kRightAngle) return;
  // A quaternion is a rotation: of a left-handed grid the third axis is turned round, and pixdim[0] says so.
  const Vector third = cross(axes[0], axes[1]);
  const bool left_handed = dot(third, axes[2]) < 0;
  axes[2] = scaled(third, 1 / length(third));
  axes[1] = cross(axes[2], axes[0]);
  const auto q = quaternion_of(axes);
  header.put_short(252, 1);  // qform_code
  header.put_float(76, left_handed ? -1 : 1);
  for (std::size_t i = 0; i < 3; ++i) {
    header.put_float(256 + 4 * i, q[i + 1]);
    header.put_float(268 + 4 * i, origin[i]);
  }
}

Header header_of(const Volume& volume) {
  Header header;
  header.put(0, std::int32_t{348});  // sizeof_hdr
  const std::array dim{3, volume.columns, volume.rows, volume.slices, 1, 1, 1, 1};
  for (std::size_t i = 0; i < dim.size(); ++i) {
    header.put_short(40 + 2 * i, dim[i]);
    header.put_float(76 + 4 * i, 1);  // pixdim
  }
  header.put_short(70, 16);             // datatype: float32
  header.put_short(72, 32);             // bitpix
  header.put_float(108, kHeaderBytes);  // vox_offset
  header.put_float(112, 1);             // scl_slope
  header.put(123, std::uint8_t{2});     // xyzt_units: mm
  header.put_float(124, 1);             // cal_max
  header.put_text(148, kDescription);
  header.put_text(344, "n+1");
  if (volume.affine) put_affine(header, *volume.affine);
  return header;
}

}  // namespace

void write_nifti(const std::filesystem::path& path, const Volume& volume, const SliceSource& slice, int threads) {
  check(volume);
  const auto expected = static_cast<std::size_t>(volume.columns) * static_cast<std::size_t>(volume.rows);
  write_stream(path, [&](std::ostream& out) {
    GzipStream compressed(out, threads);
    compressed.write(header_of(volume).bytes());
    for (int k = 0; k < volume.slices && out; ++k) {
      const auto values = slice(k);
      const bool finite = std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
      if (values.size() != expected || !finite) {
        throw Error(ErrorCode::internal, "slice " + std::to_string(k) + " of a volume has " +
                                             std::to_string(values.size()) + " values" +
                                             (finite ? "" : ", some of them not finite") + ": expected " +
                                             std::to_string(expected) + " finite ones");
      }
      compressed.write(std::as_bytes(std::span(values)));
    }
    compressed.finish();
  });
}

}  // namespace fovea::io
