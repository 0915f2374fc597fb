#include "pipeline/input_list.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "fovea/error.hpp"
#include "fovea/series.hpp"
#include "pipeline/path_text.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;

fs::path InputList::path(std::size_t index) const {
  const File& file = files_.at(index);
  return file.relative.empty() ? folders_[file.folder].path : folders_[file.folder].path / file.relative;
}

std::string InputList::name(std::size_t index) const {
  const File& file = files_.at(index);
  const std::string& folder = folders_[file.folder].name;
  const auto shown = [&](const std::string& path) { return hide_ ? hide_(path) : escape_path(path); };
  if (!file.relative.empty()) return shown(folder + file.relative);
  return folder.empty() ? "." : shown(folder.substr(0, folder.size() - 1));
}

std::string InputList::relative(std::size_t index) const {
  const std::string& relative = files_.at(index).relative;
  if (!hide_ || relative.empty()) return relative;
  fs::path hidden;
  for (const fs::path& part : fs::path(relative)) hidden /= hide_(part.native());
  return hidden.native();
}

void InputList::reorder(std::span<const std::size_t> order) {
  std::vector<File> files;
  files.reserve(files_.size());
  for (const std::size_t index : order) files.push_back(std::move(files_.at(index)));
  files_ = std::move(files);
}

namespace {

/// Tells folders apart whatever path leads to them.
using FolderId = std::pair<dev_t, ino_t>;

std::optional<FolderId> folder_id(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FolderId{status.st_dev, status.st_ino};
}

std::string join(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

/// Reads one input folder with all below it.
class FolderWalk {
 public:
  FolderWalk(fs::path root, const NameFilter& filter, const fs::path& results, const std::stop_token& stop)
      : root_(std::move(root)), filter_(filter), results_(folder_id(results)), stop_(stop) {
    if (const auto id = folder_id(root_)) seen_.insert(*id);
    pending_.emplace_back();
    while ((!pending_.empty() || !links_.empty()) && !stop_.stop_requested()) {
      // Links wait until all real folders are read, so that a file is found under its real name first.
      if (pending_.empty()) {
        follow_link(*links_.begin());
        links_.erase(links_.begin());
      } else {
        const std::string folder = std::move(pending_.back());
        pending_.pop_back();
        read_folder(folder);
      }
    }
    std::sort(files.begin(), files.end());
  }

  std::vector<std::string> files;  ///< paths below the root, in byte order
  std::vector<std::string> notices;
  std::uint64_t not_images = 0;

 private:
  void read_folder(const std::string& folder) {
    std::error_code error;
    fs::directory_iterator entry(root_ / folder, error);
    if (error) {
      files.push_back(folder);  // becomes an error record: its images are missing from the run
      return;
    }
    for (; entry != fs::directory_iterator(); entry.increment(error)) {
      take(*entry, folder);
      if (error) break;
    }
    if (error) files.push_back(folder);
  }

  void take(const fs::directory_entry& entry, const std::string& folder) {
    const std::string name = entry.path().filename().native();
    if (name.starts_with('.')) return;
    const std::string relative = join(folder, name);
    std::error_code error;
    const bool link = entry.is_symlink(error);
    if (entry.is_directory(error)) {
      if (!filter_.enters(relative) || (results_ && folder_id(entry.path()) == results_)) return;
      if (link) {
        links_.insert(relative);
      } else {
        if (const auto id = folder_id(entry.path())) seen_.insert(*id);
        pending_.push_back(relative);
      }
      return;
    }
    // A link that leads nowhere stays in: someone expects an image there.
    const bool is_file = entry.is_regular_file(error) || (link && !entry.exists(error));
    if (!is_file || is_dicomdir(name) || !(has_image_extension(name) || has_dicom_mark(entry, name))) {
      ++not_images;
    } else if (filter_.admits(relative)) {
      files.push_back(relative);
    }
  }

  /// Only files whose names say nothing are opened.
  static bool has_dicom_mark(const fs::directory_entry& entry, const std::string& name) {
    return lacks_extension(name) && is_dicom_file(entry.path());
  }

  void follow_link(const std::string& relative) {
    const auto id = folder_id(root_ / relative);
    if (id && !seen_.insert(*id).second) {
      notices.push_back((root_ / relative).native() + " leads to a folder that is read already; it is not followed");
      return;
    }
    pending_.push_back(relative);
  }

  const fs::path root_;
  const NameFilter& filter_;
  const std::optional<FolderId> results_;  ///< not entered
  const std::stop_token& stop_;
  std::vector<std::string> pending_;  ///< folders to read, below the root
  std::set<std::string> links_;       ///< links to folders, below the root
  std::set<FolderId> seen_;
};

}  // namespace

/// Fills an InputList.
class InputFinder {
 public:
  InputFinder(const NameFilter& filter, const fs::path& record_folder, const fs::path& results,
              const std::stop_token& stop)
      : filter_(filter), stop_(stop), record_folder_(record_folder), results_(results) {}

  void add(const fs::path& input) {
    std::error_code error;
    if (fs::is_directory(input, error)) {
      const fs::path root = fs::canonical(input, error);
      FolderWalk walk(error ? fs::absolute(input) : root, filter_, results_, stop_);
      const std::uint32_t folder = folder_number(error ? fs::absolute(input) : root);
      for (std::string& file : walk.files) add_file(folder, std::move(file));
      list_.notices_.insert(list_.notices_.end(), walk.notices.begin(), walk.notices.end());
      list_.not_images_ += walk.not_images;
      if (walk.files.empty()) list_.notices_.push_back("no images found in " + input.native());
    } else if (!add_file_set(input)) {
      const fs::path file = input.has_filename() ? input : input.parent_path();  // "name/" is meant as "name"
      if (filter_.admits(file.filename().native())) {
        add_file(folder_of(file.parent_path()), file.filename().native());
      }
    }
  }

  InputList take() { return std::move(list_); }

 private:
  /// Adds the images that a DICOMDIR names. @returns whether `input` is one; a damaged one is an input like any file.
  bool add_file_set(const fs::path& input) {
    if (!is_dicomdir(input)) return false;
    try {
      const auto set = read_dicomdir(input);
      const std::uint32_t folder = folder_of(input.parent_path());
      for (const fs::path& file : set.files) {
        std::string relative = file.lexically_relative(input.parent_path()).native();
        if (filter_.admits(relative)) add_file(folder, std::move(relative));
      }
      list_.notices_.insert(list_.notices_.end(), set.notices.begin(), set.notices.end());
      if (set.files.empty()) list_.notices_.push_back("no images found in " + input.native());
      return true;
    } catch (const Error& e) {
      list_.notices_.emplace_back(e.what());
      return false;
    }
  }

  void add_file(std::uint32_t folder, std::string relative) {
    // Two input folders may overlap, so it is the name that tells whether a file is there already.
    if (names_.insert(list_.folders_[folder].name + relative).second) {
      list_.files_.push_back({folder, std::move(relative)});
    } else {
      ++list_.repeated_;
    }
  }

  /// Number of the folder that a file named by itself lies in.
  std::uint32_t folder_of(const fs::path& parent) {
    const auto known = parents_.find(parent.native());
    if (known != parents_.end()) return known->second;
    std::error_code error;
    const fs::path absolute = fs::weakly_canonical(fs::absolute(parent.empty() ? "." : parent), error);
    const std::uint32_t number = folder_number(error ? fs::absolute(parent).lexically_normal() : absolute);
    parents_.emplace(parent.native(), number);
    return number;
  }

  std::uint32_t folder_number(const fs::path& absolute) {
    const auto [entry, is_new] = numbers_.emplace(absolute.native(), static_cast<std::uint32_t>(list_.folders_.size()));
    if (is_new) {
      const std::string relative = absolute.lexically_relative(record_folder_).native();
      list_.folders_.push_back({absolute, relative == "." ? "" : relative + "/"});
    }
    return entry->second;
  }

  const NameFilter& filter_;
  const std::stop_token& stop_;
  const fs::path& record_folder_;
  const fs::path& results_;
  InputList list_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::unordered_map<std::string, std::uint32_t> parents_;
  std::unordered_set<std::string> names_;
};

InputList find_inputs(std::span<const fs::path> inputs, const NameFilter& filter, const fs::path& record_folder,
                      const std::stop_token& stop, const fs::path& results) {
  InputFinder finder(filter, record_folder, results, stop);
  for (const fs::path& input : inputs) {
    if (stop.stop_requested()) break;
    finder.add(input);
  }
  return finder.take();
}

}  // namespace fovea::pipeline
