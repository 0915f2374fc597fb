#include <dlfcn.h>

#include <fstream>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "fovea/highlight_run.hpp"
#include "fovea/run.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// Marks this library for dladdr().
const char kInThisLibrary = 0;

/// Folders that may hold the shipped models, best first.
std::vector<fs::path> model_folders() {
  std::vector<fs::path> folders;
  Dl_info info{};
  std::error_code error;
  if (::dladdr(&kInThisLibrary, &info) != 0 && info.dli_fname != nullptr) {
    const fs::path library = fs::canonical(info.dli_fname, error);
    // PREFIX/lib/libfovea.so or PREFIX/lib/ARCHITECTURE/libfovea.so
    const fs::path lib = library.parent_path();
    folders.push_back(lib.parent_path() / "share/fovea/models");
    folders.push_back(lib.parent_path().parent_path() / "share/fovea/models");
  }
  folders.emplace_back(FOVEA_SOURCE_MODELS);
  return folders;
}

/// The architecture that a model folder states; empty where it states none.
std::string architecture_of(const fs::path& folder) {
  std::ifstream file(folder / "config.json");
  const auto json = nlohmann::json::parse(file, nullptr, false);
  return json.is_object() && json.contains("architecture") && json["architecture"].is_string()
             ? json["architecture"].get<std::string>()
             : "";
}

}  // namespace

std::vector<std::string> shipped_highlight_models() {
  std::set<std::string> names;
  for (const fs::path& folder : model_folders()) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      const std::string architecture = architecture_of(entry->path());
      if (architecture != "FoveaHighlighter" && architecture != "FoveaPatchCore") continue;
      names.insert(entry->path().filename().string());
    }
  }
  return {names.begin(), names.end()};
}

fs::path find_model(const fs::path& model) {
  std::error_code error;
  if (fs::is_directory(model, error)) return model;
  std::string message = "model " + model.native() + " is not a folder";
  if (!model.has_parent_path()) {
    message += ", and there is no shipped model of this name in";
    for (const fs::path& folder : model_folders()) {
      if (fs::is_directory(folder / model, error)) return folder / model;
      message += "\n  " + folder.native();
    }
  }
  throw Error(ErrorCode::io, message);
}

}  // namespace fovea
