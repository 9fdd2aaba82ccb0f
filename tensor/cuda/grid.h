// How kernels are written and started: programs for single threads and for teams of them.
//
//   struct Scale {                                        // one thread: item i
//     static constexpr const char* kName = "scale";
//     float* x; float factor;
//     TENON_HOST_DEVICE void operator()(std::int64_t i) const { x[i] *= factor; }
//   };
//   launch_items(count, Scale{x, 2});
//
//   struct RowSum { …                                     // 32 or 256 threads: team.index()
//     template <class Team> TENON_HOST_DEVICE void operator()(const Team& team) const {
//       const float sum = team.reduce(size, 0.0f, add_element, add);   // all threads know it
//       team.for_each(size, [&](std::int64_t j) { … });
//     }
//   };
//   launch_teams<32>(rows, RowSum{…});
//
// A program never reads what another thread of the same launch wrote, but through reduce and scan.
// Compiled by nvcc a launch is a kernel on the current stream; compiled by a C++ compiler the same
// source runs on the host, one thread after another in another order, and that is how kernels are
// tested where there is no GPU. The trees of reductions are the same in both.
#ifndef TENON_TENSOR_CUDA_GRID_H_
#define TENON_TENSOR_CUDA_GRID_H_

#include <cstdint>

#include "tensor/cuda/submit.h"
#include "tensor/internal/host_device.h"

namespace tenon::cuda {

inline constexpr int kWarp = 32;

#if defined(__CUDA_ARCH__)
/// `value` of the lane `step` further on.
template <class T>
__device__ T shuffle_down(const T& value, int step) {
  static_assert(sizeof(T) % 4 == 0);
  T result = value;
  const auto* from = reinterpret_cast<const unsigned*>(&value);
  auto* to = reinterpret_cast<unsigned*>(&result);
  for (unsigned i = 0; i < sizeof(T) / 4; ++i) to[i] = __shfl_down_sync(~0u, from[i], step);
  return result;
}
template <class T>
__device__ T broadcast(const T& value) {
  T result = value;
  const auto* from = reinterpret_cast<const unsigned*>(&value);
  auto* to = reinterpret_cast<unsigned*>(&result);
  for (unsigned i = 0; i < sizeof(T) / 4; ++i) to[i] = __shfl_sync(~0u, from[i], 0);
  return result;
}
#endif

/// kThreads threads that work together: a warp, or a whole block.
template <int kThreads>
class Team {
 public:
  static_assert(kThreads == kWarp || kThreads == kBlockThreads);

  TENON_HOST_DEVICE explicit Team(std::int64_t index) : index_(index) {}
  /// Number of this team in the launch.
  TENON_HOST_DEVICE std::int64_t index() const { return index_; }

  /// fn(i) for i in [0, n), neighbours by neighbouring threads.
  template <class F>
  TENON_HOST_DEVICE void for_each(std::int64_t n, const F& fn) const {
#if defined(__CUDA_ARCH__)
    for (std::int64_t i = lane(); i < n; i += kThreads) fn(i);
#else
    for (std::int64_t i = n; i-- > 0;) fn(i);
#endif
  }

  /// fn() by one thread.
  template <class F>
  TENON_HOST_DEVICE void once(const F& fn) const {
#if defined(__CUDA_ARCH__)
    if (lane() == 0) fn();
#else
    fn();
#endif
  }

  /// The combination of fold(partial, i) over i in [0, n); every thread gets it. Each thread folds
  /// every kThreads-th element, and those partial results meet in a tree.
  template <class T, class Fold, class Combine>
  TENON_HOST_DEVICE T reduce(std::int64_t n, const T& identity, const Fold& fold,
                             const Combine& combine) const {
#if defined(__CUDA_ARCH__)
    T mine = identity;
    for (std::int64_t i = lane(); i < n; i += kThreads) fold(mine, i);
    for (int step = kWarp / 2; step > 0; step /= 2) {
      mine = combine(mine, shuffle_down(mine, step));
    }
    if constexpr (kThreads == kWarp) {
      return broadcast(mine);
    } else {
      __shared__ alignas(16) unsigned char room[kThreads / kWarp * sizeof(T)];
      T* parts = reinterpret_cast<T*>(room);
      __syncthreads();  // what an earlier call left there has been read
      if (lane() % kWarp == 0) parts[lane() / kWarp] = mine;
      __syncthreads();
      T all = parts[0];
      for (int i = 1; i < kThreads / kWarp; ++i) all = combine(all, parts[i]);
      return all;
    }
#else
    T all = identity;
    for (int warp = 0; warp < kThreads / kWarp; ++warp) {
      T lanes[kWarp];
      for (int k = 0; k < kWarp; ++k) {
        lanes[k] = identity;
        for (std::int64_t i = warp * kWarp + k; i < n; i += kThreads) fold(lanes[k], i);
      }
      for (int step = kWarp / 2; step > 0; step /= 2) {
        for (int k = 0; k < step; ++k) lanes[k] = combine(lanes[k], lanes[k + step]);
      }
      all = warp == 0 ? lanes[0] : combine(all, lanes[0]);
    }
    return all;
#endif
  }

  /// Thread t gives total(t), and is told the sum of those before it: use(t, sum).
  template <class T, class Total, class Use>
  TENON_HOST_DEVICE void scan(const T& zero, const Total& total, const Use& use) const {
#if defined(__CUDA_ARCH__)
    __shared__ T totals[kThreads];
    static_assert(kThreads == kBlockThreads);
    __syncthreads();
    totals[lane()] = total(lane());
    __syncthreads();
    T before = zero;
    for (int i = 0; i < lane(); ++i) before += totals[i];
    use(lane(), before);
#else
    T before = zero;
    for (int i = 0; i < kThreads; ++i) {
      const T mine = total(i);
      use(i, before);
      before += mine;
    }
#endif
  }

 private:
#if defined(__CUDA_ARCH__)
  __device__ static int lane() { return static_cast<int>(threadIdx.x) % kThreads; }
#endif
  std::int64_t index_;
};

#if defined(__CUDACC__)

template <class Program>
__global__ void __launch_bounds__(kBlockThreads)
    run_items(std::int64_t count, const __grid_constant__ Program program) {
  const std::int64_t step = std::int64_t{gridDim.x} * kBlockThreads;
  for (std::int64_t i = std::int64_t{blockIdx.x} * kBlockThreads + threadIdx.x; i < count;
       i += step) {
    program(i);
  }
}

template <int kThreads, class Program>
__global__ void __launch_bounds__(kBlockThreads)
    run_teams(std::int64_t count, const __grid_constant__ Program program) {
  const std::int64_t first = std::int64_t{blockIdx.x} * (kBlockThreads / kThreads);
  const std::int64_t step = std::int64_t{gridDim.x} * (kBlockThreads / kThreads);
  for (std::int64_t i = first + threadIdx.x / kThreads; i < count; i += step) {
    program(Team<kThreads>(i));
  }
}

/// As many blocks as there is work for; beyond what a grid holds, threads loop.
inline unsigned grid_blocks(std::int64_t blocks) {
  constexpr std::int64_t kMost = (INT64_C(1) << 31) - 1;
  return static_cast<unsigned>(blocks < kMost ? blocks : kMost);
}

template <class Program>
void submit_kernel(void (*kernel)(std::int64_t, Program), std::int64_t blocks, std::int64_t count,
                   const Program& program) {
  void* arguments[] = {&count, const_cast<Program*>(&program)};
  // Member by member: designators in a template leave nvcc in a form that Clang warns of.
  Launch one{Program::kName};
  one.function = reinterpret_cast<const void*>(kernel);
  one.blocks = grid_blocks(blocks);
  one.arguments = arguments;
  submit(one);
}

/// program(i) for i in [0, count).
template <class Program>
void launch_items(std::int64_t count, const Program& program) {
  if (count <= 0) return;
  submit_kernel<Program>(run_items<Program>, (count + kBlockThreads - 1) / kBlockThreads, count,
                         program);
}

/// program(team) for teams 0 to count - 1.
template <int kThreads, class Program>
void launch_teams(std::int64_t count, const Program& program) {
  if (count <= 0) return;
  constexpr std::int64_t kTeams = kBlockThreads / kThreads;
  submit_kernel<Program>(run_teams<kThreads, Program>, (count + kTeams - 1) / kTeams, count,
                         program);
}

#else

/// Every third item, then the others: a program that relies on an order gives wrong results.
template <class F>
void for_each_shuffled(std::int64_t count, const F& fn) {
  for (std::int64_t first = 2; first >= 0; --first) {
    for (std::int64_t i = first; i < count; i += 3) fn(i);
  }
}

template <class Program>
void launch_items(std::int64_t count, const Program& program) {
  if (count <= 0) return;
  submit({.name = Program::kName, .loop = [=] { for_each_shuffled(count, program); }});
}

template <int kThreads, class Program>
void launch_teams(std::int64_t count, const Program& program) {
  if (count <= 0) return;
  submit({.name = Program::kName, .loop = [=] {
            for_each_shuffled(count, [&](std::int64_t i) { program(Team<kThreads>(i)); });
          }});
}

#endif

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_GRID_H_
