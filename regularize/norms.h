// How large the parameters of a model are.
//
//   double size = frobenius_norm(net);                       // sqrt(Σ w²) over all parameters
//   for (const auto& [name, norm] : parameter_norms(net)) std::printf("%s %g\n", name.c_str(),
//   norm);
#ifndef TENON_REGULARIZE_NORMS_H_
#define TENON_REGULARIZE_NORMS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "layers/module.h"
#include "train/callback.h"

namespace tenon::regularize {

/// The Frobenius norm of each parameter that matches (layers/freeze.h), sums in f64. Throws
/// ValueError where none does.
std::vector<std::pair<std::string, double>> parameter_norms(const layers::Module& module,
                                                            std::string_view parameters = "*");

/// That of all of them as one vector.
double frobenius_norm(const layers::Module& module, std::string_view parameters = "*");

/// Adds "weight_norm", the Frobenius norm of the parameters that match, to each epoch's record.
/// Give it before callbacks that write the records.
class NormLog : public train::Callback {
 public:
  explicit NormLog(std::string parameters = "*weight") : parameters_(std::move(parameters)) {}

  absl::Status on_epoch_end(train::Run& run) override;

 private:
  std::string parameters_;
};

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_NORMS_H_
