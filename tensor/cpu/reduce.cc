#include <cmath>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/reduce_fold.h"

namespace tenon::cpu {
namespace {

constexpr auto kSame = [](auto value) { return value; };
constexpr auto kNotZero = []<class V>(V value) {
  using math::select;
  return select(value != V(0), V(1), V(0));
};

std::int64_t reduced_count(const Tensor& x, std::uint64_t dims) {
  std::int64_t count = 1;
  for (int d = 0; d < x.ndim(); ++d) count *= dims >> d & 1 ? x.shape()[d] : 1;
  return count;
}

template <class C>
void norm(double p, const Tensor& x, std::uint64_t dims, const Tensor& out) {
  constexpr auto size = [](auto v) {
    using math::fabs;
    return fabs(v);
  };
  if (p == 0) return fold<C, Add<C>>(x, dims, out, kNotZero, kSame);
  if (p == 1) return fold<C, Add<C>>(x, dims, out, size, kSame);
  if (p == 2) {
    return fold<C, Add<C>>(
        x, dims, out, [](auto v) { return v * v; }, [](C v) { return std::sqrt(v); });
  }
  if (std::isinf(p)) {
    // Of nothing it is 0, where the largest of nothing is -infinity.
    const auto at_least_0 = [](C v) { return v < 0 ? C{0} : v; };
    if (p > 0) return fold<C, Max<C>>(x, dims, out, size, at_least_0);
    return fold<C, Min<C>>(x, dims, out, size, kSame);
  }
  const C power = static_cast<C>(p), root = static_cast<C>(1 / p);
  fold<C, Add<C>>(
      x, dims, out, [=](C v) { return std::pow(std::fabs(v), power); },
      [=](C v) { return std::pow(v, root); });
}

template <class C>
void reduce_any_dtype(const ReduceArgs& args, const Tensor& x, const Tensor& out) {
  const std::uint64_t dims = args.dims;
  switch (args.op) {
    case ReduceOp::kSum:
      return fold<C, Add<C>>(x, dims, out, kSame, kSame);
    case ReduceOp::kProd:
      return fold<C, Multiply<C>>(x, dims, out, kSame, kSame);
    case ReduceOp::kMax:
      return fold<C, Max<C>>(x, dims, out, kSame, kSame);
    case ReduceOp::kMin:
      return fold<C, Min<C>>(x, dims, out, kSame, kSame);
    case ReduceOp::kAny:  // of nothing: the identities are false and true
      return fold<C, Max<C>>(x, dims, out, kNotZero, [](C v) { return static_cast<C>(v > 0); });
    case ReduceOp::kAll:
      return fold<C, Min<C>>(x, dims, out, kNotZero, kSame);
    default:
      return;
  }
}

}  // namespace

void reduce(const ReduceArgs& args, const Tensor& x, const Tensor& out) {
  dispatch_compute(x.dtype(), [&]<class C>() {
    if constexpr (std::is_floating_point_v<C>) {
      switch (args.op) {
        case ReduceOp::kMean: {
          const C divisor = static_cast<C>(reduced_count(x, args.dims));
          return fold<C, Add<C>>(x, args.dims, out, kSame, [=](C sum) { return sum / divisor; });
        }
        case ReduceOp::kNorm:
          return norm<C>(args.parameter, x, args.dims, out);
        case ReduceOp::kVar:
        case ReduceOp::kStd:
          return reduce_moments(args, x, out);
        case ReduceOp::kLogSumExp:
          return reduce_logsumexp(args, x, out);
        default:
          break;
      }
    }
    reduce_any_dtype<C>(args, x, out);
  });
}

}  // namespace tenon::cpu
