#include "text/tokenizer_config.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace fovea::text {
namespace {

AddedToken special_token(std::string content) {
  AddedToken token;
  token.content = std::move(content);
  token.special = true;
  return token;
}

/// A special token as a string or as an object.
AddedToken read_special(const Fields& value) {
  if (value.json().is_string()) return special_token(value.text());
  auto token = read_added_token(value, true);
  token.special = true;
  return token;
}

/// Named and additional special tokens; named ones replace those that were read before. All become special, also
/// "additional_special_tokens" that added_tokens.json holds too, which transformers 4 did and 5 forgets.
void read_special_tokens(const Fields& fields, TokenizerConfig& config) {
  for (const auto& [key, value] : fields.json().items()) {
    const Fields field(value, fields.where() + "." + key);
    if (key == "extra_special_tokens" && value.is_object()) {
      for (const auto& [name, token] : value.items())
        config.additional.push_back(read_special({token, field.where() + "." + name}));
    } else if ((key == "additional_special_tokens" || key == "extra_special_tokens") && !value.is_null()) {
      for (std::size_t i = 0; i < field.list().json().size(); ++i)
        config.additional.push_back(read_special(field.element(i)));
    } else if (key.ends_with("_token") && (value.is_string() || value.contains("content"))) {
      const bool is_known =
          std::find(kSpecialTokenNames.begin(), kSpecialTokenNames.end(), key) != kSpecialTokenNames.end();
      if (is_known)
        config.named.insert_or_assign(key, read_special(field));
      else
        config.additional.push_back(read_special(field));
    }
  }
}

std::vector<AddedToken> in_order_of_ids(const std::map<std::int64_t, AddedToken>& tokens) {
  std::vector<AddedToken> list;
  for (const auto& [id, token] : tokens) list.push_back(token);
  return list;
}

void read_added_tokens_decoder(const Fields& decoder, TokenizerConfig& config) {
  std::map<std::int64_t, AddedToken> tokens;
  for (const auto& [key, value] : decoder.object().json().items()) {
    const Fields field(value, decoder.where() + "." + key);
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size() || id < 0) field.fail("the key is no token id");
    auto token = read_added_token(field, false);
    token.id = id;
    tokens.insert_or_assign(id, std::move(token));
  }
  config.added = in_order_of_ids(tokens);
}

void read_added_tokens_file(const Fields& fields, TokenizerConfig& config) {
  std::set<std::string> special;
  for (const auto& [name, token] : config.named) special.insert(token.content);
  for (const auto& token : config.additional) special.insert(token.content);
  std::map<std::int64_t, AddedToken> tokens;
  for (const auto& [content, value] : fields.json().items()) {
    AddedToken token;
    token.content = content;
    token.special = special.contains(content);
    token.normalized = !token.special;
    const Fields field(value, fields.where() + ": " + in_quotes(content));
    token.id = field.integer();
    if (!tokens.emplace(*token.id, token).second) field.fail("the id is also another token's");
  }
  config.added = in_order_of_ids(tokens);
}

/// A token that is named as special has the rules under which it was added.
void take_added_rules(TokenizerConfig& config) {
  for (auto& [name, token] : config.named) {
    for (auto& added : config.added) {
      if (added.content != token.content) continue;
      added.special = true;
      token = added;
    }
  }
}

}  // namespace

AddedToken read_added_token(const Fields& fields, bool is_special) {
  AddedToken token;
  token.content = fields.child("content").text();
  token.special = fields.boolean_or("special", is_special);
  token.normalized = fields.boolean_or("normalized", !token.special);
  token.single_word = fields.boolean_or("single_word", false);
  token.strip_left = fields.boolean_or("lstrip", false);
  token.strip_right = fields.boolean_or("rstrip", false);
  return token;
}

TokenizerConfig read_tokenizer_config(const std::filesystem::path& folder) {
  TokenizerConfig config;
  bool has_decoder = false;
  if (has_file(folder, "tokenizer_config.json")) {
    const auto path = folder / "tokenizer_config.json";
    const auto json = read_json(path);
    const Fields fields(json, path.string());
    config.tokenizer_class = fields.text_or_none("tokenizer_class").value_or("");
    config.do_lower_case = fields.boolean_or_none("do_lower_case");
    config.strip_accents = fields.boolean_or_none("strip_accents");
    config.tokenize_chinese_chars = fields.boolean_or_none("tokenize_chinese_chars");
    config.clean_up_tokenization_spaces = fields.boolean_or_none("clean_up_tokenization_spaces");
    config.add_prefix_space = fields.boolean_or_none("add_prefix_space");
    config.add_bos_token = fields.boolean_or("add_bos_token", false);
    config.add_eos_token = fields.boolean_or("add_eos_token", false);
    read_special_tokens(fields, config);
    has_decoder = fields.has("added_tokens_decoder");
    if (has_decoder) read_added_tokens_decoder(fields.child("added_tokens_decoder"), config);
  }
  if (!has_decoder && has_file(folder, "special_tokens_map.json")) {
    const auto path = folder / "special_tokens_map.json";
    const auto json = read_json(path);
    read_special_tokens({json, path.string()}, config);
  }
  if (!has_decoder && has_file(folder, "added_tokens.json")) {
    const auto path = folder / "added_tokens.json";
    const auto json = read_json(path);
    read_added_tokens_file({json, path.string()}, config);
  }
  take_added_rules(config);
  return config;
}

}  // namespace fovea::text
