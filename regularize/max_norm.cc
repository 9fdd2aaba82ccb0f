#include "regularize/max_norm.h"

#include "regularize/internal/check.h"
#include "tensor/ops.h"

namespace tenon::regularize {

MaxNorm::MaxNorm(const layers::Module& module, const MaxNormOptions& options)
    : limit_(options.limit), parameters_(internal::chosen(module, options.parameters)) {
  internal::require("MaxNorm", std::isfinite(options.limit) && options.limit > 0,
                    "a finite limit above 0", options.limit);
}

void MaxNorm::apply() const {
  for (const layers::Variable& parameter : parameters_) {
    const Tensor& w = parameter.value();
    if (w.ndim() < 2) continue;
    const Tensor rows = w.reshape({w.size(0), -1});
    const Tensor norms = sqrt(sum(square(rows), {1}, /*keepdim=*/true));
    const Tensor factors = minimum(limit_ / maximum(norms, 1e-30), 1);
    w.copy_((rows * factors).reshape(w.shape()));
  }
}

absl::Status MaxNorm::on_step_end(train::Run&, const data::Batch&) {
  apply();
  return absl::OkStatus();
}

}  // namespace tenon::regularize
