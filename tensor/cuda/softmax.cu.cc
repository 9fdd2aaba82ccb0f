// Softmax along the middle of [outer, size, inner]. Rows that lie dense are the work of a team; of
// others one thread takes each, neighbours side by side. A row is read three times: the second and
// third come out of the caches for rows of up to some ten thousand elements.
#include <limits>

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"

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

/// What cross entropy and its gradient read. The labels' range has been looked at.
template <class C>
struct Losses {
  Elements logits;
  std::int64_t classes;
  const std::int64_t* labels;
  const C* weights;  // null: all 1
  C smoothing;
  std::int64_t ignore_index;

  TENON_HOST_DEVICE C weight(std::int64_t c) const { return weights ? weights[c] : C{1}; }
  TENON_HOST_DEVICE C logit(std::int64_t row, std::int64_t c) const {
    return load<C>(logits, row * classes + c);
  }
  template <class Team>
  TENON_HOST_DEVICE C largest(const Team& team) const {
    return team.reduce(
        classes, lowest<C>(),
        [&](C& best, std::int64_t c) { best = Max<C>::combine(best, logit(team.index(), c)); },
        [](C a, C b) { return Max<C>::combine(a, b); });
  }
  template <class Team, class Term>
  TENON_HOST_DEVICE C sum(const Team& team, const Term& term) const {
    return team.reduce(
        classes, C{0}, [&](C& total, std::int64_t c) { total += term(c); },
        [](C a, C b) { return a + b; });
  }
};

template <class C>
struct CrossEntropy {
  static constexpr const char* kName = "cross_entropy";
  Losses<C> in;
  Elements out;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t row = team.index(), label = in.labels[row];
    if (label == in.ignore_index) {
      team.once([&] { store<C>(out, row, C{0}); });
      return;
    }
    const C largest = in.largest(team);
    const C log_sum = math::log(
        in.sum(team, [&](std::int64_t c) { return math::exp(in.logit(row, c) - largest); }));
    C loss = in.weight(label) * (log_sum + (largest - in.logit(row, label)));
    if (in.smoothing != 0) {
      const C spread = in.sum(team, [&](std::int64_t c) {
        return in.weight(c) * (log_sum + (largest - in.logit(row, c)));
      });
      loss = (1 - in.smoothing) * loss + in.smoothing / static_cast<C>(in.classes) * spread;
    }
    team.once([&] { store<C>(out, row, loss); });
  }
};

template <class C>
struct CrossEntropyGrad {
  static constexpr const char* kName = "cross_entropy_grad";
  Losses<C> in;
  Elements grad, out;
  std::int64_t grad_stride;
  C scale;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t row = team.index(), label = in.labels[row];
    if (label == in.ignore_index || label < 0 || label >= in.classes) {
      team.for_each(in.classes, [&](std::int64_t c) { store<C>(out, row * in.classes + c, C{0}); });
      return;
    }
    const C largest = in.largest(team);
    const C sum =
        in.sum(team, [&](std::int64_t c) { return math::exp(in.logit(row, c) - largest); });
    const C incoming = load<C>(grad, row * grad_stride) * scale;
    const C spread = in.smoothing / static_cast<C>(in.classes);
    const C own = incoming * (1 - in.smoothing) * in.weight(label);
    C target = own;  // sums up to this much, which softmax then shares out
    if (spread != 0) {
      target += incoming * spread * in.sum(team, [&](std::int64_t c) { return in.weight(c); });
    }
    const C factor = target / sum;
    team.for_each(in.classes, [&](std::int64_t c) {
      C value = math::exp(in.logit(row, c) - largest) * factor;
      if (c == label) value -= own;
      if (spread != 0) value -= incoming * spread * in.weight(c);
      store<C>(out, row * in.classes + c, value);
    });
  }
};

/// Sum of the weights of the labels that count.
template <class C>
struct LabelWeights {
  using Partial = double;
  Losses<C> in;
  double* out;

  TENON_HOST_DEVICE double identity() const { return 0; }
  TENON_HOST_DEVICE double combine(double a, double b) const { return a + b; }
  TENON_HOST_DEVICE void add(double& partial, const Place& place) const {
    const std::int64_t label = in.labels[place.offset];
    if (label != in.ignore_index) partial += static_cast<double>(in.weight(label));
  }
  TENON_HOST_DEVICE void finish(const Place&, double sum) const { *out = sum; }
};

template <class C>
Losses<C> losses(const CrossEntropyArgs& args) {
  return {{args.logits.raw_data(), args.logits.dtype()},
          args.logits.shape()[1],
          static_cast<const std::int64_t*>(args.labels.raw_data()),
          args.weight ? static_cast<const C*>(args.weight->raw_data()) : nullptr,
          static_cast<C>(args.smoothing),
          args.ignore_index};
}

template <class Program>
void launch_rows(std::int64_t rows, std::int64_t size, const Program& program) {
  if (size <= kWarpRow) {
    launch_teams<kWarp>(rows, program);
  } else {
    launch_teams<kBlockThreads>(rows, program);
  }
}

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

std::int64_t cross_entropy(const CrossEntropyArgs& args, const Tensor& out) {
  const std::int64_t rows = args.logits.shape()[0], classes = args.logits.shape()[1];
  const std::int64_t bad = first_outside(args.labels, classes, args.ignore_index);
  if (bad >= 0) return bad;
  dispatch_floating(args.logits.dtype(), [&]<class C>() {
    launch_rows(rows, classes, CrossEntropy<C>{losses<C>(args), {out.raw_data(), out.dtype()}});
  });
  return -1;
}

void cross_entropy_grad(const Tensor& grad, double scale, const CrossEntropyArgs& args,
                        const Tensor& out) {
  if (out.numel() == 0) return;
  dispatch_floating(args.logits.dtype(), [&]<class C>() {
    launch_rows(args.logits.shape()[0], args.logits.shape()[1],
                CrossEntropyGrad<C>{losses<C>(args),
                                    {grad.raw_data(), grad.dtype()},
                                    {out.raw_data(), out.dtype()},
                                    grad.ndim() == 0 ? 0 : 1,
                                    static_cast<C>(scale)});
  });
}

double cross_entropy_weight(const CrossEntropyArgs& args) {
  const Tensor out = empty({1}, {.dtype = DType::kF64, .device = args.labels.device()});
  dispatch_floating(args.logits.dtype(), [&]<class C>() {
    reduce_with(LabelWeights<C>{losses<C>(args), static_cast<double*>(out.raw_data())},
                reduce_map("cross_entropy", args.labels, 1, out));
  });
  return read_back<double>(out, "cross_entropy_weight");
}

}  // namespace tenon::cuda
