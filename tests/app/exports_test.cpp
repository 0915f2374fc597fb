#include "pipeline/exports.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/records.hpp"
#include "app/temp_folder.hpp"
#include "fovea/error.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ElementsAre;
using tests::error_record;
using tests::ok_record;
using tests::read_text;
using tests::TempFolder;

class ExportsTest : public ::testing::Test {
 protected:
  void write(const std::vector<CaptionRecord>& records) {
    std::ofstream file(records_);
    for (const CaptionRecord& record : records) file << to_json_line(record) << '\n';
  }
  TempFolder folder_;
  const fs::path records_ = folder_ / "captions.jsonl";
  const fs::path csv_ = folder_ / "captions.csv";
  const fs::path results_ = folder_ / "captions.coco.json";
  const fs::path images_ = folder_ / "captions.coco-images.json";
};

TEST_F(ExportsTest, NamesGoBesideTheRecords) {
  EXPECT_EQ(export_path(records_, "csv"), csv_);
  EXPECT_EQ(export_path(records_, "coco.json"), results_);
}

TEST_F(ExportsTest, BrokenRecordsLeaveNoExport) {
  folder_.write("captions.jsonl", R"({"version":"0.1.0"})"
                                  "\n");
  EXPECT_THROW(export_csv(records_, csv_), Error);
  EXPECT_THROW(export_coco(records_, results_, images_), Error);
  EXPECT_FALSE(fs::exists(csv_));
  EXPECT_FALSE(fs::exists(results_));
}

TEST_F(ExportsTest, CsvQuotesWhatNeedsIt) {
  write({ok_record("a,\"b\"\n.jpg", "A dog."), error_record("b.jpg", "empty")});
  EXPECT_EQ(read_text(csv_), "");
  export_csv(records_, csv_);
  EXPECT_EQ(read_text(csv_),
            "version,input,frame,input_sha256,status,caption,log_prob,alternatives,width,height,orientation,model,"
            "model_sha256,options_sha256,error_code,error_message\n"
            "0.1.0,\"a,\"\"b\"\"\n.jpg\",1,\"sha-of-a,\"\"b\"\"\n.jpg\",ok,A dog.,-4.25,"
            "\"[{\"\"caption\"\":\"\"Another.\"\",\"\"log_prob\"\":-5.5}]\",640,480,6,tiny,model,options,,\n"
            "0.1.0,b.jpg,1,sha-of-b.jpg,error,,,[],,,,tiny,model,options,corrupt,empty\n");
}

TEST_F(ExportsTest, CocoHasResultsAndTheTableOfIds) {
  write({ok_record("a.jpg", "A dog."), error_record("b.jpg", "empty"), ok_record("c.tif", "A page.", 2)});
  export_coco(records_, results_, images_);
  EXPECT_EQ(json::parse(read_text(results_)),
            json::parse(R"([{"image_id": 1, "caption": "A dog."}, {"image_id": 3, "caption": "A page."}])"));
  EXPECT_EQ(json::parse(read_text(images_)), json::parse(R"({"images": [
    {"id": 1, "file_name": "a.jpg", "frame": 1, "width": 640, "height": 480},
    {"id": 2, "file_name": "b.jpg", "frame": 1, "width": null, "height": null},
    {"id": 3, "file_name": "c.tif", "frame": 2, "width": 640, "height": 480}]})"));
}

TEST_F(ExportsTest, TheLastRecordOfAnImageCounts) {
  CaptionRecord changed = ok_record("a.jpg", "A cat.");
  changed.input_sha256 = "other";
  write({ok_record("a.jpg", "A dog."), error_record("b.jpg", "empty"), ok_record("b.jpg", "A car."), changed});
  export_coco(records_, results_, images_);
  EXPECT_EQ(json::parse(read_text(results_)),
            json::parse(R"([{"image_id": 1, "caption": "A cat."}, {"image_id": 2, "caption": "A car."}])"));
}

TEST_F(ExportsTest, NoRecordsGiveEmptyFiles) {
  write({});
  export_coco(records_, results_, images_);
  EXPECT_EQ(json::parse(read_text(results_)), json::array());
  EXPECT_EQ(json::parse(read_text(images_)), json::parse(R"({"images": []})"));
}

}  // namespace
}  // namespace fovea::pipeline
