/// @file What is said of files of torch.save that are no state dicts, and the line that converts them.
#pragma once

#include <string>
#include <string_view>

namespace fovea::io {

/// @throws Error: unsupported: the file would run `module`.`name`, and what to do instead.
[[noreturn]] void refuse_global(const std::string& file, std::string_view module, std::string_view name);

/// @throws Error: unsupported: a file of torch.save's form before 1.6, or a bare pickle, and the line that converts it.
/// @param head the first bytes of the file, which tell whether it holds a whole module
[[noreturn]] void refuse_old_form(const std::string& file, std::string_view form, std::string_view head);

}  // namespace fovea::io
