/// @file Findings for folders of scans: a batch that writes what it marks, survives being killed and goes on where it
/// was.
#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "fovea/dicom.hpp"
#include "fovea/highlighter.hpp"
#include "fovea/run.hpp"

namespace fovea {

/// What is written beside findings.json of each frame and findings.jsonl of the run, which are written always.
struct HighlightOutputs {
  bool heat_map_png = true;  ///< heat_map.png: 16 bit grey, 65535 is a probability of 1
  bool heat_map_npy = true;  ///< heat_map.npy: float32 [rows, columns]
  bool mask = true;          ///< mask.png: 255 where something is marked, else 0
  bool overlay = true;       ///< overlay.png: the scan with the heat map in colours, contours and a legend
  bool attention = false;    ///< attention.png: where the caption decoder looked for each word; with captions only
  /// Of a series: montage.png, its slices on one sheet, and heat_map.nii.gz, their heat maps. Slices then have their
  /// heat_map.npy in any case: it is what these are made of.
  bool montage = true;
  bool volume = true;
  bool table = true;  ///< findings.csv, of the run
};

/// Which DICOM objects are written of DICOM inputs (docs/medical-outputs.md), beside the other files: sc.dcm, sr.dcm
/// and gsps.dcm of each frame, the others once for a series, in its folder. What cannot be made of an input is refused
/// in its findings.json, with the reason.
struct DicomOutputs {
  bool sc = false;              ///< sc.dcm: the overlay as Secondary Capture
  bool seg = false;             ///< seg.dcm: the mask as binary Segmentation
  bool seg_fractional = false;  ///< seg_fractional.dcm: the heat map as fractional Segmentation
  bool pm = false;              ///< pm.dcm: the heat map as Parametric Map
  bool sr = false;              ///< sr.dcm: Structured Report
  bool gsps = false;            ///< gsps.dcm: contours as Presentation State

  bool any() const noexcept { return sc || seg || seg_fractional || pm || sr || gsps; }
};

/// The objects that `names` names, by the members above.
/// @throws Error: usage for another name.
DicomOutputs parse_dicom_outputs(std::span<const std::string> names);

/// The outputs that `names` names: heat_map_png, heat_map_npy, mask, overlay, attention, montage, volume, table.
/// @throws Error: usage for another name.
HighlightOutputs parse_highlight_outputs(std::span<const std::string> names);

/// What a run works on and what it makes. Checked by validate().
struct HighlightRunOptions : RunOptions {
  std::filesystem::path model;  ///< a folder, or the name of a shipped model (find_model); one has to be chosen
  HighlightOptions highlight;   ///< `attention` is set by the run when it is an output
  DisplayOptions display;       ///< DICOM: how values are brought to the 8 bits that the model sees

  std::filesystem::path output;  ///< the folder OUT (docs/medical.md)
  HighlightOutputs outputs;
  DicomOutputs dicom;
  /// DICOM objects are de-identified; records have keyed hashes in place of paths and UIDs, and so have folders. Pixels
  /// stay as they are, and so do pictures of them.
  bool deidentify = false;
  std::string colormap = "viridis";  ///< of overlays: viridis, inferno, magma, plasma, cividis ...
  double opacity = 0.5;              ///< of their colours where the probability is 1; 0 to 1
};

/// @throws Error: usage, naming the field and the value; where `model` is empty, the models that there are.
void validate(const HighlightRunOptions& options);

/// Marks what is abnormal in scans. OUT mirrors the inputs: OUT/<path below the given folder>/, of a file with several
/// frames OUT/<path>/frame-0001/ and so on, with findings.json and the other outputs; two inputs never share a folder.
/// OUT/findings.jsonl has each finding as a line, which is there as a whole or not at all, and only when all files of
/// its folder are: a run that is killed loses nothing and repeats nothing when it is started again. Slices of a series
/// are taken in the order of their positions; what is made of a series goes into a folder `series` beside them. An
/// input that cannot be highlighted gets an error record and never ends the run.
/// @param stop ends the run after the present batch
/// @throws Error when nothing could start: usage (options; OUT belongs to another model, other options or another
///         program, or is an input), io (OUT is not writable or another run writes to it), corrupt (findings.jsonl),
///         model.
RunSummary run_highlights(const HighlightRunOptions& options, const RunObserver& observer = {},
                          std::stop_token stop = {});

/// Reads a pipeline file (docs/medical.md) into options that lack only the inputs.
/// @param output the folder OUT
/// @throws Error: io, usage (an unknown key or a value of the wrong kind, named).
HighlightRunOptions read_highlight_pipeline(const std::filesystem::path& file, const std::filesystem::path& output);

/// The names of the shipped models that mark anomalies, in alphabetical order.
std::vector<std::string> shipped_highlight_models();

}  // namespace fovea
