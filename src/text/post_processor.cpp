#include "text/post_processor.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fovea::text {
namespace {

constexpr std::size_t kMostIds = 1024;  // around a text, so that a file cannot multiply them

void check_count(const Surround& surround, const Fields& fields) {
  if (surround.before.size() + surround.after.size() > kMostIds) {
    fields.fail("puts over " + std::to_string(kMostIds) + " tokens around a text");
  }
}

/// ["[SEP]", 102]
std::int64_t read_token_and_id(const Fields& pair) {
  if (pair.list().json().size() != 2) pair.fail("expected a token and its id");
  return pair.element(1).integer();
}

Surround read_template(const Fields& fields) {
  const auto pieces = fields.child("single");
  Surround surround;
  bool has_text = false;
  for (std::size_t i = 0; i < pieces.list().json().size(); ++i) {
    const auto piece = pieces.element(i).object();
    if (piece.has("Sequence")) {
      const auto which = piece.child("Sequence").child("id").text();
      if (which != "A" || has_text) piece.unsupported("a template with sequence " + which + " here", "one sequence A");
      has_text = true;
    } else {
      const auto name = piece.child("SpecialToken").child("id").text();
      const auto ids = fields.child("special_tokens").child(name.c_str()).child("ids");
      auto& side = has_text ? surround.after : surround.before;
      for (std::size_t k = 0; k < ids.list().json().size(); ++k) {
        side.push_back(ids.element(k).integer());
        check_count(surround, fields);
      }
    }
  }
  if (!has_text) pieces.unsupported("a template without a sequence", "one sequence A");
  return surround;
}

Surround read_at_depth(const Fields& fields, int depth) {
  const auto type = fields.child("type").text();
  if (type == "TemplateProcessing") return read_template(fields);
  if (type == "BertProcessing" || type == "RobertaProcessing")
    return {{read_token_and_id(fields.child("cls"))}, {read_token_and_id(fields.child("sep"))}};
  if (type == "ByteLevel") return {};
  constexpr int kDeepest = 8;  // so that a file cannot use up the stack
  if (type != "Sequence" || depth == kDeepest) {
    fields.unsupported("post_processor " + type + (depth == kDeepest ? " this deep" : ""),
                       "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or a Sequence of them");
  }
  Surround all;
  const auto processors = fields.child("processors");
  for (std::size_t i = 0; i < processors.list().json().size(); ++i) {
    const auto next = read_at_depth(processors.element(i), depth + 1);
    all.before.insert(all.before.begin(), next.before.begin(), next.before.end());
    all.after.insert(all.after.end(), next.after.begin(), next.after.end());
    check_count(all, fields);
  }
  return all;
}

}  // namespace

Surround read_post_processor(const Fields& fields) { return read_at_depth(fields, 0); }

}  // namespace fovea::text
