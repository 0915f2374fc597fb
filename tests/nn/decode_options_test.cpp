#include <functional>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "fovea/captioner.hpp"
#include "fovea/error.hpp"

namespace fovea {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

struct BadOption {
  std::string field;
  std::string value;
  std::function<void(CaptionOptions&)> change;
};

void sampling(CaptionOptions& options) {
  options.sample = true;
  options.beam = 1;
}

class CaptionOptionsTest : public testing::TestWithParam<BadOption> {};

TEST_P(CaptionOptionsTest, RefusedByName) {
  CaptionOptions options;
  GetParam().change(options);
  try {
    validate(options);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    const std::string start = "caption option " + GetParam().field + " is " + GetParam().value + "; expected ";
    EXPECT_EQ(std::string(error.what()).substr(0, start.size()), start) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Each, CaptionOptionsTest,
                         testing::Values(BadOption{"beam", "0", [](auto& o) { o.beam = 0; }},
                                         BadOption{"beam", "100000", [](auto& o) { o.beam = 100000; }},
                                         BadOption{"top", "0", [](auto& o) { o.top = 0; }},
                                         BadOption{"top", "4", [](auto& o) { o.top = 4; }},
                                         BadOption{"max_length", "0", [](auto& o) { o.max_length = 0; }},
                                         BadOption{"min_length", "-1", [](auto& o) { o.min_length = -1; }},
                                         BadOption{"min_length", "21", [](auto& o) { o.min_length = 21; }},
                                         BadOption{"length_penalty", "-0.5", [](auto& o) { o.length_penalty = -0.5; }},
                                         BadOption{"length_penalty", "nan", [](auto& o) { o.length_penalty = kNan; }},
                                         BadOption{"length_penalty", "inf", [](auto& o) { o.length_penalty = kInf; }},
                                         BadOption{"no_repeat_ngram", "-1", [](auto& o) { o.no_repeat_ngram = -1; }},
                                         BadOption{"temperature", "0.5", [](auto& o) { o.temperature = 0.5; }},
                                         BadOption{"top_k", "5", [](auto& o) { o.top_k = 5; }},
                                         BadOption{"top_p", "0.9", [](auto& o) { o.top_p = 0.9; }},
                                         BadOption{"seed", "7", [](auto& o) { o.seed = 7; }},
                                         BadOption{"beam", "3", [](auto& o) { o.sample = true; }},
                                         BadOption{"temperature", "0", [](auto& o) { sampling(o), o.temperature = 0; }},
                                         BadOption{"temperature", "nan",
                                                   [](auto& o) { sampling(o), o.temperature = kNan; }},
                                         BadOption{"top_k", "-3", [](auto& o) { sampling(o), o.top_k = -3; }},
                                         BadOption{"top_p", "0", [](auto& o) { sampling(o), o.top_p = 0; }},
                                         BadOption{"top_p", "1.5", [](auto& o) { sampling(o), o.top_p = 1.5; }}));

TEST(CaptionOptions, GoodOnesPass) {
  EXPECT_NO_THROW(validate({}));
  CaptionOptions options;
  sampling(options);
  options.top = 5;
  options.temperature = 0.7;
  options.top_k = 40;
  options.top_p = 0.9;
  options.seed = 1;
  EXPECT_NO_THROW(validate(options));
}

}  // namespace
}  // namespace fovea
