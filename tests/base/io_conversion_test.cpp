/// The lines that errors about files of torch.save name, run as they stand: they need a Python with torch, safetensors
/// and torchxrayvision (FOVEA_REFERENCE_PYTHON; './dev parity' runs them so), and are skipped without. Their twins
/// (StubConversion) run the same lines with any Python and stand-ins of those packages.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "io/safetensors.hpp"
#include "io/weights_file.hpp"
#include "shell.hpp"
#include "torch_file_maker.hpp"

namespace fovea::io {
namespace {

namespace fs = std::filesystem;

using tests::quoted;
using tests::read_text;
using tests::run_shell;

const fs::path kFolder = FOVEA_TEST_DATA_DIR "/io/weights";

/// The line that the error about a file ends with.
std::string line_about(const fs::path& file) {
  try {
    open_weights(file);
  } catch (const Error& error) {
    const std::string message = error.what();
    const auto begin = message.find("python3 -c");
    return begin == std::string::npos ? "" : message.substr(begin);
  }
  return "";
}

fs::path x_ray_file(const tests::TempFolder& folder) {
  return folder.write("x.pt", test::torch_file("\x80\x02"
                                               "ctorchxrayvision.models\nDenseNet\n."));
}

TEST(ConversionDocs, HoldTheLinesOfTheErrors) {
  const tests::TempFolder folder;
  const auto x_ray = x_ray_file(folder);
  const std::string page = tests::read_text(FOVEA_SOURCE_DIR "/docs/models.md");
  for (const fs::path& file : {kFolder / "old_form.pth", kFolder / "module.pth", x_ray}) {
    const std::string line = line_about(file);
    const std::string program = line.substr(0, line.rfind("\" '"));
    EXPECT_GT(program.size(), 100U) << file;
    EXPECT_NE(page.find("    " + program + "\" "), std::string::npos) << program;
  }
}

/// The lines with stand-ins: torch.load evaluates a file that holds an expression, and save_file writes names.
class StubConversion : public testing::Test {
 protected:
  void SetUp() override {
    if (!tests::has_program("python3")) {
      GTEST_SKIP()
          << "no python3; ConversionDocs and TorchFile.WhatIsNoStateDictIsRefusedByNameWithTheLineThatConvertsIt "
             "are the smaller tests";
    }
    folder_.write("torch.py", R"(
class Tensor:
    def clone(self): return self
    contiguous = clone
    def tolist(self): return [0.5, float('nan')]
class Module:
    targets = ['A', 'B']
    def __init__(self, **tensors): self.tensors = tensors
    def modules(self): return [self]
    def state_dict(self): return dict(self.tensors)
def is_tensor(value): return isinstance(value, Tensor)
def load(path, map_location, weights_only): return eval(open(path).read(), dict(t=Tensor(), Module=Module))
)");
    folder_.write("torchxrayvision.py", "class models: model_urls = {}\n");
    folder_.write("safetensors/__init__.py", "");
    folder_.write("safetensors/torch.py", "def save_file(d, path): open(path, 'w').write(' '.join(d))\n");
  }

  /// Runs the line of the error about a file on a checkpoint instead; gives what is written, or the message.
  std::string convert(const fs::path& file, const std::string& checkpoint, const std::string& output = "out") const {
    const std::string line = line_about(file);
    folder_.write("in", checkpoint);
    fs::remove_all(folder_ / "out");
    const auto outcome = run_shell("cd " + quoted(folder_.path()) + " && PYTHONPATH=. " +
                                   line.substr(0, line.rfind("\" '") + 1) + " in out");
    return outcome.status == 0 ? read_text(folder_ / output) : outcome.text;
  }

  const tests::TempFolder folder_;
};

TEST_F(StubConversion, TakesTheFirstDictThatHoldsTensors) {
  for (const fs::path& file : {kFolder / "old_form.pth", kFolder / "module.pth"}) {
    EXPECT_EQ(convert(file, "{'a': t, 'b': t, 'epoch': 3}"), "a b") << file;
    for (const std::string key : {"state_dict", "model_state_dict", "model", "teacher", "student"})
      EXPECT_EQ(convert(file, "{'" + key + "': {'a': t}, 'x': t}"), "a") << file << " " << key;
    EXPECT_EQ(convert(file, "{'model': 'vit_small', 'teacher': {'a': t}, 'student': {'b': t}}"), "a") << file;
    EXPECT_EQ(convert(file, "{'state_dict': {}, 'model': {'a': t}}"), "a") << file;
    for (const std::string nothing : {"{}", "t", "[t]", "{'net': {'a': t}}", "None"})
      EXPECT_EQ(convert(file, nothing), "in: no tensors found\n") << file << " " << nothing;
  }
}

TEST_F(StubConversion, TakesTheWeightsOfModules) {
  EXPECT_EQ(convert(kFolder / "module.pth", "Module(a=t)"), "a");
  EXPECT_EQ(convert(kFolder / "module.pth", "{'model': Module(a=t), 'epoch': 3}"), "a");
}

TEST_F(StubConversion, WritesTheConfigurationOfXRayModels) {
  const auto x_ray = x_ray_file(folder_);
  EXPECT_EQ(convert(x_ray, "Module(a=t, op_threshs=t)", "out/model.safetensors"), "a");
  const auto config = nlohmann::json::parse(read_text(folder_ / "out/config.json"));
  EXPECT_EQ(config["pathologies"], nlohmann::json::array({"A", "B"}));
  EXPECT_EQ(config["op_threshs"], nlohmann::json::array({0.5, nullptr}));
  EXPECT_EQ(config["input_size"], 224);
}

class Conversion : public testing::Test {
 protected:
  void SetUp() override {
    const char* python = std::getenv("FOVEA_REFERENCE_PYTHON");
    if (python == nullptr) {
      GTEST_SKIP()
          << "no Python with torch, safetensors and torchxrayvision (FOVEA_REFERENCE_PYTHON); StubConversion is "
             "the smaller test";
    }
    // The lines call python3.
    folder_.write("bin/python3", std::string("#!/bin/sh\nexec ") + quoted(python) + " \"$@\"\n");
    fs::permissions(folder_ / "bin/python3", fs::perms::owner_all);
  }

  void run(const std::string& command) const {
    const auto outcome =
        run_shell("cd " + quoted(folder_.path()) + " && PATH=" + quoted(folder_ / "bin") + ":$PATH && " + command);
    ASSERT_EQ(outcome.status, 0) << command << "\n" << outcome.text;
  }

  /// Expects the tensors of a file of goldens.
  static void expect_goldens(const Weights& weights, const std::string& file) {
    const SafetensorsFile goldens(kFolder / "goldens.safetensors");
    std::size_t count = 0;
    for (const auto& [name, golden] : goldens.tensors()) {
      if (!name.starts_with(file + "/")) continue;
      ++count;
      const auto tensor = weights.tensors.find(name.substr(file.size() + 1));
      ASSERT_NE(tensor, weights.tensors.end()) << name;
      EXPECT_EQ(tensor->second.shape, golden.shape) << name;
      EXPECT_THAT(tensor->second.bytes, testing::ElementsAreArray(golden.bytes.begin(), golden.bytes.end())) << name;
    }
    EXPECT_EQ(weights.tensors.size(), count);
  }

  const tests::TempFolder folder_;
};

TEST_F(Conversion, StateDictsOfTheOldForm) {
  const auto file = folder_ / "it's old.pth";  // a name that a shell would take apart
  fs::copy_file(kFolder / "old_form.pth", file);
  run(line_about(file));
  expect_goldens(open_weights(folder_ / "model.safetensors"), "state_dict.pth");
}

TEST_F(Conversion, WholeModules) {
  run(line_about(kFolder / "module.pth"));
  expect_goldens(open_weights(folder_ / "model.safetensors"), "state_dict.pth");
}

TEST_F(Conversion, CheckpointsOfTeachers) {
  run("python3 -c \"import torch; torch.save({'model': 'vit', 'teacher': {'a': torch.ones(2)}, "
      "'student': {'b': torch.ones(2)}}, 'teacher.pth', _use_new_zipfile_serialization=False)\"");
  run(line_about(folder_ / "teacher.pth"));
  const auto weights = open_weights(folder_ / "model.safetensors");
  ASSERT_EQ(weights.tensors.size(), 1U);
  EXPECT_EQ(weights.tensors.begin()->first, "a");
}

/// A DenseNet of TorchXRayVision with random weights, saved as `save` says; both its weights by themselves and what
/// the line makes of it must agree, and the line must write the configuration.
class XRayConversion : public Conversion {
 protected:
  nlohmann::json convert(const std::string& name, const std::string& save) const {
    const std::string make =
        "import torch, torchxrayvision as xrv; torch.manual_seed(1); "
        "m = xrv.models.DenseNet(growth_rate=4, block_config=(2, 2, 2, 2), num_init_features=8); "
        "torch.save(m.state_dict(), 'expected.pth'); " +
        save;
    run("python3 -c \"" + make + "\"");
    run(line_about(folder_ / name));
    const auto expected = open_weights(folder_ / "expected.pth");
    const auto weights = open_weights(folder_ / "torchxrayvision-densenet");
    EXPECT_EQ(weights.tensors.size(), expected.tensors.size());
    for (const auto& [tensor_name, tensor] : expected.tensors) {
      const auto found = weights.tensors.find(tensor_name);
      if (found == weights.tensors.end()) {
        ADD_FAILURE() << "missing: " << tensor_name;
      } else {
        EXPECT_TRUE(std::ranges::equal(found->second.bytes, tensor.bytes)) << tensor_name;
      }
    }
    return nlohmann::json::parse(read_text(folder_ / "torchxrayvision-densenet/config.json"));
  }
};

TEST_F(XRayConversion, AFileAsItIsPublished) {
  // Modules of the torch that wrote the published files lack an attribute, and their form is the old one; the name of
  // the file tells what it was trained on.
  const std::string name =
      "nih-pc-chex-mimic_ch-google-openi-kaggle-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt";
  const auto config =
      convert(name, "[vars(x).pop('_non_persistent_buffers_set') for x in m.modules()]; torch.save(m, '" + name +
                        "', _use_new_zipfile_serialization=False)");
  EXPECT_EQ(config["architectures"], nlohmann::json::array({"TorchXRayVisionDenseNet"}));
  EXPECT_EQ(config["model_type"], "torchxrayvision-densenet");
  EXPECT_EQ(config["input_size"], 224);
  ASSERT_EQ(config["pathologies"].size(), 18U);
  EXPECT_EQ(config["pathologies"][0], "Atelectasis");
  ASSERT_EQ(config["op_threshs"].size(), 18U);
  EXPECT_NEAR(config["op_threshs"][0].get<double>(), 0.07422872, 1e-8);
}

TEST_F(XRayConversion, AModelThatWasSavedAgain) {
  const auto config = convert("again.pth",
                              "m.op_threshs = torch.tensor([0.25] * 17 + [float('nan')]); "
                              "m.pathologies = ['A'] * 18; m.input_resolution = 112; torch.save(m, 'again.pth')");
  EXPECT_EQ(config["input_size"], 112);
  EXPECT_EQ(config["pathologies"][17], "A");
  EXPECT_EQ(config["op_threshs"][0], 0.25);
  EXPECT_TRUE(config["op_threshs"][17].is_null());
}

TEST_F(XRayConversion, AModelWithoutOperatingPoints) {
  const auto config = convert("plain.pth", "torch.save(m, 'plain.pth')");
  EXPECT_TRUE(config["op_threshs"].is_null());
  EXPECT_EQ(config["pathologies"].size(), 18U);
}

}  // namespace
}  // namespace fovea::io
