#include "models/internal/shards.h"

#include <algorithm>
#include <exception>

#include "tensor/cpu/parallel.h"
#include "tensor/ops.h"

namespace tenon::models::internal {
namespace {

using layers::Variable;

// Some 20 µs of a core, ten times what it takes to wake a thread and to add its gradients.
constexpr double kFlopPerPart = 2e6;
// Beyond these the gradients of two networks leave a core's cache, and products are large enough to
// be shared one by one.
constexpr std::int64_t kMostParameters = 1 << 17;
constexpr double kFlopPerParameter = 6;  // and row: forwards, and twice that backwards

std::int64_t parts_of(const Mlp& net, std::int64_t batch) {
  const std::int64_t parameters = net.num_parameters();
  if (parameters > kMostParameters) return 1;
  const double flop = kFlopPerParameter * static_cast<double>(parameters * batch);
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(flop / kFlopPerPart), 1,
                                  std::min<std::int64_t>(cpu::max_threads(), batch));
}

}  // namespace

Shards::Shards(Mlp& net, const MlpOptions& options, std::int64_t batch)
    : nets_{&net}, parameters_{net.parameters()} {
  for (std::int64_t k = parts_of(net, batch); k > 1; --k) {
    twins_.push_back(std::make_unique<Mlp>(options));
    nets_.push_back(twins_.back().get());
    parameters_.push_back(nets_.back()->parameters());
    for (std::size_t i = 0; i < parameters_[0].size(); ++i) {
      parameters_.back()[i].set_value(parameters_[0][i].value());
    }
  }
}

// Each part counts by its rows, so that the gradients add up to that of the mean.
double Shards::part(int k, const Tensor& x, const Tensor& targets, const Loss& loss) const {
  const std::int64_t rows = x.size(0);
  const std::int64_t begin = k * rows / count(), end = (k + 1) * rows / count();
  const auto index = static_cast<std::size_t>(k);
  for (const Variable& parameter : parameters_[index]) parameter.zero_grad();
  if (begin == end) return 0;
  const Variable mean = loss((*nets_[index])(x.slice(0, begin, end)), targets.slice(0, begin, end));
  const double share = static_cast<double>(end - begin) / static_cast<double>(rows);
  mean.backward(Variable(full({}, share)));
  return share * mean.item<double>();
}

double Shards::backward(const Tensor& x, const Tensor& targets, const Loss& loss) {
  std::vector<double> losses(nets_.size());
  std::vector<std::exception_ptr> errors(nets_.size());  // none may leave a thread
  cpu::parallel_items(count(), cpu::kGrain, [&](std::int64_t first, std::int64_t last) {
    const cpu::SerialScope alone(count() > 1);
    for (std::int64_t k = first; k < last; ++k) {
      const auto index = static_cast<std::size_t>(k);
      try {
        losses[index] = part(static_cast<int>(k), x, targets, loss);
      } catch (...) {
        errors[index] = std::current_exception();
      }
    }
  });
  double sum = 0;
  for (std::size_t k = 0; k < nets_.size(); ++k) {
    if (errors[k]) std::rethrow_exception(errors[k]);
    sum += losses[k];
    for (std::size_t i = 0; k > 0 && i < parameters_[k].size(); ++i) {
      const Variable grad = parameters_[k][i].grad(), whole = parameters_[0][i].grad();
      if (!grad.defined()) continue;
      if (whole.defined()) {
        whole.add_(grad);
      } else {  // there was no row for the first part
        parameters_[0][i].set_grad(grad);
      }
    }
  }
  return sum;
}

}  // namespace tenon::models::internal
