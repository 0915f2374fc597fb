/// @file What is said of files of torch.save that are no state dicts, and the line that converts them.
#pragma once

#include <string>
#include <string_view>

namespace fovea::io {

/// @throws Error: unsupported: the file would run `module`.`name`, and what to do instead.
[[noreturn]] void refuse_global(const std::string& file, std::string_view module, std::string_view name);

/// Forms that torch.save wrote once, or others do.
enum class OldForm {
  no_archive,  ///< torch.save before 1.6
  tar,         ///< torch.save before 0.2
  bare_pickle  ///< other programs
};

/// @throws Error: unsupported: the form of the file, and the line that converts it.
/// @param head the first bytes of the file, which tell whether it holds a whole module
[[noreturn]] void refuse_old_form(const std::string& file, OldForm form, std::string_view head);

}  // namespace fovea::io
