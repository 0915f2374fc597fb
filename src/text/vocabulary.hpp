/// @file Words and their numbers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fovea::text {

/// A word vocabulary. Ids 0 to 3 are fixed: padding, begin of caption, end of caption, unknown word.
class Vocabulary {
 public:
  static constexpr std::int64_t kPad = 0;
  static constexpr std::int64_t kBegin = 1;
  static constexpr std::int64_t kEnd = 2;
  static constexpr std::int64_t kUnknown = 3;

  /// `words`: all words in id order, the four special ones first ("<pad>", "<bos>", "<eos>", "<unk>").
  /// @throws Error: model when the special words are not there or a word occurs twice.
  explicit Vocabulary(std::vector<std::string> words);

  /// Counts the words of tokenized captions and keeps those that occur at least `min_count` times,
  /// most frequent first, ties in byte order.
  static Vocabulary build(std::span<const std::vector<std::string>> captions, int min_count);

  /// vocab.txt: one word a line, the line number is the id.
  static Vocabulary load(const std::filesystem::path& path);
  void save(const std::filesystem::path& path) const;

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(words_.size()); }
  /// kUnknown for a word that is not there.
  std::int64_t id(std::string_view word) const;
  const std::string& word(std::int64_t id) const;

  /// The same words with the same ids.
  bool operator==(const Vocabulary&) const = default;

 private:
  std::vector<std::string> words_;
  std::unordered_map<std::string, std::int64_t> ids_;
};

}  // namespace fovea::text
