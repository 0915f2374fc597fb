#include "app/highlight_fixture.hpp"

#include <c10/core/GradMode.h>

#include "tiny_highlight_model.hpp"
#include "train/lesion_captions.hpp"

namespace fovea::tests {

void write_marking_model(const std::filesystem::path& folder, unsigned seed) {
  const c10::AutoGradMode no_grad(false);
  const auto config = tiny_highlight_config();
  const auto network = tiny_highlight_network(config, seed);
  for (auto& item : network->named_parameters()) {
    // An untrained head says that nothing is rarer than a finding; here about half of an image is to be one.
    if (item.key() == "dense.logits.bias") item.value().zero_();
    if (item.key() == "dense.logits.weight") item.value().normal_(0, 1);
  }
  const auto words = train::lesion_vocabulary(config);
  nn::save_highlight_model(folder, config, *network, &words);
}

}  // namespace fovea::tests
