// Cross entropy from logits, fused: each row is the work of a team, which reads it two or three
// times, out of the caches but for the first. A label out of range is reported later
// (check_indices); here it counts for nothing.
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"
#include "tensor/cuda/rows.h"

namespace tenon::cuda {
namespace {

/// What cross entropy and its gradient read.
template <class C>
struct Losses {
  Elements logits;
  std::int64_t classes;
  const std::int64_t* labels;
  const C* weights;  // null: all 1
  C smoothing;
  std::int64_t ignore_index;

  /// Whether a label is a class, and not one to ignore.
  TENON_HOST_DEVICE bool counts(std::int64_t label) const {
    return label != ignore_index && label >= 0 && label < classes;
  }
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
    if (!in.counts(label)) {
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
  const double* divisor;  // null: 1

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t row = team.index(), label = in.labels[row];
    if (!in.counts(label)) {
      team.for_each(in.classes, [&](std::int64_t c) { store<C>(out, row * in.classes + c, C{0}); });
      return;
    }
    const C largest = in.largest(team);
    const C sum =
        in.sum(team, [&](std::int64_t c) { return math::exp(in.logit(row, c) - largest); });
    const C scale = divisor ? static_cast<C>(1 / *divisor) : C{1};
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
    if (in.counts(label)) partial += static_cast<double>(in.weight(label));
  }
  TENON_HOST_DEVICE void finish(const Place&, double sum) const { *out = sum; }
};

template <class C>
Losses<C> losses(const CrossEntropyArgs& args) {
  return {elements(args.logits),
          args.logits.shape()[1],
          static_cast<const std::int64_t*>(args.labels.raw_data()),
          args.weight ? static_cast<const C*>(args.weight->raw_data()) : nullptr,
          static_cast<C>(args.smoothing),
          args.ignore_index};
}

}  // namespace

std::int64_t cross_entropy(const CrossEntropyArgs& args, const Tensor& out) {
  const std::int64_t rows = args.logits.shape()[0], classes = args.logits.shape()[1];
  const std::int64_t bad =
      check_indices({"cross_entropy", args.labels, classes, args.ignore_index, "labels"});
  if (bad >= 0) return bad;
  dispatch_floating(args.logits.dtype(), [&]<class C>() {
    launch_rows(rows, classes, CrossEntropy<C>{losses<C>(args), elements(out)});
  });
  return -1;
}

void cross_entropy_grad(const Tensor& grad, const Tensor* divisor, const CrossEntropyArgs& args,
                        const Tensor& out) {
  if (out.numel() == 0) return;
  dispatch_floating(args.logits.dtype(), [&]<class C>() {
    launch_rows(args.logits.shape()[0], args.logits.shape()[1],
                CrossEntropyGrad<C>{
                    losses<C>(args), elements(grad), elements(out), grad.ndim() == 0 ? 0 : 1,
                    divisor ? static_cast<const double*>(divisor->raw_data()) : nullptr});
  });
}

void cross_entropy_weight(const CrossEntropyArgs& args, const Tensor& out) {
  dispatch_floating(args.logits.dtype(), [&]<class C>() {
    reduce_with(LabelWeights<C>{losses<C>(args), static_cast<double*>(out.raw_data())},
                reduce_map("cross_entropy", args.labels, 1, out.reshape({1})));
  });
}

}  // namespace tenon::cuda
