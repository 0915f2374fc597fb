#include "dicom/slice_order.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <tuple>

#include "image/vector3.hpp"

namespace fovea::dicom {
namespace {

/// Positions are rounded, often to 0.01 mm.
constexpr double kSamePlace = 0.005;
double tolerance(double spacing) { return 0.02 * spacing + 0.01; }

std::string millimetres(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f mm", value);
  return text.data();
}

std::string name_of(const Slice& slice) {
  const auto name = slice.path.string();
  return slice.scan.identity.frames > 1 ? name + " frame " + std::to_string(slice.frame) : name;
}

/// Numbers that are not there come last.
std::tuple<int, int, const std::filesystem::path&, int> stated_order(const Slice& slice) {
  constexpr int kLast = std::numeric_limits<int>::max();
  const auto& identity = slice.scan.identity;
  return {identity.instance_number.value_or(kLast), identity.acquisition_number.value_or(kLast), slice.path,
          slice.frame};
}

bool is_before(const Slice& a, const Slice& b) {
  const auto place = [](const Slice& slice) { return std::llround(slice.location.value_or(0) * 1000); };
  if (place(a) != place(b)) return place(a) < place(b);
  return stated_order(a) < stated_order(b);
}

/// Gives all slices their locations, or none.
bool locate(std::vector<Slice>& slices) {
  const auto has_place = [](const Slice& slice) {
    return slice.scan.geometry.position.has_value() && slice.scan.geometry.orientation.has_value();
  };
  if (!std::all_of(slices.begin(), slices.end(), has_place)) return false;
  const auto normal = normal_of(*slices.front().scan.geometry.orientation);
  for (auto& slice : slices) slice.location = image::dot(*slice.scan.geometry.position, normal);
  return true;
}

/// How far a slice lies sideways of being straight above another, mm.
double sideways(const Slice& from, const Slice& to) {
  const auto& a = from.scan.geometry;
  const auto step = image::add(*to.scan.geometry.position, *a.position, -1);
  const auto normal = normal_of(*a.orientation);
  return image::length(image::add(step, normal, -image::dot(step, normal)));
}

/// The slices without those that lie where the one before them does.
std::vector<const Slice*> places_of(Series& series) {
  std::vector<const Slice*> places;
  std::size_t repeats = 0;
  const Slice* example = nullptr;
  for (const auto& slice : series.slices) {
    if (!places.empty() && *slice.location - *places.back()->location < kSamePlace) {
      ++repeats;
      if (example == nullptr) example = &slice;
    } else {
      places.push_back(&slice);
    }
  }
  if (repeats > 0) {
    series.notices.push_back(std::to_string(repeats) + " of " + std::to_string(series.slices.size()) +
                             " slices lie at the position of another one, such as " + name_of(*example) +
                             ": several times, echoes or copies");
  }
  return places;
}

/// The distance that neighbours have, when all have it.
std::optional<double> even_spacing(Series& series, const std::vector<const Slice*>& places) {
  std::vector<double> distances;
  for (std::size_t i = 1; i < places.size(); ++i) {
    distances.push_back(*places[i]->location - *places[i - 1]->location);
  }
  auto sorted = distances;
  std::sort(sorted.begin(), sorted.end());
  const double usual = sorted[sorted.size() / 2];
  std::size_t others = 0;
  std::string examples;
  for (std::size_t i = 0; i < distances.size(); ++i) {
    if (std::abs(distances[i] - usual) <= tolerance(usual)) continue;
    if (++others > 3) continue;
    examples += (others > 1 ? "; " : "") + millimetres(distances[i]) + " between " + name_of(*places[i]) + " and " +
                name_of(*places[i + 1]);
  }
  if (others == 0)
    return (*places.back()->location - *places.front()->location) / static_cast<double>(distances.size());
  series.notices.push_back("slices are missing or uneven: they lie " + millimetres(usual) + " apart, but " + examples +
                           (others > 3 ? "; and " + std::to_string(others - 3) + " more" : ""));
  return std::nullopt;
}

}  // namespace

void put_in_order(Series& series) {
  auto& slices = series.slices;
  const bool placed = locate(slices);
  std::sort(slices.begin(), slices.end(), is_before);
  if (slices.size() < 2) return;
  if (!placed) {
    series.notices.emplace_back("not all slices have a position: they are in the order of their instance numbers");
    return;
  }
  const auto places = places_of(series);
  if (places.size() < 2) return;
  const auto spacing = even_spacing(series, places);
  double askew = 0;
  for (const auto* place : places) askew = std::max(askew, sideways(*places.front(), *place));
  if (askew > tolerance(0)) {
    series.notices.push_back("the slices are not one above the other, but shifted by up to " + millimetres(askew) +
                             ": the gantry was tilted");
  } else if (places.size() == slices.size()) {
    series.slice_spacing = spacing;
  }
}

}  // namespace fovea::dicom
