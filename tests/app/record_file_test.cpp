#include "pipeline/record_file.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/records.hpp"
#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "pipeline/record_scan.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::error_record;
using tests::ok_record;
using tests::read_text;
using tests::TempFolder;

/// The code and message of the error that `function` throws.
template <typename Function>
std::pair<ErrorCode, std::string> error_of(Function function) {
  try {
    function();
  } catch (const Error& e) {
    return {e.code(), e.what()};
  }
  ADD_FAILURE() << "no error";
  return {ErrorCode::internal, ""};
}

class RecordFileTest : public ::testing::Test {
 protected:
  /// Opens the file as a run that resumes does, and appends.
  void append(const std::vector<CaptionRecord>& records) {
    RecordFile file(path_);
    file.resume_after(RecordIndex(path_));
    for (const CaptionRecord& record : records) file.append(record);
  }
  std::vector<std::string> inputs() {
    std::vector<std::string> result;
    scan_records(path_, [&](const CaptionRecord& record, std::uint64_t) { result.push_back(record.input); });
    return result;
  }
  TempFolder folder_;
  const fs::path path_ = folder_ / "captions.jsonl";
};

TEST_F(RecordFileTest, FilesOfOthersAreRefusedAndLeftAlone) {
  for (const std::string text : {"\xFF\xD8\xFF JPEG", "a note without a line end", "{\"images\": []}\n", "\n", "[1]"}) {
    folder_.write("captions.jsonl", text);
    EXPECT_EQ(error_of([&] { RecordFile file(path_); }).first, ErrorCode::usage);
    EXPECT_EQ(error_of([&] { RecordIndex index(path_); }).first, ErrorCode::usage);
    EXPECT_EQ(read_text(path_), text);
  }
}

TEST_F(RecordFileTest, BrokenLineInTheMiddleIsNamedAndLeftAlone) {
  const std::string good = to_json_line(ok_record("a.jpg", "A dog."));
  for (const std::string bad :
       {R"({"version":"1"})", R"({"version":)", "", "null", R"({"version":"0.1.0","input":3})"}) {
    const std::string text = good + "\n" + bad + "\n" + good + "\n";
    folder_.write("captions.jsonl", text);
    const auto [code, message] = error_of([&] { RecordIndex index(path_); });
    EXPECT_EQ(code, ErrorCode::corrupt);
    EXPECT_THAT(message, HasSubstr("line 2"));
    EXPECT_EQ(read_text(path_), text);
  }
}

TEST_F(RecordFileTest, TornLastLineIsCutOffWhereverItIsTorn) {
  append({ok_record("a.jpg", "A dog."), ok_record("b.jpg", "A cat.")});
  const std::string whole = read_text(path_);
  const std::size_t first = whole.find('\n') + 1;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    folder_.write("captions.jsonl", whole.substr(0, length));
    append({ok_record("c.jpg", "A car.")});
    if (length < first) {
      ASSERT_THAT(inputs(), ElementsAre("c.jpg")) << length;
    } else {
      ASSERT_THAT(inputs(), ElementsAre("a.jpg", "c.jpg")) << length;
    }
  }
}

TEST_F(RecordFileTest, OpeningAloneChangesNothing) {
  const std::string text = to_json_line(ok_record("a.jpg", "A dog.")) + "\n{\"version\":\"0.1";
  folder_.write("captions.jsonl", text);
  { RecordFile file(path_); }
  EXPECT_EQ(read_text(path_), text);
}

TEST_F(RecordFileTest, NothingIsLeftBehindWhenNothingWasWritten) {
  { RecordFile file(path_); }
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(RecordFileTest, SecondWriterIsRefused) {
  RecordFile file(path_);
  const auto [code, message] = error_of([&] { RecordFile second(path_); });
  EXPECT_EQ(code, ErrorCode::io);
  EXPECT_THAT(message, HasSubstr("process " + std::to_string(::getpid())));
}

TEST_F(RecordFileTest, LockDiesWithItsProcess) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    RecordFile file(path_);
    file.append(ok_record("a.jpg", "A dog."));
    [[maybe_unused]] const auto written = ::write(ready[1], "x", 1);
    for (;;) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(error_of([&] { RecordFile second(path_); }).first, ErrorCode::io);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(fs::exists(path_.native() + ".lock"));
  append({ok_record("b.jpg", "A cat.")});
  EXPECT_THAT(inputs(), ElementsAre("a.jpg", "b.jpg"));
  EXPECT_FALSE(fs::exists(path_.native() + ".lock"));
}

TEST_F(RecordFileTest, OutputThatCannotBeWrittenIsRefused) {
  folder_.write("file", "");
  EXPECT_EQ(error_of([&] { RecordFile file(folder_ / "file/captions.jsonl"); }).first, ErrorCode::io);
  EXPECT_EQ(error_of([&] { RecordFile file("/proc/captions.jsonl"); }).first, ErrorCode::io);
  EXPECT_EQ(error_of([&] { resolve_output(folder_.path()); }).first, ErrorCode::usage);
  EXPECT_EQ(error_of([&] { resolve_output("/dev/null"); }).first, ErrorCode::usage);
  EXPECT_EQ(error_of([&] { resolve_output(folder_ / "new/"); }).first, ErrorCode::usage);
}

TEST_F(RecordFileTest, FullDiskLeavesWholeLines) {
  // A limit on the size of files stands for a full disk: the second record fits in part only.
  append({ok_record("a.jpg", "A dog.")});
  const auto size = fs::file_size(path_);
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit { size + 100, size + 100 };
    ::setrlimit(RLIMIT_FSIZE, &limit);
    RecordFile file(path_);
    file.resume_after(RecordIndex(path_));
    try {
      file.append(ok_record("b.jpg", "A cat."));
    } catch (const Error& e) {
      ::_exit(e.code() == ErrorCode::io ? 7 : 8);
    }
    ::_exit(9);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(fs::file_size(path_), size);
}

TEST_F(RecordFileTest, ClearStartsOver) {
  append({ok_record("a.jpg", "A dog.")});
  {
    RecordFile file(path_);
    file.clear();
    file.append(ok_record("b.jpg", "A cat."));
  }
  EXPECT_THAT(inputs(), ElementsAre("b.jpg"));
}

TEST_F(RecordFileTest, LinksAreResolvedSoThatTwoNamesShareOneLock) {
  fs::create_symlink("captions.jsonl", folder_ / "link.jsonl");
  EXPECT_EQ(resolve_output(folder_ / "link.jsonl"), path_);
  EXPECT_EQ(resolve_output(folder_ / "x/../captions.jsonl"), path_);
}

TEST_F(RecordFileTest, IndexKnowsWhatIsDone) {
  append({ok_record("a.jpg", "A dog."), error_record("b.jpg", "truncated"), ok_record("c.tif", "A page.", 2)});
  const RecordIndex index(path_);
  ASSERT_NE(index.find("a.jpg", 1, "sha-of-a.jpg"), nullptr);
  EXPECT_TRUE(index.find("a.jpg", 1, "sha-of-a.jpg")->ok);
  ASSERT_NE(index.find("b.jpg", 1, "sha-of-b.jpg"), nullptr);
  EXPECT_FALSE(index.find("b.jpg", 1, "sha-of-b.jpg")->ok);
  EXPECT_EQ(index.find("a.jpg", 1, "other"), nullptr);
  EXPECT_EQ(index.find("c.tif", 1, "sha-of-c.tif"), nullptr);
  ASSERT_NE(index.find("c.tif", 2, "sha-of-c.tif"), nullptr);
  EXPECT_EQ(RecordReader(path_).read(index.find("c.tif", 2, "sha-of-c.tif")->offset).caption, "A page.");
}

TEST_F(RecordFileTest, LaterLineStandsInForAnEarlierOne) {
  append({error_record("a.jpg", "truncated"), ok_record("b.jpg", "A cat."), ok_record("a.jpg", "A dog.")});
  const RecordIndex index(path_);
  EXPECT_EQ(index.size(), 2u);
  EXPECT_TRUE(index.find("a.jpg", 1, "sha-of-a.jpg")->ok);
  RecordReader reader(path_);
  std::vector<std::string> captions;
  for (const auto offset : latest_records(path_)) captions.push_back(reader.read(offset).caption.value_or("-"));
  EXPECT_THAT(captions, ElementsAre("A dog.", "A cat."));  // in the place of the first
}

TEST_F(RecordFileTest, OtherModelOrOptionsAreRefused) {
  append({ok_record("a.jpg", "A dog.")});
  const RecordIndex index(path_);
  EXPECT_NO_THROW(index.check_made_by("model", "options"));
  const auto [code, message] = error_of([&] { index.check_made_by("other", "options"); });
  EXPECT_EQ(code, ErrorCode::usage);
  EXPECT_THAT(message, HasSubstr("another model (tiny"));
  EXPECT_THAT(error_of([&] { index.check_made_by("model", "other"); }).second, HasSubstr("other options"));
  EXPECT_NO_THROW(RecordIndex().check_made_by("model", "options"));
}

TEST(CaptionRecord, HasTheFieldsOfTheContract) {
  const auto json = nlohmann::ordered_json::parse(to_json_line(ok_record("a.jpg", "A dog.")));
  std::vector<std::string> fields;
  for (const auto& [name, value] : json.items()) fields.push_back(name);
  EXPECT_THAT(fields,
              ElementsAre("version", "input", "frame", "input_sha256", "status", "caption", "log_prob", "alternatives",
                          "width", "height", "orientation", "model", "model_sha256", "options_sha256", "error"));
  EXPECT_EQ(json["status"], "ok");
  EXPECT_TRUE(json["error"].is_null());
  const auto failed = nlohmann::json::parse(to_json_line(error_record("a.jpg", "truncated")));
  EXPECT_EQ(failed["status"], "error");
  EXPECT_TRUE(failed["caption"].is_null());
  EXPECT_EQ(failed["error"]["code"], "corrupt");
  EXPECT_EQ(failed["error"]["message"], "truncated");
}

TEST(CaptionRecord, StartsAsEveryCaptionsFileDoes) {
  EXPECT_TRUE(to_json_line(ok_record("a.jpg", "")).starts_with(kCaptionFileStart));
}

TEST(CaptionRecord, SurvivesItsLine) {
  for (const CaptionRecord& record :
       {ok_record("\"quoted\"\n.jpg", "A \"dog\"\\ \xC3\xA4."), error_record("a.jpg", "bad\tbyte")}) {
    const std::string line = to_json_line(record);
    EXPECT_THAT(line, ::testing::Not(HasSubstr("\n")));
    EXPECT_EQ(to_json_line(parse_caption_record(line)), line);
  }
}

TEST(CaptionRecord, TextThatIsNotUtf8DoesNotEndARun) {
  EXPECT_NO_THROW(parse_caption_record(to_json_line(error_record("a.jpg", "\xFF"))));
}

}  // namespace
}  // namespace fovea::pipeline
