#include "text/vocabulary.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>

#include "fovea/error.hpp"

namespace fovea::text {
namespace {

constexpr std::array<std::string_view, 4> kSpecialWords{"<pad>", "<bos>", "<eos>", "<unk>"};

[[noreturn]] void bad_vocabulary(const std::string& what) { throw Error(ErrorCode::model, "vocabulary: " + what); }

}  // namespace

Vocabulary::Vocabulary(std::vector<std::string> words) : words_(std::move(words)) {
  for (std::size_t i = 0; i < kSpecialWords.size(); ++i) {
    if (i < words_.size() && words_[i] == kSpecialWords[i]) continue;
    bad_vocabulary("word " + std::to_string(i) + " is " + (i < words_.size() ? "\"" + words_[i] + "\"" : "missing") +
                   ", expected \"" + std::string(kSpecialWords[i]) + "\"");
  }
  ids_.reserve(words_.size());
  for (std::size_t i = 0; i < words_.size(); ++i) {
    // A line of vocab.txt cannot hold these, and a caption's words are separated by spaces.
    if (words_[i].empty() || words_[i].find_first_of(" \t\r\n") != std::string::npos)
      bad_vocabulary("word " + std::to_string(i) + " is empty or has white space in it: \"" + words_[i] + "\"");
    const auto [place, is_new] = ids_.emplace(words_[i], static_cast<std::int64_t>(i));
    if (!is_new)
      bad_vocabulary("\"" + words_[i] + "\" occurs twice, as word " + std::to_string(place->second) + " and word " +
                     std::to_string(i));
  }
}

Vocabulary Vocabulary::build(std::span<const std::vector<std::string>> captions, int min_count) {
  std::map<std::string, std::int64_t> counts;  // sorted, so that the stable sort below leaves ties in byte order
  for (const auto& caption : captions)
    for (const auto& word : caption) ++counts[word];
  for (const auto special : kSpecialWords) counts.erase(std::string(special));

  std::vector<std::pair<std::string, std::int64_t>> kept;
  for (auto& entry : counts)
    if (entry.second >= min_count) kept.emplace_back(entry);
  std::stable_sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.second > b.second; });

  std::vector<std::string> words(kSpecialWords.begin(), kSpecialWords.end());
  for (auto& entry : kept) words.push_back(std::move(entry.first));
  return Vocabulary(std::move(words));
}

Vocabulary Vocabulary::load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::io, "cannot open the vocabulary " + path.string() + ": " + std::strerror(errno));
  std::vector<std::string> words;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();  // checked out with Windows line ends
    words.push_back(std::move(line));
  }
  if (file.bad()) throw Error(ErrorCode::io, "cannot read the vocabulary " + path.string());
  try {
    return Vocabulary(std::move(words));
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

void Vocabulary::save(const std::filesystem::path& path) const {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  for (const auto& word : words_) file << word << '\n';
  file.close();
  if (!file) throw Error(ErrorCode::io, "cannot write the vocabulary " + path.string() + ": " + std::strerror(errno));
}

std::int64_t Vocabulary::id(std::string_view word) const {
  const auto found = ids_.find(std::string(word));
  return found == ids_.end() ? kUnknown : found->second;
}

const std::string& Vocabulary::word(std::int64_t id) const {
  if (id < 0 || id >= size())
    throw Error(ErrorCode::internal,
                "word id " + std::to_string(id) + " is outside the vocabulary of " + std::to_string(size()) + " words");
  return words_[static_cast<std::size_t>(id)];
}

}  // namespace fovea::text
