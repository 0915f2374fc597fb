#include <filesystem>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "fovea/run.hpp"
#include "fovea/train.hpp"

namespace fovea::cli {
namespace {

constexpr std::string_view kDetails =
    R"(The mean of models that were trained from the same one, each in its own way, is often better than each of them, and
as fast. Sizes and words must be the same; name and licence are the first model's.
)";

po::options_description options() {
  po::options_description options("Options");
  options.add_options()("output,o", po::value<std::string>()->value_name("DIR")->required(), "folder of the new model");
  return options;
}

int run(const po::variables_map& values) {
  std::vector<std::filesystem::path> models;
  for (const auto& model : values["models"].as<std::vector<std::string>>()) models.push_back(find_model(model));
  average_caption_models(models, values["output"].as<std::string>());
  return kAllDone;
}

}  // namespace

Command average_command() {
  return {.name = "average",
          .summary = "Makes a model whose weights are the mean of several models'.",
          .arguments = "MODEL MODEL... -o DIR",
          .details = kDetails,
          .positional = {{"models", true}},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
