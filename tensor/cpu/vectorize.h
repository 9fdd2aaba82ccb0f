// Loops over arrays, as vectors.
//
//   apply(count, out, [](auto v) { return math::exp(v); }, x);   // out[i] = e^x[i]
//   in_lanes<float>(count, [&](auto at) {
//     const auto apart = at.load(x) - at.load(y);
//     at.store(sums, at.load(sums) + apart);
//     at.store(squares, at.load(squares) + apart * apart);
//   });
//
// Where there are FloatLanes (float_lanes.h), functions of floats are called with a register of
// them at a time, by apply() with four. Elsewhere, and for other types, they are called with one
// number, and the compiler makes vectors.
#ifndef TENON_TENSOR_CPU_VECTORIZE_H_
#define TENON_TENSOR_CPU_VECTORIZE_H_

#include <cstdint>
#include <type_traits>

#include "tensor/cpu/float_lanes.h"
#include "tensor/cpu/four_registers.h"

// Before a loop whose iterations touch no element of each other: a result may lie where an argument
// does, for which GCC would otherwise test, and then not use vectors. Clang's word for it warns of
// every loop that calls the C library.
#if defined(__clang__)
#define TENON_VECTORIZE
#else
#define TENON_VECTORIZE _Pragma("GCC ivdep")
#endif

namespace tenon::cpu {

/// One element of arrays.
template <class C>
struct OneElement {
  using Value = C;
  std::int64_t at;
  C load(const C* from) const { return from[at]; }
  void store(C* to, C value) const { to[at] = value; }
  void prefetch(const C*) const {}
};

#ifdef TENON_FLOAT_LANES

/// A register's worth of elements of arrays.
struct WholeRegister {
  using Value = FloatLanes;
  std::int64_t at;
  FloatLanes load(const float* from) const { return FloatLanes::load(from + at); }
  void store(float* to, FloatLanes value) const { value.store(to + at); }
  /// What will be read soon. It may lie outside of any array.
  void prefetch(const float* from) const { __builtin_prefetch(from + at); }
};

/// The last elements of arrays, `count` of them.
struct PartOfRegister {
  using Value = FloatLanes;
  std::int64_t at, count;
  FloatLanes load(const float* from) const { return FloatLanes::load(from + at, count); }
  void store(float* to, FloatLanes value) const { value.store(to + at, count); }
  void prefetch(const float* from) const { __builtin_prefetch(from + at); }
};

/// Whether functions of C are called with registers, those that F takes.
template <class C, class... F>
inline constexpr bool kTakesRegisters = std::is_same_v<C, float> &&
                                        (std::is_invocable_v<F, FloatLanes> && ...);

#else

template <class C, class... F>
inline constexpr bool kTakesRegisters = false;

#endif

/// Calls fn(at) for all of `count` elements. `at` loads and stores some of them, as `Value`s.
template <class C, bool kRegisters = kTakesRegisters<C>, class F>
void in_lanes(std::int64_t count, const F& fn) {
#ifdef TENON_FLOAT_LANES
  if constexpr (kRegisters) {
    std::int64_t i = 0;
    for (; i + FloatLanes::kCount <= count; i += FloatLanes::kCount) fn(WholeRegister{i});
    if (i < count) fn(PartOfRegister{i, count - i});
  } else
#endif
  {
    TENON_VECTORIZE
    for (std::int64_t i = 0; i < count; ++i) fn(OneElement<C>{i});
  }
}

/// out[i] = fn(in[i], …), whose operations are those of tensor/internal/scalar_primitives.h. `out`
/// may be one of `in`.
template <class C, class F, class... In>
void apply(std::int64_t count, C* out, const F& fn, const In*... in) {
  std::int64_t done = 0;
#ifdef TENON_FLOAT_LANES
  if constexpr (kTakesRegisters<C>) {
    for (; done + FourRegisters::kCount <= count; done += FourRegisters::kCount) {
      fn(FourRegisters::load(in + done)...).store(out + done);
    }
  }
#endif
  in_lanes<C>(count - done, [=](auto at) { at.store(out + done, fn(at.load(in + done)...)); });
}

/// Asks for numbers that come next, so that memory works while others are computed with. They may
/// lie outside of any array.
template <class C>
void prefetch(const C* x, std::int64_t count) {
  constexpr std::int64_t kLine = 64 / sizeof(C);
  for (std::int64_t i = 0; i < count; i += kLine) __builtin_prefetch(x + i);
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_VECTORIZE_H_
