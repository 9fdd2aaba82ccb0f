// Statistics per channel of x [A,C,B], and layer and RMS normalization of the rows of x [R,D].
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"
#include "tensor/cuda/rows.h"

namespace tenon::cuda {
namespace {

template <class C>
struct ChannelMoments {
  using Partial = Moments<C>;

  Elements x;
  C *mean, *variance;

  TENON_HOST_DEVICE Partial identity() const { return {0, 0, 0}; }
  TENON_HOST_DEVICE Partial combine(const Partial& a, const Partial& b) const {
    return Partial::combine(a, b);
  }
  TENON_HOST_DEVICE void add(Partial& partial, const Place& place) const {
    partial.add(load<C>(x, place.offset));
  }
  TENON_HOST_DEVICE void finish(const Place& place, const Partial& m) const {
    mean[place.offset] = m.mean;
    variance[place.offset] = m.squares / m.count;
  }
};

/// Two sums that are taken together.
template <class C>
struct Pair {
  C first, second;
};

/// Of grad, and of grad (x - center).
template <class C>
struct ChannelSums {
  using Partial = Pair<C>;

  Elements grad, x;
  const C* center;
  C *sums, *products;

  TENON_HOST_DEVICE Partial identity() const { return {0, 0}; }
  TENON_HOST_DEVICE Partial combine(const Partial& a, const Partial& b) const {
    return {a.first + b.first, a.second + b.second};
  }
  TENON_HOST_DEVICE void add(Partial& partial, const Place& place) const {
    const C g = load<C>(grad, place.offset);
    partial.first += g;
    partial.second += g * (load<C>(x, place.offset) - center[place.result]);
  }
  TENON_HOST_DEVICE void finish(const Place& place, const Partial& p) const {
    sums[place.offset] = p.first;
    products[place.offset] = p.second;
  }
};

/// The rows of one call: x, and what is known of each row.
template <class C>
struct NormRows {
  Elements x;
  std::int64_t size;
  const C* weight;  // null: 1
  C* mean;          // null: 0
  C* rstd;

  TENON_HOST_DEVICE C center(std::int64_t row) const { return mean ? mean[row] : C{0}; }
  TENON_HOST_DEVICE C scale(std::int64_t i) const { return weight ? weight[i] : C{1}; }
  TENON_HOST_DEVICE C at(std::int64_t row, std::int64_t i) const {
    return load<C>(x, row * size + i);
  }
};

template <class C>
struct RowNorm {
  static constexpr const char* kName = "row_norm";
  NormRows<C> in;
  const C* bias;  // null: 0
  C eps;
  Elements out;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t row = team.index();
    const auto mean_of = [&](const auto& term) {
      return team.reduce(
                 in.size, C{0}, [&](C& sum, std::int64_t i) { sum += term(in.at(row, i)); },
                 [](C a, C b) { return a + b; }) /
             static_cast<C>(in.size);
    };
    const C mean = in.mean ? mean_of([](C v) { return v; }) : C{0};
    const C variance = mean_of([&](C v) { return (v - mean) * (v - mean); });
    const C rstd = C{1} / std::sqrt(variance + eps);
    team.once([&] {
      if (in.mean) in.mean[row] = mean;
      in.rstd[row] = rstd;
    });
    team.for_each(in.size, [&](std::int64_t i) {
      const C value = (in.at(row, i) - mean) * rstd * in.scale(i);
      store<C>(out, row * in.size + i, bias ? value + bias[i] : value);
    });
  }
};

template <class C>
struct RowNormGrad {
  static constexpr const char* kName = "row_norm_grad";
  NormRows<C> in;
  Elements grad, out;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t row = team.index();
    const C mean = in.center(row), rstd = in.rstd[row];
    const auto normal = [&](std::int64_t i) { return (in.at(row, i) - mean) * rstd; };
    const auto slope = [&](std::int64_t i) {
      return load<C>(grad, row * in.size + i) * in.scale(i);
    };
    const Pair<C> sums = team.reduce(
        in.size, Pair<C>{0, 0},
        [&](Pair<C>& sum, std::int64_t i) {
          sum.first += slope(i);
          sum.second += slope(i) * normal(i);
        },
        [](const Pair<C>& a, const Pair<C>& b) {
          return Pair<C>{a.first + b.first, a.second + b.second};
        });
    const C level = in.mean ? sums.first / static_cast<C>(in.size) : C{0};
    const C along = sums.second / static_cast<C>(in.size);
    team.for_each(in.size, [&](std::int64_t i) {
      store<C>(out, row * in.size + i, (slope(i) - level - normal(i) * along) * rstd);
    });
  }
};

/// Down the rows: the gradients of weight and bias.
template <class C>
struct RowNormSums {
  using Partial = Pair<C>;

  NormRows<C> in;
  Elements grad;
  C *weight_grad, *bias_grad;

  TENON_HOST_DEVICE Partial identity() const { return {0, 0}; }
  TENON_HOST_DEVICE Partial combine(const Partial& a, const Partial& b) const {
    return {a.first + b.first, a.second + b.second};
  }
  TENON_HOST_DEVICE void add(Partial& partial, const Place& place) const {
    const C g = load<C>(grad, place.offset);
    const std::int64_t row = place.position;
    partial.first += g * ((load<C>(in.x, place.offset) - in.center(row)) * in.rstd[row]);
    partial.second += g;
  }
  TENON_HOST_DEVICE void finish(const Place& place, const Partial& p) const {
    weight_grad[place.offset] = p.first;
    bias_grad[place.offset] = p.second;
  }
};

template <class C>
C* data(const Tensor& x) {
  return static_cast<C*>(x.raw_data());
}
template <class C>
C* data_or_null(const Tensor* x) {
  return x && x->defined() ? data<C>(*x) : nullptr;
}

/// Numbers [C] as the kept dimension of a reduction of [A,C,B] over the other two.
ReduceMap by_channel(const Tensor& x, const Tensor& of_channels) {
  return reduce_map("norm", x, 0b101, of_channels.reshape({1, -1, 1}));
}

template <class C>
NormRows<C> norm_rows(const RowNormArgs& args) {
  return {elements(args.x), args.x.shape()[1], data_or_null<C>(args.weight),
          args.rms ? nullptr : data_or_null<C>(args.mean), data<C>(args.rstd)};
}

}  // namespace

void channel_moments(const Tensor& x, const Tensor& mean, const Tensor& variance) {
  dispatch_floating(x.dtype(), [&]<class C>() {
    reduce_with(ChannelMoments<C>{elements(x), data<C>(mean), data<C>(variance)},
                by_channel(x, mean));
  });
}

void channel_sums(const Tensor& grad, const Tensor& x, const Tensor& center, const Tensor& sums,
                  const Tensor& products) {
  dispatch_floating(x.dtype(), [&]<class C>() {
    reduce_with(ChannelSums<C>{elements(grad), elements(x), data<C>(center), data<C>(sums),
                               data<C>(products)},
                by_channel(x, sums));
  });
}

void row_norm(const RowNormArgs& args, double eps, const Tensor& bias, const Tensor& out) {
  dispatch_floating(args.x.dtype(), [&]<class C>() {
    launch_rows(
        args.x.shape()[0], args.x.shape()[1],
        RowNorm<C>{norm_rows<C>(args), data_or_null<C>(&bias), static_cast<C>(eps), elements(out)});
  });
}

void row_norm_grad(const Tensor& grad, const RowNormArgs& args, const Tensor& x_grad,
                   const Tensor& weight_grad, const Tensor& bias_grad) {
  dispatch_floating(args.x.dtype(), [&]<class C>() {
    const NormRows<C> rows = norm_rows<C>(args);
    launch_rows(args.x.shape()[0], args.x.shape()[1],
                RowNormGrad<C>{rows, elements(grad), elements(x_grad)});
    reduce_with(RowNormSums<C>{rows, elements(grad), data<C>(weight_grad), data<C>(bias_grad)},
                reduce_map("row_norm_grad", args.x, 1, weight_grad.unsqueeze(0)));
  });
}

}  // namespace tenon::cuda
