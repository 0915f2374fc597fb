/// @file State dicts that torch.save wrote (.pth, .pt, pytorch_model.bin): a zip archive of a pickle that describes the
/// tensors and of their bytes.
#pragma once

#include <map>
#include <string>

#include "io/file_bytes.hpp"
#include "io/tensor_view.hpp"

namespace fovea::io {

/// The tensors of a state dict, under all their names. Where a checkpoint holds the state dict under one of the usual
/// keys (state_dict, model_state_dict, model, teacher, student), that one is taken; what is no tensor is left out, and
/// the "module." that DataParallel puts before every name is taken off. Contiguous tensors refer to the bytes of the
/// file; others are copied, and all copies together may take four times the file.
/// @throws Error: corrupt, unsupported.
std::map<std::string, TensorView> read_torch_file(const FileBytes& file);

/// Whether a file is of the forms that torch.save wrote before 1.6, or a bare pickle: read_torch_file refuses these.
bool is_old_torch_file(const FileBytes& file) noexcept;

}  // namespace fovea::io
