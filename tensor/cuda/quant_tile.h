// How a block of threads lays out what it multiplies with quantized weights: which lane has which
// weight, and where in shared memory 16 bytes lie so that what lanes read together lies in
// different banks. Index arithmetic alone; quant_tile_test.cc counts the conflicts.
//
// The product is out^T = A x^T in fragments of tensor cores (fragment.h): the weights are A, whose
// rows are outputs, so that a few rows of x fill the other side's eight. Four warps share a block
// of 64 outputs: each has 32 of them, as two A's, and half of the 128 terms that are summed at a
// time.
//
// The order of terms is free as long as A and B have the same. Lane c of a group takes 16
// neighbours, four for each of four products, and so reads x as vectors of 16 bytes, which
// ldmatrix would have to gather, and codes, along a row, as 8 bytes.
#ifndef TENON_TENSOR_CUDA_QUANT_TILE_H_
#define TENON_TENSOR_CUDA_QUANT_TILE_H_

#include "tensor/cuda/fragment.h"
#include "tensor/internal/host_device.h"

namespace tenon::cuda {

/// What a product of W [O,I] sums along: its columns (x W^T [M,O]) or its rows (y W [M,I]).
enum class Along { kColumns, kRows };

inline constexpr int kTileOutputs = 64;
inline constexpr int kTileTerms = 128;
inline constexpr int kWarpOutputs = 32;
inline constexpr int kWarpTerms = 64;
inline constexpr int kTileWarps = kTileOutputs / kWarpOutputs * (kTileTerms / kWarpTerms);
/// Products of 16 terms that a warp's are.
inline constexpr int kSteps = kWarpTerms / 16;

/// Elements of x, and codes, in 16 bytes.
inline constexpr int kVectorElements = 8;
inline constexpr int kVectorCodes = 32;

/// The part of W that a block holds.
template <Along kAlong>
inline constexpr int kTileRows = kAlong == Along::kColumns ? kTileOutputs : kTileTerms;
template <Along kAlong>
inline constexpr int kTileColumns = kAlong == Along::kColumns ? kTileTerms : kTileOutputs;
template <Along kAlong>
inline constexpr int kRowVectors = kTileColumns<kAlong> / kVectorCodes;
inline constexpr int kTileVectors = kTileOutputs * kTileTerms / kVectorCodes;

/// Where in a block's 64 outputs and 128 terms a warp begins.
TENON_HOST_DEVICE constexpr int first_output(int warp) { return warp % 2 * kWarpOutputs; }
TENON_HOST_DEVICE constexpr int first_term(int warp) { return warp / 2 * kWarpTerms; }

/// Of a warp's outputs: the one in row group(lane) + 8 half of its A number `a`. Along rows they
/// are four neighbours, whose codes are two bytes.
template <Along kAlong>
TENON_HOST_DEVICE constexpr int output_of(int lane, int a, int half) {
  if (kAlong == Along::kColumns) return 16 * a + 8 * half + lane_group(lane);
  return 4 * lane_group(lane) + 2 * a + half;
}
/// Of a warp's terms: number e of the four that a lane has in each step. Those of A are in its
/// elements {0,1,4,5}, and {2,3,6,7}; those of B in all four, in this order.
TENON_HOST_DEVICE constexpr int term_of(int lane, int step, int e) {
  return 16 * lane_in_group(lane) + 4 * step + e;
}

/// Where vector `vector` of row `row` of x [rows,128] is.
TENON_HOST_DEVICE constexpr int x_place(int row, int vector) {
  return row * (kTileTerms / kVectorElements) + (vector ^ (row & 7));
}
/// Where vector `vector` of row `row` of the codes is.
template <Along kAlong>
TENON_HOST_DEVICE constexpr int code_place(int row, int vector) {
  const int place = row * kRowVectors<kAlong> + vector;
  return kAlong == Along::kColumns ? place ^ (row & 2) : place ^ ((row >> 4 & 3) << 1);
}
/// Where the scale of 32 weights is, the smallest block: the same vectors, by columns, 32 rows
/// after others in other banks.
template <Along kAlong>
TENON_HOST_DEVICE constexpr int scale_place(int row, int vector) {
  return vector * kTileRows<kAlong> + (row ^ ((row >> 5 ^ vector) & 1) << 3);
}

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_QUANT_TILE_H_
