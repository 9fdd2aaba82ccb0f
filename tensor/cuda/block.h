// Kernels whose warps share memory: what warps do between two barriers, and copies that run behind
// them.
//
//   struct Sum {
//     static constexpr const char* kName = "sum";
//     static constexpr int kThreads = 128;
//     static constexpr int kBlocks = 3;             // at once on a multiprocessor, by registers
//     struct Shared { … };
//     TENON_DEVICE void operator()(Block<Sum>& block) const {
//       block.each_warp([&](const Warp& warp) {       // and then a barrier
//         warp.each_lane([&](int lane) { … block.shared() … });
//       });
//     }
//   };
//   launch_blocks(count, Sum{…});
//
// A value that a lane keeps is a PerLane<T>, and where it outlives a barrier it is within a
// PerWarp<…>: registers on a device. Compiled by a C++ compiler the same programs run on the host
// (emulated/block.h).
#ifndef TENON_TENSOR_CUDA_BLOCK_H_
#define TENON_TENSOR_CUDA_BLOCK_H_

#include <cstdint>

#include "tensor/cuda/grid.h"

#if defined(__CUDACC__)

#define TENON_DEVICE __device__
/// Of a loop over registers, which have no addresses.
#define TENON_UNROLL _Pragma("unroll")

namespace tenon::cuda {

template <class T>
class PerLane {
 public:
  __device__ T& operator[](int) { return own_; }

 private:
  T own_;
};

template <class T, int>
class PerWarp {
 public:
  __device__ T& operator[](int) { return own_; }

 private:
  T own_;
};

class Warp {
 public:
  __device__ int index() const { return static_cast<int>(threadIdx.x) / kWarp; }
  template <class F>
  __device__ void each_lane(const F& fn) const {
    fn(static_cast<int>(threadIdx.x) % kWarp);
  }

  /// A lane begins to copy 16 bytes of global memory to shared memory, or zeros where there is
  /// nothing to read; both addresses are multiples of 16.
  __device__ void start_copy(void* to, const void* from, bool present) const {
    const auto at = static_cast<unsigned>(__cvta_generic_to_shared(to));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from),
                 "r"(present ? 16 : 0)
                 : "memory");
  }
  /// What the warp has begun since the last time is a group, which may be empty.
  __device__ void commit_copies() const { asm volatile("cp.async.commit_group;" ::: "memory"); }
  /// Until all but the last `kPending` groups of the warp have arrived; other warps see them behind
  /// the next barrier.
  template <int kPending>
  __device__ void wait_for_copies() const {
    asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
  }
};

template <class Program>
class Block {
 public:
  static constexpr int kWarps = Program::kThreads / kWarp;
  __device__ explicit Block(void* shared) : shared_(shared) {}

  __device__ std::int64_t index() const { return blockIdx.x; }
  __device__ auto& shared() { return *static_cast<typename Program::Shared*>(shared_); }
  template <class F>
  __device__ void each_warp(const F& fn) {
    fn(Warp());
    __syncthreads();
  }

 private:
  void* shared_;
};

template <class Program>
__global__ void __launch_bounds__(Program::kThreads, Program::kBlocks)
    run_blocks(const __grid_constant__ Program program) {
  extern __shared__ uint4 shared_memory[];
  Block<Program> block(shared_memory);
  program(block);
}

/// program(block) for blocks 0 to count - 1, fewer than 2^31.
template <class Program>
void launch_blocks(std::int64_t count, const Program& program) {
  void* arguments[] = {const_cast<Program*>(&program)};
  void (*kernel)(Program) = run_blocks<Program>;
  Launch one{Program::kName};
  one.function = reinterpret_cast<const void*>(kernel);
  one.blocks = static_cast<unsigned>(count);
  one.threads = Program::kThreads;
  one.shared_bytes = sizeof(typename Program::Shared);
  one.arguments = arguments;
  submit(one);
}

}  // namespace tenon::cuda

#else
#include "tensor/cuda/emulated/block.h"
#endif

#endif  // TENON_TENSOR_CUDA_BLOCK_H_
