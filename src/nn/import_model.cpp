#include <memory>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

#include <ATen/ops/isfinite.h>

#include "fovea/error.hpp"
#include "fovea/import.hpp"
#include "io/file.hpp"
#include "nn/backbone_families.hpp"
#include "nn/foreign_captioner.hpp"
#include "nn/foreign_folder.hpp"
#include "nn/model_folder.hpp"
#include "nn/name_map.hpp"
#include "nn/torchvision_files.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using nn::TensorFate;
using text::OrderedJson;

constexpr const char* kConfig = "config.json";
constexpr const char* kWeights = "model.safetensors";
constexpr const char* kReport = "import-report.txt";

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::usage, "import: " + what); }

/// The configuration that `architecture` stands for, but for what the weights tell.
OrderedJson named_config(const std::string& architecture) {
  const auto slash = architecture.find('/');
  const auto library = architecture.substr(0, slash);
  if (slash == std::string::npos || (library != "torchvision" && library != "timm")) {
    refuse("architecture is '" + architecture +
           "'; expected torchvision/NAME or timm/NAME, such as torchvision/resnet50");
  }
  return {{"library", library}, {"architecture", architecture.substr(slash + 1)}};
}

/// Where a model comes from.
struct Source {
  nn::ForeignFolder folder;
  nn::TensorMap tensors;
  std::optional<OrderedJson> config{};  ///< made here; nothing: the folder has it
};

void check(const ImportOptions& options) {
  std::error_code error;
  if (options.output.empty()) refuse("output is empty; expected the folder that is to be made");
  if (!fs::exists(options.source, error)) {
    throw Error(ErrorCode::io, "import: " + options.source.string() + " does not exist");
  }
  if (fs::exists(options.output, error) &&
      !(fs::is_directory(options.output, error) && fs::is_empty(options.output, error))) {
    refuse("output " + options.output.string() + " is there and not an empty folder; choose another name");
  }
  const bool described = fs::is_directory(options.source) && fs::exists(options.source / kConfig);
  if (described && !options.architecture.empty()) {
    refuse("architecture is '" + options.architecture + "', but " + (options.source / kConfig).string() +
           " says what the model is; leave it out");
  }
  if (!described && options.architecture.empty()) {
    refuse(options.source.string() +
           " has no config.json; say what the weights belong to with architecture, such as torchvision/resnet50");
  }
  if (described && !options.labels.empty()) refuse("labels are given, but the folder has its own; leave them out");
}

/// What torchvision's networks see, so that it can be read and changed.
void add_pixels(OrderedJson& json, const nn::BackboneBlueprint& blueprint) {
  const auto& shape = blueprint.network->shape();
  if (shape.kind == nn::BackboneKind::transformer) json["image_size"] = shape.input_height;
  json["resize_size"] = blueprint.input.shortest_edge;
  json["interpolation"] = blueprint.input.filter == image::Filter::bicubic ? "bicubic" : "bilinear";
}

/// Adds what the weights tell: the number of labels, with their names, and the size of torchvision's images.
void complete(OrderedJson& json, const nn::TensorMap& tensors, const std::vector<std::string>& labels,
              const std::string& source) {
  const nn::ForeignConfig config(json, source);
  const auto* family = nn::find_backbone_family(config);
  if (family == nullptr) {
    throw Error(ErrorCode::unsupported, source + ": no family of image encoders has the architecture '" +
                                            config.text("architecture", "") + "'; docs/models.md lists them");
  }
  const auto blueprint = family->blueprint(config, tensors);
  if (nn::naming_of(config) == nn::Naming::torchvision) add_pixels(json, blueprint);
  const auto count = blueprint.labels.size();
  json["num_classes"] = count;
  if (labels.empty()) return;
  if (labels.size() != count) {
    refuse(std::to_string(labels.size()) + " labels are given, but the classifier has " + std::to_string(count));
  }
  json["label_names"] = labels;
}

Source open_source(const ImportOptions& options) {
  if (options.architecture.empty()) {
    nn::ForeignFolder folder(options.source);
    auto tensors = folder.tensors();
    return {std::move(folder), std::move(tensors)};
  }
  auto json = named_config(options.architecture);
  auto tensors = nn::map_tensors(options.source);
  if (const auto pixels = nn::torchvision_pixels(options.source); pixels && json["library"] == "torchvision") {
    json["resize_size"] = pixels->resize_size;
    json["interpolation"] = pixels->interpolation;
  }
  complete(json, tensors, options.labels, options.source.string());
  nn::ForeignFolder folder(options.source, nn::ForeignConfig(json, options.source.string()));
  return {std::move(folder), std::move(tensors), json};
}

/// What becomes of each tensor, by the family that the configuration names.
std::vector<TensorFate> fates_of(const Source& source) {
  const auto& config = source.folder.config();
  const auto where = source.folder.path().string();
  const auto type = config.text("model_type", "");
  for (const auto& family : nn::captioner_families()) {
    if (family.model_type != type) continue;
    const auto blueprint = family.blueprint(source.folder, source.tensors);
    torch::nn::Module network;
    network.register_module("encoder", blueprint.encoder);
    network.register_module("decoder", blueprint.decoder);
    return trace_foreign_weights(network, source.tensors, blueprint.names, where);
  }
  if (const auto* family = nn::find_backbone_family(config)) {
    const auto blueprint = family->blueprint(config, source.tensors);
    return trace_foreign_weights(*blueprint.network, source.tensors, blueprint.names, where);
  }
  const auto ours = Model::open(source.folder.path());  // or an error that says what there is
  refuse(where + " is a model of Fovea's own (" + ours->info().architecture + "), which needs no import");
}

void check_half(const std::string& name, const at::Tensor& tensor) {
  if (!tensor.is_floating_point() || tensor.to(at::kHalf).isfinite().all().item<bool>()) return;
  if (!tensor.isfinite().all().item<bool>()) return;  // as it was
  throw Error(ErrorCode::model, "import: " + name + " has values beyond 65504, which float16 cannot hold; import it " +
                                    "without float16");
}

const char* text_of(TensorFate::Use use) {
  switch (use) {
    case TensorFate::Use::whole:
      return "used";
    case TensorFate::Use::split:
      return "split";
    case TensorFate::Use::joined:
      return "joined";
    case TensorFate::Use::folded:
      return "folded";
    case TensorFate::Use::ignored:
      break;
  }
  return "ignored";
}

/// A folder beside the output, which becomes it when it is whole.
class Staging {
 public:
  explicit Staging(fs::path output)
      : output_(std::move(output)), folder_(output_.string() + ".partial-" + std::to_string(std::random_device{}())) {
    if (output_.has_parent_path()) io::make_folder(output_.parent_path());
    std::error_code error;
    if (fs::create_directory(folder_, error)) return;  // nobody's folder
    throw Error(ErrorCode::io, "cannot make " + folder_.string() + ": " + error.message());
  }
  ~Staging() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  fs::path operator/(const fs::path& name) const { return folder_ / name; }
  const fs::path& path() const noexcept { return folder_; }

  void publish() const {
    std::error_code error;
    fs::remove(output_, error);  // an empty folder
    fs::rename(folder_, output_, error);
    if (error) throw Error(ErrorCode::io, "cannot make " + output_.string() + ": " + error.message());
  }

 private:
  fs::path output_;
  fs::path folder_;
};

void copy_to(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  if (error) throw Error(ErrorCode::io, "cannot copy " + from.string() + " to " + to.string() + ": " + error.message());
}

/// @param output without a separator at its end
fs::path plain(const fs::path& output) { return output.has_filename() ? output : output.parent_path(); }

}  // namespace

ImportReport import_model(const ImportOptions& options) {
  check(options);
  const auto source = open_source(options);
  const auto fates = fates_of(source);
  ImportReport report;
  nn::TensorMap kept;
  for (const auto& fate : fates) {
    const auto& tensor = source.tensors.at(fate.name);
    report.tensors.push_back({fate.name, tensor.sizes().vec(), text_of(fate.use), fate.ours});
    if (fate.use == TensorFate::Use::ignored) continue;
    if (options.float16) check_half(fate.name, tensor);
    kept.emplace(fate.name, tensor);
  }

  const Staging staging(plain(options.output));
  report.files = {std::string(kConfig), std::string(kWeights)};
  if (source.config) {
    nn::write_model_text(staging / kConfig, source.config->dump(2) + "\n");
  } else {
    copy_to(options.source / kConfig, staging / kConfig);
    for (const auto& file : source.folder.side_files()) {
      copy_to(file, staging / file.filename());
      report.files.push_back(file.filename().string());
    }
  }
  const auto floating = options.float16 ? std::optional(at::kHalf) : std::nullopt;
  nn::write_tensors(staging / kWeights, kept, floating, {{"format", "pt"}});
  report.files.emplace_back(kReport);
  report.model = Model::open(staging.path())->info();
  report.model.id = plain(options.output).filename().string();
  nn::write_model_text(staging / kReport, to_text(report));
  staging.publish();
  return report;
}

std::string to_text(const ImportReport& report) {
  std::string text;
  for (const auto& tensor : report.tensors) {
    text += tensor.fate + std::string(9 - tensor.fate.size(), ' ') + tensor.name + " [";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i)
      text += (i == 0 ? "" : ", ") + std::to_string(tensor.shape[i]);
    text += "]";
    for (std::size_t i = 0; i < tensor.weights.size(); ++i) text += (i == 0 ? " -> " : ", ") + tensor.weights[i];
    text += "\n";
  }
  return text;
}

}  // namespace fovea
