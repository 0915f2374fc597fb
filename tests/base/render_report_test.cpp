#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "base/render_fixtures.hpp"
#include "fovea/error.hpp"
#include "render/html.hpp"
#include "render/report.hpp"
#include "render/report_item.hpp"
#include "text/unicode.hpp"

namespace fovea::render {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::gray_photo;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::one_hot_caption;
using ::testing::Property;
using ::testing::Throws;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

class Report : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ("fovea_report_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string page(const std::string& name = "index.html") const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static ReportItem item(std::uint64_t position, const std::string& name) {
    ReportItem result;
    result.position = position;
    result.name = name;
    return result;
  }

  static Caption caption(const std::vector<std::string>& words) { return {{one_hot_caption(words)}}; }

  void add(ReportWriter& writer, std::uint64_t position, const std::string& name) const {
    writer.add(item(position, name), gray_photo(40, 30), caption({"two", "dogs"}));
  }

  fs::path folder_;
};

TEST_F(Report, ShowsCaptionsAlternativesAndErrors) {
  ReportWriter writer(folder_, {.title = "Holiday", .subtitle = "model x"});
  Caption captions = caption({"two", "dogs"});
  captions.hypotheses[0].text = "Two dogs.";
  captions.hypotheses.push_back(
      {.text = "A cat.", .words = {}, .word_log_probs = {}, .log_prob = -3.456, .attention = {}});
  writer.add(item(0, "a.jpg"), gray_photo(900, 600), captions);
  ReportItem failed = item(1, "b.jpg");
  failed.error_code = "corrupt";
  failed.error_message = "b.jpg is truncated";
  writer.add_failure(failed);
  writer.finish();
  EXPECT_THAT(page(),
              AllOf(HasSubstr("<h1>Holiday</h1>"), HasSubstr("model x"), HasSubstr("A cat."), HasSubstr("\u22123.46"),
                    HasSubstr(">Two</button> <button"), HasSubstr(">dogs</button>.</p>"),
                    HasSubstr("data-chance=\"50%\""), HasSubstr("width=\"480\" height=\"320\"")));
  EXPECT_EQ(count(page(), "b.jpg is truncated"), 2);  // in the list of failures and in its place
  EXPECT_TRUE(fs::exists(folder_ / "thumbnails" / (item_id("a.jpg", 1) + ".jpg")));
}

TEST_F(Report, EmbedsMapsOnTheFixedScale) {
  ReportWriter writer(folder_);
  Caption captions = caption({"dog"});
  std::vector<float>& weights = captions.hypotheses[0].attention.weights;
  weights.assign(49, 0.0F);
  weights[1] = 2.0F / 49;   // a quarter of the scale
  weights[2] = 30.0F / 49;  // beyond its end
  writer.add(item(0, "a.jpg"), gray_photo(8, 8), captions);
  writer.finish();
  std::vector<std::uint8_t> expected(49, 0);
  expected[1] = 64;
  expected[2] = 255;
  EXPECT_THAT(page(), HasSubstr("data-grid=\"7 7\" data-maps=\"" + base64(expected) + "\""));
}

TEST_F(Report, SaysWhichPartOfThePhotoTheMapsLieOver) {
  ReportWriter writer(folder_);
  Caption captions = caption({"dog"});
  captions.hypotheses[0].attention.view = {0, 0, 80, 40};  // all of it
  writer.add(item(0, "a.jpg"), gray_photo(80, 40), captions);
  writer.finish();
  EXPECT_THAT(page(), Not(HasSubstr("data-view")));
  captions.hypotheses[0].attention.view = {20, -10, 40, 60};
  writer.add(item(0, "a.jpg"), gray_photo(80, 40), captions);
  writer.finish();
  EXPECT_THAT(page(), HasSubstr("data-view=\"0.250000 -0.250000 0.500000 1.500000\""));
}

TEST_F(Report, EscapesWhatComesFromOutside) {
  const std::string attack = "<script>alert('1')</script>\"&";
  const std::string escaped = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;";
  ReportWriter writer(folder_, {.title = attack, .subtitle = attack});
  Caption captions = caption({attack});
  captions.hypotheses.push_back(captions.hypotheses[0]);
  ReportItem good = item(0, attack);
  good.source = folder_ / attack;
  writer.add(good, gray_photo(8, 8), captions);
  ReportItem failed = item(1, attack + "2");
  failed.error_code = attack;
  failed.error_message = attack;
  writer.add_failure(failed);
  writer.finish();
  EXPECT_THAT(page(), AllOf(Not(HasSubstr(attack)), Not(HasSubstr("<script>alert")), Not(HasSubstr("alert('1')"))));
  EXPECT_GE(count(page(), escaped), 10);
  EXPECT_EQ(count(page(), "<script>"), 1);  // the report's own
  EXPECT_THAT(page(), HasSubstr("href=\"%3Cscript%3Ealert%28%271%27%29%3C/script%3E%22%26\""));
}

TEST_F(Report, TakesNamesThatAreNotText) {
  ReportWriter writer(folder_);
  ReportItem odd = item(0, "caf\xE9\n.jpg");
  odd.source = folder_ / "caf\xE9\n.jpg";
  writer.add(odd, gray_photo(8, 8), caption({"caf\xE9"}));
  writer.finish();
  EXPECT_THAT(page(), AllOf(HasSubstr("caf\uFFFD\u240A.jpg"), HasSubstr("href=\"caf%E9%0A.jpg\"")));
  std::string again;
  for (const char32_t character : text::decode_utf8(page())) {
    text::append_utf8(again, character);
  }
  EXPECT_EQ(again, page());
}

TEST_F(Report, WordsThatAreNotTheTextsAreShownThemselves) {
  ReportWriter writer(folder_);
  Caption captions = caption({"two", "dogs"});
  captions.hypotheses[0].text = "Twodogs in the grass";
  writer.add(item(0, "a.jpg"), gray_photo(8, 8), captions);
  captions.hypotheses[0].text = "Another two dogs";
  writer.add(item(1, "b.jpg"), gray_photo(8, 8), captions);
  writer.finish();
  EXPECT_EQ(count(page(), ">Two</button><button"), 1);
  EXPECT_EQ(count(page(), ">two</button> <button"), 1);
}

TEST_F(Report, HasPagesInOrder) {
  ReportWriter writer(folder_, {.page_size = 2});
  for (const int position : {4, 0, 3, 1, 2}) {
    add(writer, static_cast<std::uint64_t>(position), "photo" + std::to_string(position));
  }
  writer.finish();
  const std::vector<std::string> pages = {page("index.html"), page("page-2.html"), page("page-3.html")};
  EXPECT_FALSE(fs::exists(folder_ / "page-4.html"));
  for (int i = 0; i < 5; ++i) {
    const std::string name = "<bdi>photo" + std::to_string(i) + "</bdi>";
    for (int p = 0; p < 3; ++p) {
      EXPECT_EQ(count(pages[static_cast<std::size_t>(p)], name), p == i / 2 ? 1 : 0) << name << " on page " << p + 1;
    }
  }
  EXPECT_THAT(pages[0], AllOf(HasSubstr("href=\"page-2.html\" rel=\"next\""), HasSubstr("1\u20132 of 5 images"),
                              Not(HasSubstr("rel=\"prev\""))));
  EXPECT_THAT(pages[2], AllOf(HasSubstr("href=\"page-2.html\" rel=\"prev\""), HasSubstr("5\u20135 of 5 images"),
                              Not(HasSubstr("rel=\"next\""))));

  ReportWriter(folder_, {.page_size = 10}).finish();
  EXPECT_FALSE(fs::exists(folder_ / "page-2.html"));
  EXPECT_FALSE(fs::exists(folder_ / "page-3.html"));
  EXPECT_EQ(count(page(), "<article"), 5);
}

TEST_F(Report, GoesOnWhereAKilledRunStopped) {
  {
    ReportWriter killed(folder_);
    add(killed, 0, "a.jpg");
    ReportItem failed = item(1, "b.jpg");
    failed.error_code = "io";
    failed.error_message = "no such file";
    killed.add_failure(failed);
  }
  const std::string torn = item_id("c.jpg", 1) + ".json.partial";
  std::ofstream(folder_ / "items" / torn) << "{\"id\":";
  EXPECT_FALSE(fs::exists(folder_ / "index.html"));

  ReportWriter next(folder_);
  add(next, 1, "b.jpg");
  add(next, 2, "c.jpg");
  next.finish();
  EXPECT_EQ(count(page(), "<article"), 3);
  EXPECT_THAT(page(), Not(HasSubstr("no such file")));
  const std::string before = page();
  next.finish();
  EXPECT_EQ(page(), before);
}

TEST_F(Report, KeepsFramesOfAFileApart) {
  ReportWriter writer(folder_);
  for (const int frame : {1, 2}) {
    ReportItem each = item(0, "scan.tiff");
    each.frame = frame;
    each.frame_count = 2;
    writer.add(each, gray_photo(8, 8), caption({"dog"}));
  }
  writer.finish();
  EXPECT_LT(page().find("scan.tiff</bdi>, frame 1"), page().find("scan.tiff</bdi>, frame 2"));
  EXPECT_EQ(count(page(), "<article"), 2);
}

TEST_F(Report, TakesItemsFromSeveralThreads) {
  ReportWriter writer(folder_);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 10; ++i) {
        add(writer, static_cast<std::uint64_t>(thread * 10 + i), std::to_string(thread) + "/" + std::to_string(i));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  writer.finish();
  EXPECT_EQ(count(page(), "<article"), 40);
}

TEST_F(Report, ClearRemovesItemsOnly) {
  ReportWriter writer(folder_);
  add(writer, 0, "a.jpg");
  std::ofstream(folder_ / "items" / "notes.txt") << "mine";
  writer.clear();
  writer.finish();
  EXPECT_TRUE(fs::exists(folder_ / "items" / "notes.txt"));
  EXPECT_TRUE(fs::is_empty(folder_ / "thumbnails"));
  EXPECT_THAT(page(), HasSubstr("No image was captioned."));
}

TEST_F(Report, RefusesMalformedInput) {
  EXPECT_THAT([&] { ReportWriter(folder_, {.page_size = 0}); },
              Throws<Error>(Property(&Error::code, ErrorCode::usage)));
  EXPECT_THAT([&] { ReportWriter(folder_, {.colormap = "rainbow"}); },
              Throws<Error>(Property(&Error::code, ErrorCode::usage)));
  ReportWriter writer(folder_);
  Caption captions = caption({"two", "dogs"});
  captions.hypotheses[0].attention.weights.push_back(0);
  EXPECT_THAT([&] { writer.add(item(0, "a.jpg"), gray_photo(8, 8), captions); },
              Throws<Error>(Property(&Error::what, HasSubstr("99 weights, expected 98"))));
  captions = caption({"two", "dogs"});
  captions.hypotheses[0].word_log_probs.pop_back();
  EXPECT_THAT([&] { writer.add(item(0, "a.jpg"), gray_photo(8, 8), captions); },
              Throws<Error>(Property(&Error::code, ErrorCode::internal)));
  std::ofstream(folder_ / "items" / (item_id("a.jpg", 1) + ".json")) << "{\"id\": \"<script>\"}";
  EXPECT_THAT([&] { writer.finish(); }, Throws<Error>(AllOf(Property(&Error::code, ErrorCode::corrupt),
                                                            Property(&Error::what, HasSubstr(item_id("a.jpg", 1))))));
}

TEST_F(Report, SaysWhatFolderItCannotMake) {
  std::ofstream(folder_) << "a file in the way";
  EXPECT_THAT(
      [&] { ReportWriter{folder_}; },
      Throws<Error>(AllOf(Property(&Error::code, ErrorCode::io), Property(&Error::what, HasSubstr(folder_.string())))));
}

TEST(Html, Base64) {
  const auto encode = [](std::string_view text) {
    return base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  // RFC 4648, section 10.
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encode("\xFB\xFF\xFE"), "+//+");
}

}  // namespace
}  // namespace fovea::render
