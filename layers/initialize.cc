#include "layers/initialize.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <typeinfo>

#include "layers/internal/class_name.h"

namespace tenon::layers {
namespace {

using init::Scheme;
using Modules = std::vector<std::pair<std::string, const Module*>>;

// Zero on one side, more or less: half of the variance is lost.
constexpr std::string_view kRectifiers[] = {"ReLU",   "LeakyReLU", "PReLU",    "ELU",  "CELU",
                                            "GELU",   "SiLU",      "Swish",    "Mish", "ReLU6",
                                            "Maxout", "Softplus",  "Hardswish"};
constexpr std::string_view kOthers[] = {"Tanh",       "Sigmoid",  "LogSigmoid",
                                        "Softsign",   "Hardtanh", "Hardsigmoid",
                                        "Tanhshrink", "Identity", "Softmax"};

bool is_weight(const Variable& parameter) { return parameter.ndim() >= 2; }

/// What suits a weight before such a module; nothing where it is no activation.
std::optional<Scheme> scheme_before(const Module& module) {
  const std::string name = internal::class_name(typeid(module));
  const auto among = [&](const auto& names) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
  };
  if (among(kRectifiers)) return Scheme::kKaimingNormal;
  if (name == "SELU") return Scheme::kLecunNormal;
  if (among(kOthers)) return Scheme::kXavierUniform;
  return std::nullopt;
}

std::string owner_of(const std::string& parameter) {
  const std::size_t dot = parameter.rfind('.');
  return dot == std::string::npos ? "" : parameter.substr(0, dot);
}

/// The weights, each with the place of its owner in `modules`.
std::vector<std::pair<std::string, std::size_t>> weights_of(const Module& module,
                                                            const Modules& modules) {
  std::vector<std::pair<std::string, std::size_t>> weights;
  for (const auto& [name, parameter] : module.named_parameters()) {
    if (!is_weight(parameter)) continue;
    const std::string owner = owner_of(name);
    const auto found = std::find_if(modules.begin(), modules.end(),
                                    [&](const auto& entry) { return entry.first == owner; });
    weights.emplace_back(name, static_cast<std::size_t>(found - modules.begin()));
  }
  return weights;
}

void fill(const Module& module, Generator& generator,
          const std::function<Scheme(const std::string& name)>& scheme_of) {
  for (const auto& [name, parameter] : module.named_parameters()) {
    const bool is_bias = name == "bias" || name.ends_with(".bias");
    if (is_weight(parameter)) {
      init::fill_(parameter.value(), scheme_of(name), generator);
    } else if (is_bias) {
      init::zeros_(parameter.value());
    }
  }
}

}  // namespace

void initialize(const Module& module, Scheme scheme, Generator& generator) {
  fill(module, generator, [&](const std::string&) { return scheme; });
}

std::vector<std::pair<std::string, Scheme>> heuristic_schemes(const Module& module,
                                                              const HeuristicOptions& options) {
  const Modules modules = module.named_modules();
  const auto weights = weights_of(module, modules);
  std::vector<std::pair<std::string, Scheme>> schemes;
  for (const auto& [name, place] : weights) {
    std::size_t next = modules.size();  // the next module with weights of its own
    for (const auto& [other, other_place] : weights) {
      if (other_place > place) next = std::min(next, other_place);
    }
    std::optional<Scheme> scheme;
    for (std::size_t i = place + 1; i < next && !scheme; ++i) {
      scheme = scheme_before(*modules[i].second);
    }
    schemes.emplace_back(name, scheme.value_or(options.otherwise));
  }
  return schemes;
}

void initialize(const Module& module, Generator& generator, const HeuristicOptions& options) {
  const auto schemes = heuristic_schemes(module, options);
  std::size_t next = 0;
  fill(module, generator, [&](const std::string&) { return schemes[next++].second; });
}

}  // namespace tenon::layers
