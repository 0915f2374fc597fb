/// @file bfloat16 arithmetic while a network is trained.
#pragma once

#include <ATen/autocast_mode.h>

namespace fovea::train {

/// bfloat16 arithmetic for the operators that gain by it, as long as it lives.
class AutocastGuard {
 public:
  explicit AutocastGuard(bool enabled) : before_(at::autocast::is_autocast_enabled(at::kCPU)) {
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, enabled);
  }
  ~AutocastGuard() {
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, before_);
  }
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  bool before_;
};

}  // namespace fovea::train
