// Softmax along the middle of [outer, size, inner]. Rows that lie dense are the work of a team; of
// others one thread takes each, neighbours side by side. A row is read three times: the second and
// third come out of the caches for rows of up to some ten thousand elements.
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"
#include "tensor/cuda/rows.h"

namespace tenon::cuda {
namespace {

template <class C>
struct Softmax {
  static constexpr const char* kName = "softmax";
  Elements x, out;
  std::int64_t size, inner;
  bool log;

  /// One dense row.
  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t base = team.index() * size;
    const C largest = team.reduce(
        size, lowest<C>(),
        [&](C& best, std::int64_t i) { best = Max<C>::combine(best, load<C>(x, base + i)); },
        [](C a, C b) { return Max<C>::combine(a, b); });
    const C sum = team.reduce(
        size, C{0},
        [&](C& total, std::int64_t i) { total += math::exp(load<C>(x, base + i) - largest); },
        [](C a, C b) { return a + b; });
    const C log_sum = log ? math::log(sum) : C{0};
    team.for_each(size, [&](std::int64_t i) { write(base + i, largest, sum, log_sum); });
  }

  /// One row of elements `inner` apart.
  TENON_HOST_DEVICE void operator()(std::int64_t row) const {
    const std::int64_t base = row / inner * size * inner + row % inner;
    C largest = lowest<C>();
    for (std::int64_t i = 0; i < size; ++i) {
      largest = Max<C>::combine(largest, load<C>(x, base + i * inner));
    }
    C sum = 0;
    for (std::int64_t i = 0; i < size; ++i) {
      sum += math::exp(load<C>(x, base + i * inner) - largest);
    }
    const C log_sum = log ? math::log(sum) : C{0};
    for (std::int64_t i = 0; i < size; ++i) write(base + i * inner, largest, sum, log_sum);
  }

 private:
  TENON_HOST_DEVICE void write(std::int64_t at, C largest, C sum, C log_sum) const {
    const C apart = load<C>(x, at) - largest;  // log_sum last: large logits cancel exactly
    store<C>(out, at, log ? apart - log_sum : math::exp(apart) / sum);
  }
};

}  // namespace

void softmax(bool log, const Tensor& x, const Tensor& out) {
  const std::int64_t size = x.shape()[1], inner = x.shape()[2], rows = x.shape()[0] * inner;
  if (x.numel() == 0) return;
  dispatch_floating(x.dtype(), [&]<class C>() {
    const Softmax<C> program{
        {x.raw_data(), x.dtype()}, {out.raw_data(), out.dtype()}, size, inner, log};
    if (inner == 1) {
      launch_rows(rows, size, program);
    } else {
      launch_items(rows, program);
    }
  });
}

}  // namespace tenon::cuda
