/// @file What results are written of, and with.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dicom_out/source.hpp"
#include "dicom_out/uids.hpp"
#include "fovea/highlighter.hpp"

namespace fovea::dicom_out {

class Deidentifier;

/// What found it.
struct Algorithm {
  std::string name;          ///< of the model: "highlight-breast-ultrasound"
  std::string version;       ///< of the model; empty: the beginning of its hash
  std::string model_sha256;  ///< hex
  std::string parameters;    ///< "threshold=0.41"; empty: none
};

/// What all results of a run share.
struct ResultContext {
  Algorithm algorithm;
  Uids uids{};  ///< with the same key the UIDs of a run are made again
  std::chrono::system_clock::time_point time = std::chrono::system_clock::now();  ///< that the results bear
  std::shared_ptr<const Deidentifier> deidentifier{};                             ///< null: results name the patient
};

/// A frame and what was found in it.
struct FrameResult {
  std::shared_ptr<const Source> source;
  int frame = 1;    ///< of the source, from 1
  Finding finding;  ///< on the grid of the source's pixels
};

/// The maps of a Finding.
struct Maps {
  std::vector<float> heat_map;
  std::vector<std::uint8_t> mask;
};

/// What was found in the frames of a series, in the order in which they are stacked. All are of one study, one size and
/// one Frame of Reference.
struct SeriesResult {
  std::vector<FrameResult> frames;
  /// Gives the maps of frame `index`, from 0, so that not all need be in memory; called once for each, in order. Empty:
  /// they are in the findings.
  std::function<Maps(std::size_t index)> load_maps{};
};

}  // namespace fovea::dicom_out
