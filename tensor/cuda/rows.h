// Rows of dense matrices as the work of teams: softmax, losses, normalization, attention.
#ifndef TENON_TENSOR_CUDA_ROWS_H_
#define TENON_TENSOR_CUDA_ROWS_H_

#include <cstdint>

#include "tensor/cuda/grid.h"
#include "tensor/cuda/reduce.h"

namespace tenon::cuda {

/// program(team) for each row: a warp for short ones, a block for others.
template <class Program>
void launch_rows(std::int64_t rows, std::int64_t size, const Program& program) {
  if (size <= kWarpRow) {
    launch_teams<kWarp>(rows, program);
  } else {
    launch_teams<kBlockThreads>(rows, program);
  }
}

inline Elements elements(const Tensor& x) { return {x.raw_data(), x.dtype()}; }

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_ROWS_H_
