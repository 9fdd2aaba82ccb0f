#include "models/internal/shards.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "tensor/cpu/parallel.h"
#include "tensor/ops.h"

namespace tenon::models::internal {
namespace {

using layers::Variable;

// Some 40 µs of a core, ten times what it takes to wake the threads twice. Products of fewer rows
// would be slower on one thread, too.
constexpr double kFlopPerPart = 4e6;
// Each part has gradients of its own to be added up.
constexpr double kMostParts = 8;
// Beyond these the gradients of two networks leave a core's cache, and products are large enough to
// be shared one by one.
constexpr std::int64_t kMostParameters = 1 << 17;
constexpr double kFlopPerParameter = 6;  // and row: forwards, and twice that backwards
constexpr std::int64_t kMultiple = 64;   // elements: where a share of a parameter may begin

double parts_of(const Mlp& net, std::int64_t batch) {
  const std::int64_t parameters = net.num_parameters();
  if (parameters > kMostParameters) return 1;
  const double flop = kFlopPerParameter * static_cast<double>(parameters * batch);
  return std::clamp(flop / kFlopPerPart, 1.0, std::min(kMostParts, static_cast<double>(batch)));
}

/// Where share k of `count` begins among so many elements.
std::int64_t share_begin(std::int64_t numel, std::size_t k, std::size_t count) {
  if (k == count) return numel;
  return numel * static_cast<std::int64_t>(k) / static_cast<std::int64_t>(count) / kMultiple *
         kMultiple;
}

/// Calls fn(k) for all of `count` at once, each alone on its thread if so asked. Throws what the
/// first of them throws, when all have ended.
template <class F>
void for_each_part(std::size_t count, bool alone, const F& fn) {
  std::vector<std::exception_ptr> errors(count);  // none may leave a thread
  const auto run = [&](std::int64_t first, std::int64_t last) {
    const cpu::SerialScope scope(alone);
    for (auto k = static_cast<std::size_t>(first); k < static_cast<std::size_t>(last); ++k) {
      try {
        fn(k);
      } catch (...) {
        errors[k] = std::current_exception();
      }
    }
  };
  cpu::parallel_items(static_cast<std::int64_t>(count), cpu::kGrain, run);
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace

Shards::Shards(Mlp& net, const MlpOptions& options, std::int64_t batch,
               const optim::AdamOptions& adam)
    : parts_(static_cast<std::size_t>(parts_of(net, batch))),
      alone_(net.num_parameters() <= kMostParameters) {
  for (std::size_t k = 0; k < parts_.size(); ++k) {
    Part& part = parts_[k];
    if (k > 0) part.twin = std::make_unique<Mlp>(options);
    part.net = k > 0 ? part.twin.get() : &net;
    part.parameters = part.net->parameters();
    for (std::size_t i = 0; k > 0 && i < part.parameters.size(); ++i) {
      part.parameters[i].set_value(parts_[0].parameters[i].value());
    }
    std::vector<Variable> mine = parts_.size() > 1 ? share_of_parameters(k) : part.parameters;
    if (!mine.empty()) part.optimizer = std::make_unique<optim::Adam>(std::move(mine), adam);
  }
}

std::vector<Variable> Shards::share_of_parameters(std::size_t k) {
  std::vector<Variable> share;
  for (std::size_t i = 0; i < parts_[k].parameters.size(); ++i) {
    const Tensor elements = parts_[k].parameters[i].value().reshape({-1});
    const std::int64_t begin = share_begin(elements.numel(), k, parts_.size());
    const std::int64_t end = share_begin(elements.numel(), k + 1, parts_.size());
    if (begin == end) continue;
    share.emplace_back(elements.slice(0, begin, end), /*requires_grad=*/true);
    share.back().set_grad(Variable(empty({end - begin})));
    parts_[k].pieces.push_back({i, begin, share.back()});
  }
  return share;
}

// Each part counts by its rows, so that the gradients add up to that of the mean.
double Shards::backward(std::size_t k, const Tensor& x, const Tensor& targets, const Tensor& rows,
                        const Loss& loss) const {
  for (const Variable& parameter : parts_[k].parameters) parameter.zero_grad();
  const std::int64_t all = rows.size(0), part = static_cast<std::int64_t>(k);
  const std::int64_t begin = part * all / count(), end = (part + 1) * all / count();
  if (begin == end) return 0;
  const Tensor mine = rows.slice(0, begin, end);
  const Variable mean =
      loss((*parts_[k].net)(index_select(x, 0, mine)), index_select(targets, 0, mine));
  const double share = static_cast<double>(end - begin) / static_cast<double>(all);
  mean.backward(Variable(full({}, share)));
  return share * mean.item<double>();
}

void Shards::add_gradients(const Piece& piece) const {
  const std::int64_t numel = piece.elements.numel();
  float* const sum = piece.elements.grad().value().data<float>();
  bool first = true;
  for (const Part& part : parts_) {
    const Variable grad = part.parameters[piece.parameter].grad();
    if (!grad.defined()) continue;  // the part had no rows
    const Tensor whole = grad.value().contiguous();
    const float* const other = whole.data<float>() + piece.begin;
    if (std::exchange(first, false)) {
      std::copy_n(other, numel, sum);
    } else {
      for (std::int64_t i = 0; i < numel; ++i) sum[i] += other[i];
    }
  }
}

double Shards::step(const Tensor& x, const Tensor& targets, const Tensor& rows, const Loss& loss) {
  std::vector<double> losses(parts_.size());
  for_each_part(parts_.size(), alone_,
                [&](std::size_t k) { losses[k] = backward(k, x, targets, rows, loss); });
  for_each_part(parts_.size(), alone_, [&](std::size_t k) {
    for (const Piece& piece : parts_[k].pieces) add_gradients(piece);
    if (parts_[k].optimizer) parts_[k].optimizer->step();
  });
  double sum = 0;
  for (const double loss_of_part : losses) sum += loss_of_part;
  return sum;
}

}  // namespace tenon::models::internal
