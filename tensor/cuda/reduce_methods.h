// Methods of reduce.h: folds, moments, log-sum-exp, and where the extremes are.
#ifndef TENON_TENSOR_CUDA_REDUCE_METHODS_H_
#define TENON_TENSOR_CUDA_REDUCE_METHODS_H_

#include <cmath>
#include <limits>
#include <type_traits>

#include "tensor/cuda/reduce.h"
#include "tensor/cuda/scalar_ops.h"

namespace tenon::cuda {

/// The last and the first of all values.
template <class C>
TENON_SCALAR constexpr C lowest() {
  if constexpr (std::is_integral_v<C>) {
    return std::numeric_limits<C>::lowest();
  } else {
    return -std::numeric_limits<C>::infinity();
  }
}
template <class C>
TENON_SCALAR constexpr C highest() {
  if constexpr (std::is_integral_v<C>) {
    return std::numeric_limits<C>::max();
  } else {
    return std::numeric_limits<C>::infinity();
  }
}

template <class C>
struct Add {
  static TENON_SCALAR C identity() { return C{0}; }
  static TENON_SCALAR C combine(C a, C b) {
    return static_cast<C>(Wrapping<C>(a) + Wrapping<C>(b));
  }
};
template <class C>
struct Multiply {
  static TENON_SCALAR C identity() { return C{1}; }
  static TENON_SCALAR C combine(C a, C b) {
    return static_cast<C>(Wrapping<C>(a) * Wrapping<C>(b));
  }
};
// NaN wins.
template <class C>
struct Max {
  static TENON_SCALAR C identity() { return lowest<C>(); }
  static TENON_SCALAR C combine(C a, C b) { return a > b || is_nan(a) ? a : b; }
};
template <class C>
struct Min {
  static TENON_SCALAR C identity() { return highest<C>(); }
  static TENON_SCALAR C combine(C a, C b) { return a < b || is_nan(a) ? a : b; }
};

/// What each element becomes before it is folded, and the fold before it is written.
enum class Each : std::uint8_t { kSame, kSize, kSquare, kNotZero, kPower };
enum class End : std::uint8_t { kSame, kRoot, kPower, kQuotient, kPositive, kAtLeast0 };

template <class C, class Op>
struct Fold {
  using Partial = C;

  Elements x, out;
  Each each = Each::kSame;
  End end = End::kSame;
  C power = 1;
  C end_power = 1;  // kQuotient: the divisor

  TENON_HOST_DEVICE C identity() const { return Op::identity(); }
  TENON_HOST_DEVICE C combine(C a, C b) const { return Op::combine(a, b); }
  TENON_HOST_DEVICE void add(C& partial, const Place& place) const {
    partial = Op::combine(partial, mapped(load<C>(x, place.offset)));
  }
  TENON_HOST_DEVICE void finish(const Place& place, C value) const {
    store<C, Dtypes::kAny>(out, place.offset, finished(value));
  }

 private:
  TENON_HOST_DEVICE C mapped(C v) const {
    if (each == Each::kSame) return v;
    if (each == Each::kNotZero) return static_cast<C>(v != C{0});
    if constexpr (std::is_floating_point_v<C>) {
      if (each == Each::kSquare) return v * v;
      if (each == Each::kSize) return std::fabs(v);
      return std::pow(std::fabs(v), power);
    }
    return v;
  }
  TENON_HOST_DEVICE C finished(C v) const {
    if (end == End::kSame) return v;
    if (end == End::kPositive) return static_cast<C>(v > C{0});
    if constexpr (std::is_floating_point_v<C>) {
      if (end == End::kRoot) return std::sqrt(v);
      if (end == End::kQuotient) return v / end_power;
      if (end == End::kAtLeast0) return v < C{0} ? C{0} : v;
      return std::pow(v, end_power);
    }
    return v;
  }
};

/// Of some elements: how many, their mean, the sum of squared deviations from it (Welford 1962;
/// combined by Chan, Golub & LeVeque 1983, §2).
template <class C>
struct Moments {
  C count, mean, squares;

  TENON_HOST_DEVICE void add(C value) {
    count += 1;
    const C apart = value - mean;
    mean += apart / count;
    squares += apart * (value - mean);
  }
  static TENON_HOST_DEVICE Moments combine(const Moments& a, const Moments& b) {
    if (a.count == 0) return b;
    if (b.count == 0) return a;
    const C count = a.count + b.count, apart = b.mean - a.mean;
    return {count, a.mean + apart * (b.count / count),
            a.squares + b.squares + apart * apart * (a.count * (b.count / count))};
  }
};

template <class C>
struct Variance {
  using Partial = Moments<C>;

  Elements x, out;
  C correction;
  bool root;

  TENON_HOST_DEVICE Partial identity() const { return {0, 0, 0}; }
  TENON_HOST_DEVICE Partial combine(const Partial& a, const Partial& b) const {
    return Partial::combine(a, b);
  }
  TENON_HOST_DEVICE void add(Partial& partial, const Place& place) const {
    partial.add(load<C>(x, place.offset));
  }
  TENON_HOST_DEVICE void finish(const Place& place, const Partial& m) const {
    const C rest = m.count - correction;
    const C variance = m.squares / (rest > 0 ? rest : C{0});
    store<C>(out, place.offset, root ? std::sqrt(variance) : variance);
  }
};

template <class C>
struct LogSumExp {
  /// `sum` of exp(x - largest); of no meaning where `largest` is not finite.
  struct Partial {
    C largest, sum;
  };

  Elements x, out;

  TENON_HOST_DEVICE Partial identity() const { return {lowest<C>(), 0}; }
  TENON_HOST_DEVICE Partial combine(const Partial& a, const Partial& b) const {
    const C largest = Max<C>::combine(a.largest, b.largest);
    return {largest, scaled(a, largest) + scaled(b, largest)};
  }
  TENON_HOST_DEVICE void add(Partial& partial, const Place& place) const {
    partial = combine(partial, {load<C>(x, place.offset), 1});
  }
  TENON_HOST_DEVICE void finish(const Place& place, const Partial& p) const {
    const bool finite = p.largest - p.largest == 0;
    store<C>(out, place.offset, finite ? p.largest + math::log(p.sum) : p.largest);
  }

  /// 0 also where the difference of two infinities would be NaN.
  static TENON_HOST_DEVICE C scaled(const Partial& p, C largest) {
    return p.largest == largest                     ? p.sum
           : p.sum == 0 || p.largest == lowest<C>() ? C{0}
                                                    : p.sum * math::exp(p.largest - largest);
  }
};

/// Position of the first largest (smallest); the first NaN before all numbers.
template <class C>
struct ArgExtreme {
  struct Partial {
    C value;
    std::int64_t position;  // -1: of nothing
  };

  Elements x;
  std::int64_t* out;
  bool largest;

  TENON_HOST_DEVICE Partial identity() const { return {C{0}, -1}; }
  TENON_HOST_DEVICE Partial combine(const Partial& a, const Partial& b) const {
    if (a.position < 0) return b;
    if (b.position < 0) return a;
    if (beats(a.value, b.value)) return a;
    if (beats(b.value, a.value)) return b;
    return a.position < b.position ? a : b;
  }
  TENON_HOST_DEVICE void add(Partial& partial, const Place& place) const {
    partial = combine(partial, {load<C>(x, place.offset), place.position});
  }
  TENON_HOST_DEVICE void finish(const Place& place, const Partial& p) const {
    out[place.offset] = p.position;
  }

 private:
  TENON_HOST_DEVICE bool beats(C a, C b) const {
    return (largest ? a > b : a < b) || (is_nan(a) && !is_nan(b));
  }
};

/// Whether all elements are finite, as one byte.
template <class C>
struct AllFinite {
  using Partial = std::int32_t;

  Elements x;
  bool* out;

  TENON_HOST_DEVICE Partial identity() const { return 1; }
  TENON_HOST_DEVICE Partial combine(Partial a, Partial b) const { return a & b; }
  TENON_HOST_DEVICE void add(Partial& partial, const Place& place) const {
    const C value = load<C>(x, place.offset);
    partial &= value - value == C{0};
  }
  TENON_HOST_DEVICE void finish(const Place&, Partial p) const { *out = p != 0; }
};

/// What indices have to be, and where they are looked at.
struct IndexRange {
  const char* op;    // in messages
  const char* what;  // the argument
  std::int64_t size;
  bool has_exception;
  std::int64_t exception;

  TENON_HOST_DEVICE bool holds(std::int64_t index) const {
    return (index >= 0 && index < size) || (has_exception && index == exception);
  }
};

/// Looks for the first index out of range, and leaves word of it.
template <class Index>
struct FindOutside {
  using Partial = std::int64_t;  // its position; INT64_MAX where there is none

  const Index* indices;
  IndexRange range;
  Fault* fault;

  TENON_HOST_DEVICE Partial identity() const { return INT64_MAX; }
  TENON_HOST_DEVICE Partial combine(Partial a, Partial b) const { return a < b ? a : b; }
  TENON_HOST_DEVICE void add(Partial& partial, const Place& place) const {
    if (!range.holds(indices[place.offset]) && place.position < partial) partial = place.position;
  }
  TENON_HOST_DEVICE void finish(const Place&, Partial p) const {
    if (p == INT64_MAX || fault->op) return;
    *fault = {range.op, range.what, p, indices[p], range.size};
  }
};

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_REDUCE_METHODS_H_
