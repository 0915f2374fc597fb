/// `fovea highlight`, `fovea info` and `fovea import` on models of other libraries.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/highlight_fixture.hpp"
#include "fovea/error.hpp"
#include "fovea/highlighter.hpp"
#include "fovea/import.hpp"
#include "io/npy.hpp"
#include "io/safetensors.hpp"
#include "nn/weights.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::read_text;
using tests::run_fovea;

fs::path golden_folder(const std::string& name) { return fs::path(FOVEA_TEST_DATA_DIR) / "models" / name; }

class ClassifierCommand : public tests::HighlightFixture {
 protected:
  /// A chest X-ray of 60 x 80 pixels, made of grey values.
  void write_xray(const std::string& name) {
    const tests::ScanMaker scan{.rows = 60, .columns = 80};
    write_scan(name, scan);
  }
  tests::Outcome with_model(const std::string& model, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"highlight", "--model", golden_folder(model), "-o", "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_fovea(arguments, folder_.path());
  }
};

TEST_F(ClassifierCommand, ChestXRaysGetScoresAndMaps) {
  write_xray("scans/a.dcm");
  const auto outcome = with_model("torchxrayvision", {"scans", "--label", "Mass", "--dicom", "sc,seg,sr"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json finding = json_of("out/a.dcm/findings.json");
  EXPECT_THAT(finding["scores"], SizeIs(3));
  EXPECT_EQ(finding["explained"], "Mass");
  for (const char* field : {"anomaly_score", "anomaly_threshold", "caption", "distance", "unfamiliar"}) {
    EXPECT_TRUE(finding[field].is_null()) << field;
  }
  EXPECT_THAT(finding["notices"].get<std::vector<std::string>>(),
              Contains("the heat map shows where the model looked for Mass, not what is abnormal"));
  EXPECT_EQ(finding["width"], 80);
  for (const auto& region : finding["regions"]) EXPECT_EQ(region["label"], "Mass");
  const auto map = io::read_npy(folder_ / "out/a.dcm/heat_map.npy");
  ASSERT_EQ(map.width, 80);
  ASSERT_EQ(map.height, 60);
  for (const int column : {0, 9, 70, 79}) EXPECT_EQ(map.values[static_cast<std::size_t>(20 * 80 + column)], 0);
  EXPECT_LE(*std::max_element(map.values.begin(), map.values.end()), finding["scores"]["Mass"].get<double>() + 1e-5);
  EXPECT_TRUE(exists("out/a.dcm/sc.dcm"));
  EXPECT_FALSE(exists("out/a.dcm/seg.dcm"));
  for (const char* object : {"seg", "sr"}) {
    EXPECT_THAT(finding["refused"][object], HasSubstr("where the model looked for Mass")) << object;
  }
}

TEST_F(ClassifierCommand, OtherLabelsAreOtherOptions) {
  write_xray("scans/a.dcm");
  ASSERT_EQ(with_model("torchxrayvision", {"scans"}).code, 0);
  EXPECT_EQ(with_model("torchxrayvision", {"scans"}).code, 0);
  EXPECT_EQ(with_model("torchxrayvision", {"scans", "--label", "Edema"}).code, 2) << "the output has other options";
  const auto unknown = with_model("torchxrayvision", {"scans", "--label", "Cat", "--no-resume"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("label is 'Cat'"), HasSubstr("Lung Lesion")));
}

TEST_F(ClassifierCommand, AModelThatMarksTakesNoLabel) {
  write_xray("scans/a.dcm");
  const auto outcome = highlight({"scans", "--label", "malignant"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("marks what is abnormal, whatever its label"));
}

TEST_F(ClassifierCommand, PipelineFilesMayNameTheLabel) {
  write_xray("scans/a.dcm");
  const json pipeline{{"pipeline", "highlight"},
                      {"model", golden_folder("torchxrayvision").string()},
                      {"highlight", {{"label", "Edema"}}}};
  folder_.write("job.json", pipeline.dump());
  const auto outcome = run_fovea({"run", "job.json", "scans", "-o", "out"}, folder_.path());
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(json_of("out/a.dcm/findings.json")["explained"], "Edema");
}

TEST_F(ClassifierCommand, AnEncoderAloneIsRefused) {
  write_xray("scans/a.dcm");
  const auto outcome = with_model("vit-headless", {"scans"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("marks nothing"));
}

TEST_F(ClassifierCommand, InfoTellsAboutEveryKindOfFolder) {
  const auto info = [&](const std::string& name) {
    const auto outcome = run_fovea({"info", golden_folder(name), "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out);
  };
  const auto xray = info("torchxrayvision");
  EXPECT_EQ(xray["family"], "torchxrayvision-densenet");
  EXPECT_EQ(xray["input_width"], 64);
  EXPECT_EQ(xray["labels"], (json{"Edema", "Mass", "Lung Lesion"}));
  EXPECT_THAT(xray["preprocessing"], HasSubstr("central square to 64 x 64"));
  EXPECT_EQ(xray["licence"], "not stated");
  EXPECT_GT(xray["parameters"], 1000);
  const auto vit = info("timm-vit");
  EXPECT_EQ(vit["architecture"], "timm/vit_tiny_patch16_224");
  EXPECT_EQ(vit["family"], "vit");
  EXPECT_THAT(vit["labels"], SizeIs(4));
  const auto blip = info("blip");
  EXPECT_EQ(blip["family"], "blip");
  EXPECT_GT(blip["vocabulary"], 1);
  EXPECT_THAT(blip["preprocessing"], HasSubstr("squashed to"));
  EXPECT_THAT(info("vit-headless")["labels"], SizeIs(0));
  const auto own = run_fovea({"info", "model", "--json"}, folder_.path());
  EXPECT_THAT(json::parse(own.out)["preprocessing"], HasSubstr("squashed to"));
}

class Import : public ClassifierCommand {
 protected:
  tests::Outcome import(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "import");
    return run_fovea(arguments, folder_.path());
  }
  std::string report() const { return read_text(folder_ / "new/import-report.txt"); }
};

TEST_F(Import, AFolderGivesTheSameModel) {
  const auto outcome = import({golden_folder("resnet"), "-o", "new"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("architecture: ResNetForImageClassification"), HasSubstr("folded")));
  EXPECT_THAT(report(),
              AllOf(HasSubstr("folded   resnet.embedder.embedder.convolution.weight [8, 3, 7, 7] -> stem.weight\n"),
                    HasSubstr("resnet.embedder.embedder.normalization.running_var [8] -> stem.weight, stem.bias\n"),
                    HasSubstr("used     classifier.1.weight [3, 48] -> classifier.weight\n"),
                    HasSubstr("ignored  resnet.embedder.embedder.normalization.num_batches_tracked []\n")));
  write_photo("photo.png", 3);
  const auto scores = [&](const fs::path& model) {
    return Highlighter(Model::open(model)).find(load_image(folder_ / "photo.png")).scores;
  };
  EXPECT_EQ(scores(folder_ / "new"), scores(golden_folder("resnet")));
}

TEST_F(Import, ACaptionerKeepsItsFiles) {
  ASSERT_EQ(import({golden_folder("vit-gpt2"), "-o", "new", "--float16"}).code, 0);
  for (const char* name : {"config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json"}) {
    EXPECT_TRUE(exists(fs::path("new") / name)) << name;
  }
  EXPECT_THAT(report(), HasSubstr("split    "));
  const io::SafetensorsFile weights(folder_ / "new/model.safetensors");
  for (const auto& [name, tensor] : weights.tensors()) {
    EXPECT_EQ(io::to_string(tensor.dtype), "F16") << name;
  }
  EXPECT_GT(Model::open(folder_ / "new")->info().vocabulary_size, 0);
}

TEST_F(Import, AFileOfWeightsIsDescribedByItsArchitecture) {
  const auto weights = golden_folder("torchvision-vit") / "model.safetensors";
  const auto bare = import({weights, "-o", "new"});
  EXPECT_EQ(bare.code, 2);
  EXPECT_THAT(bare.err, AllOf(HasSubstr("no config.json"), HasSubstr("torchvision/resnet50")));
  EXPECT_EQ(import({weights, "-o", "new", "--architecture", "keras/resnet50"}).code, 2);
  const auto other = import({weights, "-o", "new", "--architecture", "torchvision/alexnet"});
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, HasSubstr("'alexnet'"));
  const auto wrong = import({weights, "-o", "new", "--architecture", "torchvision/resnet18"});
  EXPECT_EQ(wrong.code, 3);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("missing: bn1.weight"), HasSubstr("unexpected: ")));
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("new")) << entry.path();
  }
}

TEST_F(Import, LabelsAreCountedAndNamed) {
  // torchvision's networks have published sizes; the values do not matter here.
  nn::TensorMap tensors;
  std::ifstream list(golden_folder("torchvision-mobilenet_v3_small") / "weights.txt");
  for (std::string line; std::getline(list, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    std::vector<std::int64_t> shape;
    for (std::int64_t size = 0; words >> size;) shape.push_back(size);
    tensors.emplace(name, at::full(shape, 0.01));
  }
  nn::write_tensors(folder_ / "weights.safetensors", tensors, at::kFloat);
  const std::vector<std::string> command{"weights.safetensors", "-o", "new", "--architecture",
                                         "torchvision/mobilenet_v3_small"};
  const auto with = [&](const std::string& labels) {
    folder_.write("labels.txt", labels);
    auto arguments = command;
    arguments.insert(arguments.end(), {"--labels", "labels.txt", "--float16"});
    return import(arguments);
  };
  const auto few = with("cat\ndog\n");
  EXPECT_EQ(few.code, 2);
  EXPECT_THAT(few.err, HasSubstr("2 labels are given, but the classifier has 5"));
  const auto outcome = with("cat\ndog\nowl\nfox\nhen\n");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(json_of("new/config.json"), (json{{"library", "torchvision"},
                                              {"architecture", "mobilenet_v3_small"},
                                              {"resize_size", 256},
                                              {"interpolation", "bilinear"},
                                              {"num_classes", 5},
                                              {"label_names", {"cat", "dog", "owl", "fox", "hen"}}}));
  EXPECT_THAT(Model::open(folder_ / "new")->info().labels, ::testing::ElementsAre("cat", "dog", "owl", "fox", "hen"));
  fs::remove_all(folder_ / "new");
  ASSERT_EQ(import(command).code, 0);
  EXPECT_EQ(Model::open(folder_ / "new")->info().labels.back(), "LABEL_4");

  tensors.at("classifier.3.bias").fill_(1e6);
  nn::write_tensors(folder_ / "weights.safetensors", tensors, at::kFloat);
  fs::remove_all(folder_ / "new");
  const auto large = with("cat\ndog\nowl\nfox\nhen\n");
  EXPECT_EQ(large.code, 3);
  EXPECT_THAT(large.err, AllOf(HasSubstr("classifier.3.bias"), HasSubstr("float16 cannot hold")));
}

TEST_F(Import, OutputsThatAreThereAreLeftAlone) {
  folder_.write("new/notes.txt", "mine");
  const auto outcome = import({golden_folder("vit"), "-o", "new"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("is there and not an empty folder"));
  EXPECT_EQ(read_text(folder_ / "new/notes.txt"), "mine");
  const auto ours = import({"model", "-o", "other"});
  EXPECT_EQ(ours.code, 2);
  EXPECT_THAT(ours.err, HasSubstr("needs no import"));
}

TEST_F(Import, MissingTensorsAreNamed) {
  fs::copy(golden_folder("vit"), folder_ / "vit");
  auto config = json::parse(read_text(folder_ / "vit/config.json"));
  config["num_hidden_layers"] = config["num_hidden_layers"].get<int>() + 1;
  folder_.write("vit/config.json", config.dump());
  const auto outcome = import({"vit", "-o", "new"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("missing: vit.encoder.layer."));
  EXPECT_FALSE(exists("new"));
}

}  // namespace
}  // namespace fovea
