/// @file What the files beside a vocabulary say: tokenizer_config.json, special_tokens_map.json, added_tokens.json.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "text/added_tokens.hpp"
#include "text/tokenizer_fields.hpp"

namespace fovea::text {

/// How transformers would set a tokenizer up. What no file says has no value.
struct TokenizerConfig {
  std::string tokenizer_class;  ///< "BertTokenizer", ...; empty when it is not said
  std::optional<bool> do_lower_case;
  std::optional<bool> strip_accents;
  std::optional<bool> tokenize_chinese_chars;
  std::optional<bool> clean_up_tokenization_spaces;
  std::optional<bool> add_prefix_space;
  bool add_bos_token = false;
  bool add_eos_token = false;

  std::vector<AddedToken> added;            ///< "added_tokens_decoder", or added_tokens.json, by id
  std::map<std::string, AddedToken> named;  ///< "bos_token", ...; special
  std::vector<AddedToken> additional;       ///< further special tokens
};

/// Names of the special tokens, in the order in which transformers adds them.
inline constexpr std::array kSpecialTokenNames{"bos_token", "eos_token", "unk_token", "sep_token",
                                               "pad_token", "cls_token", "mask_token"};

/// Reads what is there of the three files of a folder. @throws Error: io, model.
TokenizerConfig read_tokenizer_config(const std::filesystem::path& folder);

/// An added token as an object, with "content". Without "normalized" a special token is not, others are.
/// @param is_special when "special" is not there
AddedToken read_added_token(const Fields& fields, bool is_special);

}  // namespace fovea::text
