#include <system_error>

#include "fovea/series.hpp"
#include "pipeline/input_list.hpp"

namespace fovea {

namespace fs = std::filesystem;

SeriesList find_series(std::span<const fs::path> inputs, const LoadOptions& options, const std::stop_token& stop) {
  std::error_code error;
  const auto found = pipeline::find_inputs(inputs, {}, fs::current_path(error), stop);
  std::vector<fs::path> files;
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto path = found.path(i);
    if (pipeline::has_dicom_extension(path.filename().native()) || is_dicom_file(path))
      files.push_back(std::move(path));
  }
  auto list = group_series(files, options, stop);
  list.notices.insert(list.notices.begin(), found.notices().begin(), found.notices().end());
  return list;
}

}  // namespace fovea
