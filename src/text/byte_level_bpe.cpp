#include "text/byte_level_bpe.hpp"

#include <algorithm>
#include <bit>
#include <queue>
#include <utility>

#include "fovea/error.hpp"
#include "text/byte_level_pattern.hpp"
#include "text/character_classes.hpp"
#include "text/unicode.hpp"

namespace fovea::text {
namespace {

constexpr std::int32_t kNone = -1;
constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U) | static_cast<std::uint32_t>(right);
}

/// A token of the word at hand; the list is linked so that merging costs no copying.
struct Symbol {
  std::int32_t id;  // kNone: merged into the one before it
  std::size_t previous;
  std::size_t next;
};

/// A merge that could be made; it is out of date when its tokens have been merged otherwise.
struct Proposal {
  std::int32_t rank;
  std::size_t left;
  std::int32_t merged;

  /// The greatest is made first: the lowest rank, then the leftmost.
  bool operator<(const Proposal& other) const { return rank != other.rank ? rank > other.rank : left > other.left; }
};

bool is_space_at(std::string_view text, std::size_t position) {
  return is_white_space(next_code_point(text, position));
}

}  // namespace

/// What encoding a word needs, kept for the next word.
struct ByteLevelBpe::Scratch {
  std::vector<Symbol> symbols;
  std::priority_queue<Proposal> proposals;
};

ByteLevelBpe::ByteLevelBpe(TokenTable tokens, const std::vector<Merge>& merges, ByteLevelBpeOptions options)
    : tokens_(std::move(tokens)), options_(std::move(options)), unknown_(kNone) {
  bool is_complete = true;
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string symbol;
    append_utf8(symbol, symbol_of_byte(static_cast<unsigned char>(byte)));
    byte_ids_[byte] = static_cast<std::int32_t>(tokens_.id(symbol).value_or(kNone));
    is_complete = is_complete && byte_ids_[byte] != kNone;
  }
  if (options_.unknown && !is_complete) {
    const auto id = tokens_.id(*options_.unknown);
    if (!id) {
      throw Error(ErrorCode::model, "not every byte has a token, and the unknown token " +
                                        in_quotes(*options_.unknown) + " is not in the vocabulary");
    }
    unknown_ = static_cast<std::int32_t>(*id);
  }

  add_rules(merges);
}

void ByteLevelBpe::add_rules(const std::vector<Merge>& merges) {
  rules_.resize(std::bit_ceil(2 * merges.size() + 2));
  std::string merged;
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const auto& [left, right] = merges[i];
    merged.assign(left).append(right);
    const auto id_of = [&, &first = left, &second = right](std::string_view token) {
      const auto id = tokens_.id(token);
      if (id) return static_cast<std::int32_t>(*id);
      throw Error(ErrorCode::model, "merge " + std::to_string(i + 1) + " is " + in_quotes(first) + " and " +
                                        in_quotes(second) + ", but " + in_quotes(token) + " is not in the vocabulary");
    };
    const auto pair = pair_key(id_of(left), id_of(right));
    rules_[place_of(pair)] = {pair, static_cast<std::int32_t>(i), id_of(merged)};  // of two equal ones the last counts
  }
}

void ByteLevelBpe::encode(std::string_view text, std::vector<std::int64_t>& ids) const {
  if (text.empty()) return;
  std::string spaced;
  if (options_.add_prefix_space && text.front() != ' ') {
    spaced.append(" ").append(text);
    text = spaced;
  }
  Scratch scratch;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = options_.splits ? byte_level_piece_end(text, begin) : text.size();
    encode_piece(text.substr(begin, end - begin), scratch, ids);
    begin = end;
  }
}

void ByteLevelBpe::encode_piece(std::string_view piece, Scratch& scratch, std::vector<std::int64_t>& ids) const {
  if (options_.ignore_merges) {
    std::string token;
    for (const char byte : piece) append_utf8(token, symbol_of_byte(static_cast<unsigned char>(byte)));
    if (const auto id = tokens_.id(token)) {
      ids.push_back(*id);
      return;
    }
  }

  auto& symbols = scratch.symbols;
  add_symbols(piece, scratch);
  for (std::size_t i = 0; i < symbols.size(); ++i) propose(i, scratch);
  while (!scratch.proposals.empty()) {
    const auto best = scratch.proposals.top();
    scratch.proposals.pop();
    auto& left = symbols[best.left];
    if (left.id == kNone || left.next == kNowhere) continue;
    auto& right = symbols[left.next];
    const auto* current = rule(left.id, right.id);
    if (current == nullptr || current->merged != best.merged) continue;  // out of date
    left.id = best.merged;
    left.next = right.next;
    right.id = kNone;
    if (left.next != kNowhere) symbols[left.next].previous = best.left;
    if (left.previous != kNowhere) propose(left.previous, scratch);
    propose(best.left, scratch);
  }
  for (const auto& symbol : symbols)
    if (symbol.id != kNone) ids.push_back(symbol.id);
}

void ByteLevelBpe::add_symbols(std::string_view piece, Scratch& scratch) const {
  auto& symbols = scratch.symbols;
  symbols.clear();
  bool was_unknown = false;
  for (const char byte : piece) {
    const auto known = byte_ids_[static_cast<unsigned char>(byte)];
    const bool is_unknown = known == kNone;
    if (is_unknown && (unknown_ == kNone || (options_.fuse_unknown && was_unknown))) continue;
    was_unknown = is_unknown;
    symbols.push_back({is_unknown ? unknown_ : known, symbols.size() - 1, symbols.size() + 1});
  }
  if (!symbols.empty()) symbols.back().next = kNowhere;
}

std::size_t ByteLevelBpe::place_of(std::uint64_t pair) const noexcept {
  const std::size_t mask = rules_.size() - 1;
  std::size_t place = (pair * 0x9E3779B97F4A7C15U >> 32U) & mask;  // Knuth's multiplicative hashing
  while (rules_[place].pair != pair && rules_[place].pair != kNoPair) place = (place + 1) & mask;
  return place;
}

const ByteLevelBpe::Rule* ByteLevelBpe::rule(std::int32_t left, std::int32_t right) const noexcept {
  const auto& found = rules_[place_of(pair_key(left, right))];
  return found.pair == kNoPair ? nullptr : &found;
}

void ByteLevelBpe::propose(std::size_t left, Scratch& scratch) const {
  const auto next = scratch.symbols[left].next;
  if (next == kNowhere) return;
  const auto* found = rule(scratch.symbols[left].id, scratch.symbols[next].id);
  if (found != nullptr) scratch.proposals.push({found->rank, left, found->merged});
}

std::string ByteLevelBpe::decode(std::span<const std::string_view> tokens) const {
  std::string bytes;
  for (const auto token : tokens) bytes += bytes_of_token(token);
  return valid_utf8(bytes);
}

std::vector<WordSpan> ByteLevelBpe::words(std::span<const std::string_view> tokens) const {
  std::string text;
  std::vector<std::size_t> ends;  // of the tokens, in bytes
  for (const auto token : tokens) ends.push_back((text += bytes_of_token(token)).size());

  std::vector<WordSpan> words;
  std::size_t token = 0;       // the one that holds the first byte of a word
  std::size_t word_begin = 0;  // bytes of the last word
  std::size_t word_end = 0;
  const auto end_word = [&] {
    if (!words.empty()) {
      words.back().text = valid_utf8(std::string_view(text).substr(word_begin, word_end - word_begin));
    }
  };
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    end = byte_level_piece_end(text, begin);
    const std::size_t visible = begin + (text[begin] == ' ' ? 1 : 0);
    if (visible == end || is_space_at(text, visible)) continue;
    while (ends[token] <= visible) ++token;
    std::size_t last = token;
    while (ends[last] < end) ++last;
    const bool shares_token = !words.empty() && token < words.back().first + words.back().count;
    const bool is_ending =
        begin == word_end && !words.empty() && is_contraction(std::string_view(text).substr(begin, end - begin));
    if (!shares_token && !is_ending) {
      end_word();
      words.push_back({{}, token, 0});
      word_begin = visible;
    }
    word_end = end;
    words.back().count = last + 1 - words.back().first;
  }
  end_word();
  return words;
}

}  // namespace fovea::text
