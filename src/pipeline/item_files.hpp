/// @file The files that the folder of a finding may hold.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fovea::pipeline {

enum class ItemFile : std::uint8_t {
  findings,
  heat_map_png,
  heat_map_npy,
  mask,
  overlay,
  attention,
  secondary_capture,
  report,
  presentation_state,
  segmentation,
  fractional_segmentation,
  parametric_map
};

struct ItemFileName {
  const char* key;   ///< in `files` and `refused` of findings.json
  const char* name;  ///< of the file
};

/// In the order of ItemFile.
inline constexpr std::array<ItemFileName, 12> kItemFiles{{{"findings", "findings.json"},
                                                          {"heat_map_png", "heat_map.png"},
                                                          {"heat_map_npy", "heat_map.npy"},
                                                          {"mask", "mask.png"},
                                                          {"overlay", "overlay.png"},
                                                          {"attention", "attention.png"},
                                                          {"sc", "sc.dcm"},
                                                          {"sr", "sr.dcm"},
                                                          {"gsps", "gsps.dcm"},
                                                          {"seg", "seg.dcm"},
                                                          {"seg_fractional", "seg_fractional.dcm"},
                                                          {"pm", "pm.dcm"}}};

inline const ItemFileName& name_of(ItemFile file) { return kItemFiles.at(static_cast<std::size_t>(file)); }

/// A set of these files.
class ItemFileSet {
 public:
  void add(ItemFile file) { bits_ = static_cast<std::uint16_t>(bits_ | bit(file)); }
  /// Adds the file with this key; others are not known here.
  void add(std::string_view key) {
    for (std::size_t i = 0; i < kItemFiles.size(); ++i) {
      if (kItemFiles[i].key == key) add(static_cast<ItemFile>(i));
    }
  }
  bool has(ItemFile file) const { return (bits_ & bit(file)) != 0; }
  bool has_all(const ItemFileSet& others) const { return (others.bits_ & ~bits_) == 0; }
  bool empty() const { return bits_ == 0; }
  ItemFileSet with(const ItemFileSet& others) const { return ItemFileSet(bits_ | others.bits_); }
  ItemFileSet in_common_with(const ItemFileSet& others) const { return ItemFileSet(bits_ & others.bits_); }

  ItemFileSet() = default;

 private:
  explicit ItemFileSet(unsigned bits) : bits_(static_cast<std::uint16_t>(bits)) {}
  static unsigned bit(ItemFile file) { return 1U << static_cast<unsigned>(file); }

  std::uint16_t bits_ = 0;
};

}  // namespace fovea::pipeline
