#include "pipeline/output_layout.hpp"

#include <cstdio>
#include <span>
#include <system_error>
#include <utility>

#include "io/sha256.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

/// The folder that an input should have.
std::string wanted_folder(const InputList& inputs, std::size_t input) {
  std::string relative = inputs.relative(input);
  return relative.empty() ? "input" : relative;  // a folder that could not be read
}

/// Calls `visit` with each folder that `folder` lies in, until it returns true.
template <typename Function>
bool any_parent(const std::string& folder, const Function& visit) {
  for (std::size_t slash = folder.find('/'); slash != std::string::npos; slash = folder.find('/', slash + 1)) {
    if (visit(folder.substr(0, slash))) return true;
  }
  return false;
}

}  // namespace

OutputLayout::OutputLayout(fs::path root, const InputList& inputs, const EarlierFolders& earlier,
                           const std::vector<std::string>& reserved)
    : root_(std::move(root)), folders_(inputs.size()) {
  for (const std::string& name : reserved) claim(name);
  for (const auto& [input, folder] : earlier) {
    if (is_free(folder)) claim(folder);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = inputs.name(i);
    const auto found = earlier.find(name);
    folders_[i] = found != earlier.end() ? found->second : free_folder(wanted_folder(inputs, i), name);
    claim(folders_[i]);
  }
}

std::string OutputLayout::item_folder(std::size_t input, int frame, int frame_count) const {
  if (frame_count <= 1) return folders_.at(input);
  char name[24];
  std::snprintf(name, sizeof name, "/frame-%04d", frame);
  return folders_.at(input) + name;
}

std::string OutputLayout::claim_beside(const std::string& parent, const std::string& name) {
  const std::string begin = parent.empty() ? name : parent + "/" + name;
  std::string folder = begin;
  for (int number = 2; claimed_.contains(folder) || parents_.contains(folder); ++number) {
    folder = begin + "-" + std::to_string(number);
  }
  claim(folder);
  return folder;
}

bool OutputLayout::is_free(const std::string& folder) const {
  if (claimed_.contains(folder) || parents_.contains(folder)) return false;
  if (any_parent(folder, [&](const std::string& parent) { return claimed_.contains(parent); })) return false;
  // A file of somebody else, the input itself among them, is not in the way of a folder of another name.
  const auto is_in_the_way = [&](const std::string& path) {
    std::error_code error;
    const auto status = fs::status(root_ / path, error);
    return fs::exists(status) && !fs::is_directory(status);
  };
  return !is_in_the_way(folder) && !any_parent(folder, is_in_the_way);
}

void OutputLayout::claim(const std::string& folder) {
  claimed_.insert(folder);
  any_parent(folder, [&](const std::string& parent) {
    parents_.insert(parent);
    return false;
  });
}

std::string OutputLayout::free_folder(const std::string& wanted, const std::string& input_name) const {
  if (is_free(wanted)) return wanted;
  constexpr std::size_t kDigits = 8;
  const std::string digest = io::sha256_hex(std::as_bytes(std::span(input_name)));
  std::string folder = wanted + "-" + digest.substr(0, kDigits);
  for (int number = 2; !is_free(folder); ++number) {
    folder = wanted + "-" + digest.substr(0, kDigits) + "-" + std::to_string(number);
    // Where a file stands in the way of all of these, writing says so.
    if (number > 100) break;
  }
  return folder;
}

}  // namespace fovea::pipeline
