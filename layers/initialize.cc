#include "layers/initialize.h"

namespace tenon::layers {

void initialize(const Module& module, init::Scheme scheme, Generator& generator) {
  for (const auto& [name, parameter] : module.named_parameters()) {
    const bool is_bias = name == "bias" || name.ends_with(".bias");
    if (parameter.ndim() >= 2) {
      init::fill_(parameter.value(), scheme, generator);
    } else if (is_bias) {
      init::zeros_(parameter.value());
    }
  }
}

}  // namespace tenon::layers
