#include "nn/name_map.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/rsqrt.h>
#include <c10/core/GradMode.h>

#include "fovea/error.hpp"
#include "nn/shape_text.hpp"

namespace fovea::nn {
namespace {

/// The numbers that the `*` of a pattern stand for where it is a prefix of a name, and the rest of the name.
struct Match {
  std::vector<std::string> numbers;
  std::string rest;
};

std::optional<Match> match(std::string_view pattern, std::string_view name) {
  Match found;
  std::size_t at = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '*') {
      if (at >= name.size() || name[at] != pattern[i]) return std::nullopt;
      ++at;
      continue;
    }
    const auto begin = at;
    while (at < name.size() && std::isdigit(static_cast<unsigned char>(name[at])) != 0) ++at;
    if (at == begin) return std::nullopt;
    found.numbers.emplace_back(name.substr(begin, at - begin));
  }
  found.rest = std::string(name.substr(at));
  return found;
}

std::string fill(std::string_view pattern, const std::vector<std::string>& numbers) {
  std::string name;
  std::size_t next = 0;
  for (const char c : pattern) {
    if (c == '*' && next < numbers.size()) {
      name += numbers[next++];
    } else {
      name += c;
    }
  }
  return name;
}

std::vector<std::int64_t> without_ones(at::IntArrayRef shape) {
  std::vector<std::int64_t> rest;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(rest), [](auto size) { return size != 1; });
  return rest;
}

class Loader {
 public:
  using Use = TensorFate::Use;

  Loader(const TensorMap& tensors, const NameMap& names, at::ScalarType type)
      : tensors_(tensors), names_(names), type_(type) {}

  /// The tensor for a weight of ours; undefined where there is none, which is then noted.
  at::Tensor find(const std::string& ours, at::IntArrayRef shape) {
    ours_ = ours;
    use_ = Use::whole;
    for (const auto& rule : names_.rules) {
      const auto found = match(rule.ours, ours);
      if (!found) continue;
      const auto name = fill(rule.foreign, found->numbers) + found->rest;
      if (rule.parts > 1) use_ = Use::split;
      if (!rule.joined.empty()) use_ = Use::joined;
      if (!rule.batch_norm.prefix.empty()) use_ = Use::folded;
      if (!rule.batch_norm.prefix.empty()) return folded(rule, *found, name, shape);
      if (!rule.joined.empty()) return fused(rule, *found, name, shape);
      return checked(used_part(take(name, shape), rule, shape), name, shape);
    }
    return checked(take(ours, shape), ours, shape);
  }

  void note_unexpected() {
    for (const auto& [name, tensor] : tensors_) {
      if (used_.contains(name)) continue;
      const auto is_ignored = [&, &foreign = name](const std::string& p) { return match(p, foreign).has_value(); };
      if (std::any_of(names_.ignored.begin(), names_.ignored.end(), is_ignored)) continue;
      problems_ += "\n  unexpected: " + name + " " + shape_text(tensor.sizes());
    }
  }

  void throw_problems(const std::string& source) const {
    if (problems_.empty()) return;
    throw Error(ErrorCode::model, source + " does not fit its configuration:" + problems_);
  }

  /// Of every tensor, after find() for every weight.
  std::vector<TensorFate> fates() const {
    std::vector<TensorFate> fates;
    for (const auto& [name, tensor] : tensors_) {
      const auto found = fates_.find(name);
      fates.push_back(found == fates_.end() ? TensorFate{.name = name, .use = Use::ignored, .ours = {}}
                                            : found->second);
    }
    return fates;
  }

 private:
  at::Tensor take(const std::string& name, at::IntArrayRef shape) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      problems_ += "\n  missing: " + name + " " + shape_text(shape);
      return {};
    }
    used_.insert(name);
    auto& fate = fates_[name];
    fate.name = name;
    fate.use = use_;
    if (fate.ours.empty() || fate.ours.back() != ours_) fate.ours.push_back(ours_);
    if (!found->second.is_floating_point()) {
      problems_ += "\n  wrong type: " + name + " is " + c10::toString(found->second.scalar_type()) +
                   ", expected a floating-point type";
      return {};
    }
    return found->second;
  }

  static at::Tensor used_part(const at::Tensor& stored, const NameRule& rule, at::IntArrayRef shape) {
    auto tensor = stored;
    if (!tensor.defined()) return tensor;
    if (rule.squeezed && without_ones(stored.sizes()) == without_ones(shape)) tensor = stored.reshape(shape);
    if (rule.transposed && tensor.dim() == 2) tensor = tensor.t();
    if (rule.parts == 1 || tensor.dim() == 0 || tensor.size(0) % rule.parts != 0) return tensor;
    const auto size = tensor.size(0) / rule.parts;
    return tensor.narrow(0, rule.part * size, size);
  }

  at::Tensor checked(const at::Tensor& tensor, const std::string& name, at::IntArrayRef shape) {
    if (!tensor.defined() || tensor.sizes() == shape) return tensor;
    problems_ += "\n  wrong shape: " + name + " is " + shape_text(tensor.sizes()) + ", expected " + shape_text(shape);
    return {};
  }

  /// Several tensors as one.
  at::Tensor fused(const NameRule& rule, const Match& found, const std::string& first, at::IntArrayRef shape) {
    auto part_shape = shape.vec();
    const auto parts = static_cast<std::int64_t>(rule.joined.size()) + 1;
    if (part_shape.empty() || part_shape.front() % parts != 0) {
      throw Error(ErrorCode::internal, first + ": a weight " + shape_text(shape) + " made of " + std::to_string(parts));
    }
    part_shape.front() /= parts;
    std::vector<at::Tensor> tensors;
    const auto add = [&](const std::string& name) {
      const auto tensor = checked(used_part(take(name, part_shape), rule, part_shape), name, part_shape);
      if (tensor.defined()) tensors.push_back(tensor.to(type_));
    };
    add(first);
    for (const auto& pattern : rule.joined) add(fill(pattern, found.numbers) + found.rest);
    return static_cast<std::int64_t>(tensors.size()) == parts ? at::cat(tensors, 0) : at::Tensor();
  }

  /// y = gamma (conv(x) + b - mean) / sqrt(var + eps) + beta as one convolution, or as one scale and shift.
  at::Tensor folded(const NameRule& rule, const Match& found, const std::string& name, at::IntArrayRef shape) {
    const auto norm = fill(rule.batch_norm.prefix, found.numbers);
    used_.insert(norm + "num_batches_tracked");  // of training only
    const auto channels = shape.slice(0, 1);
    const auto figure = [&](const char* part) {
      const auto tensor = checked(take(norm + part, channels), norm + part, channels);
      return tensor.defined() ? tensor.to(at::kFloat) : tensor;
    };
    const auto gamma = figure("weight"), variance = figure("running_var");
    if (!gamma.defined() || !variance.defined()) return {};
    const auto scale = gamma * at::rsqrt(variance + rule.batch_norm.epsilon);
    if (found.rest == "weight" && rule.batch_norm.alone) return scale;
    if (found.rest == "weight") {
      const auto weight = checked(take(name, shape), name, shape);
      if (!weight.defined()) return {};
      std::vector<std::int64_t> per_output(shape.size(), 1);
      per_output.front() = -1;
      return weight.to(at::kFloat) * scale.view(per_output);
    }
    const auto beta = figure("bias"), mean = figure("running_mean");
    if (!beta.defined() || !mean.defined()) return {};
    auto shift = mean;
    if (!rule.batch_norm.alone && tensors_.contains(name)) {  // a convolution with a bias of its own
      const auto bias = checked(take(name, shape), name, shape);
      if (!bias.defined()) return {};
      shift = mean - bias.to(at::kFloat);
    }
    return beta - shift * scale;
  }

  const TensorMap& tensors_;
  const NameMap& names_;
  at::ScalarType type_;  // of what is put together here
  std::set<std::string> used_;
  std::string problems_;
  std::string ours_;  // the weight that is looked for, and how it is made
  Use use_ = Use::whole;
  std::map<std::string, TensorFate> fates_;
};

}  // namespace

NameRule folded(const std::string& ours, const std::string& convolution, const std::string& norm, double epsilon) {
  return {.ours = ours, .foreign = convolution, .batch_norm = {.prefix = norm, .epsilon = epsilon}};
}

NameRule lone_norm(const std::string& ours, const std::string& norm, double epsilon) {
  return {.ours = ours, .foreign = norm, .batch_norm = {.prefix = norm, .epsilon = epsilon, .alone = true}};
}

NameMap NameMap::below(const std::string& foreign_prefix) const {
  NameMap result = *this;
  for (auto& rule : result.rules) {
    rule.foreign = foreign_prefix + rule.foreign;
    if (!rule.batch_norm.prefix.empty()) rule.batch_norm.prefix = foreign_prefix + rule.batch_norm.prefix;
    for (auto& name : rule.joined) name = foreign_prefix + name;
  }
  for (auto& name : result.ignored) name = foreign_prefix + name;
  return result;
}

NameMap NameMap::inside(const std::string& our_prefix) const {
  NameMap result = *this;
  for (auto& rule : result.rules) rule.ours = our_prefix + rule.ours;
  return result;
}

NameMap& NameMap::operator+=(const NameMap& other) {
  rules.insert(rules.end(), other.rules.begin(), other.rules.end());
  ignored.insert(ignored.end(), other.ignored.begin(), other.ignored.end());
  return *this;
}

void load_foreign_weights(torch::nn::Module& module, TensorMap tensors, const NameMap& names, at::ScalarType type,
                          const std::string& source) {
  const c10::AutoGradMode no_grad(false);
  Loader loader(tensors, names, type);
  std::vector<std::pair<at::Tensor, at::Tensor>> found;
  for (auto& item : module.named_parameters()) {
    found.emplace_back(item.value(), loader.find(item.key(), item.value().sizes()));
  }
  loader.note_unexpected();
  loader.throw_problems(source);
  tensors.clear();
  std::map<const void*, at::Tensor> converted;  // weights of ours that share a foreign one share its memory
  for (auto& [parameter, tensor] : found) {
    parameter.set_requires_grad(false);
    auto& ready = converted[tensor.const_data_ptr()];
    if (!ready.defined() || ready.sizes() != tensor.sizes() || !tensor.is_contiguous()) {
      ready = tensor.to(type).contiguous();
    }
    parameter.set_data(ready);
    tensor.reset();  // a mapped one leaves the memory as soon as it is converted
  }
}

std::vector<TensorFate> trace_foreign_weights(const torch::nn::Module& module, const TensorMap& tensors,
                                              const NameMap& names, const std::string& source) {
  const c10::AutoGradMode no_grad(false);
  Loader loader(tensors, names, at::kFloat);
  for (const auto& item : module.named_parameters()) loader.find(item.key(), item.value().sizes());
  loader.note_unexpected();
  loader.throw_problems(source);
  return loader.fates();
}

bool has_prefix(const TensorMap& tensors, const std::string& prefix) {
  const auto found = tensors.lower_bound(prefix);
  return found != tensors.end() && found->first.starts_with(prefix);
}

}  // namespace fovea::nn
