/// @file Captions for folders of images: a batch that writes records, survives being killed and goes on where it was.
#pragma once

#include <filesystem>
#include <stop_token>

#include "fovea/captioner.hpp"
#include "fovea/run.hpp"

namespace fovea {

/// What a run works on and what it makes. Checked by validate().
struct CaptionRunOptions : RunOptions {
  std::filesystem::path model = "caption-photos";  ///< a folder, or the name of a shipped model (find_model)
  CaptionChoices caption;       ///< how captions are searched for, where not as the model's authors do
  bool scaled_decoding = true;  ///< decode large JPEGs at 1/2, 1/4 or 1/8, but not below twice the model's input

  std::filesystem::path output;  ///< the captions file, JSONL
  bool csv = false;              ///< also OUTPUT.csv (the output's name with this extension)
  bool coco = false;             ///< also OUTPUT.coco.json (results) and OUTPUT.coco-images.json (ids and files)
  bool sidecar = false;          ///< also a text file with the caption beside each image, replacing one that is there
  std::filesystem::path attention;  ///< also one PNG per image in this folder: where the model looked for each word
  std::filesystem::path report;     ///< also a gallery in this folder, for a web browser
};

/// @throws Error: usage, naming the field and the value.
void validate(const CaptionRunOptions& options);

/// Captions images into a file of records, one JSON object per line, in input order (docs/captions.md). A record is
/// there as a whole or not at all as soon as its image is done, so a run that is killed loses nothing and repeats
/// nothing when it is started again. An input that cannot be captioned gets an error record and never ends the run.
/// @param stop ends the run after the present batch
/// @throws Error when nothing could start: usage (options; `output` belongs to another model, other options or another
///         program), io (`output` is not writable or another run writes to it), corrupt (`output`), model.
RunSummary run_captions(const CaptionRunOptions& options, const RunObserver& observer = {}, std::stop_token stop = {});

/// Reads a pipeline file (docs/captions.md) into options that lack only the inputs. Its outputs go into the folder
/// `output`; when that ends in ".jsonl" it is the captions file, and all other outputs go beside it.
/// @throws Error: io, usage (an unknown key or a value of the wrong kind, named).
CaptionRunOptions read_caption_pipeline(const std::filesystem::path& file, const std::filesystem::path& output);

}  // namespace fovea
