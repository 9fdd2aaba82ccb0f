#include "regularize/norms.h"

#include <cmath>

#include "layers/freeze.h"
#include "tensor/ops.h"

namespace tenon::regularize {

std::vector<std::pair<std::string, double>> parameter_norms(const layers::Module& module,
                                                            std::string_view parameters) {
  std::vector<std::pair<std::string, double>> norms;
  for (const auto& [name, parameter] : layers::parameters_matching(module, parameters)) {
    const Tensor squares = square(parameter.value().to(DType::kF64));
    norms.emplace_back(name, std::sqrt(sum(squares).item<double>()));
  }
  return norms;
}

double frobenius_norm(const layers::Module& module, std::string_view parameters) {
  double squares = 0;
  for (const auto& [name, norm] : parameter_norms(module, parameters)) squares += norm * norm;
  return std::sqrt(squares);
}

absl::Status NormLog::on_epoch_end(train::Run& run) {
  run.history.back().values.push_back({"weight_norm", frobenius_norm(run.module, parameters_)});
  return absl::OkStatus();
}

}  // namespace tenon::regularize
