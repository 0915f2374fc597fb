/// File-sets and their directory (PS3.3, annex F).
#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcsequen.h>

#include "dicom/head.hpp"
#include "dicom/values.hpp"
#include "fovea/error.hpp"
#include "fovea/series.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The path that a Referenced File ID means below its folder; nothing when it leads anywhere else.
std::optional<fs::path> relative_path(const std::string& file_id) {
  fs::path path;
  for (std::size_t begin = 0; begin <= file_id.size();) {
    const auto end = std::min(file_id.find('\\', begin), file_id.size());
    auto part = file_id.substr(begin, end - begin);
    part.erase(part.find_last_not_of(' ') + 1);
    part.erase(0, part.find_first_not_of(' '));
    if (part.empty() || part == "." || part == ".." || part.find_first_of(std::string("/\0", 2)) != std::string::npos) {
      return std::nullopt;
    }
    path /= part;
    begin = end + 1;
  }
  return path;
}

/// Whether `path`, all links followed, lies below `folder`, which has none.
bool lies_below(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const auto real = fs::canonical(path, error);
  return !error && std::mismatch(folder.begin(), folder.end(), real.begin(), real.end()).first == folder.end();
}

/// Takes the records of a directory, one by one.
class FileSetReader {
 public:
  explicit FileSetReader(const fs::path& dicomdir) : folder_(dicomdir.parent_path()) {
    std::error_code error;
    real_folder_ = fs::canonical(folder_.empty() ? "." : folder_, error);
    if (error) throw Error(ErrorCode::io, "cannot read the folder of " + dicomdir.string() + ": " + error.message());
  }

  void take(DcmItem& record) {
    const auto file_id = dicom::text(record, DCM_ReferencedFileID);
    if (!file_id || dicom::integer(record, DCM_RecordInUseFlag) == 0) return;
    if (dicom::text(record, DCM_DirectoryRecordType) != "IMAGE") {
      ++others_;
      return;
    }
    const auto relative = relative_path(*file_id);
    if (!relative) {
      list_.notices.push_back("'" + *file_id + "' of the DICOMDIR lies outside of its folder; it is refused");
      return;
    }
    for (const auto& name : {*relative, fs::path(lower_case(relative->string()))}) {
      const auto path = folder_ / name;
      std::error_code error;
      if (!fs::exists(path, error)) continue;
      if (!lies_below(path, real_folder_)) {
        list_.notices.push_back(path.string() + " leads out of the folder of its DICOMDIR; it is refused");
      } else if (seen_.insert(path).second) {
        list_.files.push_back(path);
      }
      return;
    }
    list_.notices.push_back((folder_ / *relative).string() + " is named by the DICOMDIR, but is not there");
  }

  FileSet result(const fs::path& dicomdir) {
    if (others_ > 0) {
      list_.notices.push_back(dicomdir.string() + ": " + std::to_string(others_) +
                              " of its records are not of images; they are left out");
    }
    return std::move(list_);
  }

 private:
  fs::path folder_;
  fs::path real_folder_;
  FileSet list_;
  std::set<fs::path> seen_;
  std::size_t others_ = 0;
};

}  // namespace

bool is_dicomdir(const fs::path& path) { return lower_case(path.filename().string()) == "dicomdir"; }

FileSet read_dicomdir(const fs::path& dicomdir) {
  const auto file = dicom::read_head(dicomdir, LoadOptions().max_inflated_bytes);
  DcmSequenceOfItems* records = nullptr;
  if (file->attributes().findAndGetSequence(DCM_DirectoryRecordSequence, records).bad()) {
    throw Error(ErrorCode::unsupported, dicomdir.string() + ": no DICOMDIR: it has no 'Directory Record Sequence'");
  }
  FileSetReader reader(dicomdir);
  for (auto* record = records->nextInContainer(nullptr); record != nullptr; record = records->nextInContainer(record)) {
    reader.take(*static_cast<DcmItem*>(record));
  }
  return reader.result(dicomdir);
}

}  // namespace fovea
