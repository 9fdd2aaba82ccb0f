// From the number of an element to where it lies in each of several strided tensors: the index
// arithmetic of the kernels, the same code on the host and on the device.
//
//   const auto map = index_map<2>({&out, &x});      // on the host: merges what lies evenly spaced
//   const Offsets<2> at = map.offsets(i);           // element i: at.of[0] in out, at.of[1] in x
//
// Elements are numbered in the memory order of the first tensor, so that neighbouring threads write
// neighbouring addresses.
#ifndef TENON_TENSOR_CUDA_INDEX_MAP_H_
#define TENON_TENSOR_CUDA_INDEX_MAP_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/internal/host_device.h"
#include "tensor/tensor.h"

namespace tenon::cuda {

/// Division of numbers below 2^31 by a divisor that is known on the host, as a multiplication and a
/// shift (Granlund & Montgomery 1994, §4): a GPU divides in software, at some twenty instructions.
class Divider {
 public:
  Divider() = default;
  explicit Divider(std::uint32_t divisor) : divisor_(divisor) {
    while (shift_ < 32 && (std::uint64_t{1} << shift_) < divisor) ++shift_;
    const std::uint64_t excess = (std::uint64_t{1} << shift_) - divisor;
    multiplier_ = static_cast<std::uint32_t>((excess << 32) / divisor + 1);
  }
  TENON_HOST_DEVICE std::uint32_t quotient(std::uint32_t n) const {
    const auto high = static_cast<std::uint32_t>(std::uint64_t{n} * multiplier_ >> 32);
    return (high + n) >> shift_;
  }
  TENON_HOST_DEVICE std::uint32_t divisor() const { return divisor_; }

 private:
  std::uint32_t divisor_ = 1;
  std::uint32_t multiplier_ = 1;
  std::uint32_t shift_ = 0;
};

template <int kTensors>
struct Offsets {
  std::int64_t of[kTensors] = {};
};

/// One dimension: its size and its step in each tensor.
template <int kTensors>
struct MapDim {
  std::int64_t size;
  std::array<std::int64_t, kTensors> strides;
};

template <int kTensors>
class IndexMap {
 public:
  static constexpr int kMaxDims = 8;

  IndexMap() = default;
  /// Outermost dimension first. Throws DeviceError where more than kMaxDims are left.
  IndexMap(const char* op, const std::vector<MapDim<kTensors>>& dims)
      : ndim_(static_cast<int>(dims.size())) {
    if (ndim_ > kMaxDims) {
      throw DeviceError("[" + std::string(op) + "] expected at most " + std::to_string(kMaxDims) +
                        " dimensions that cannot be merged on a GPU, got " + std::to_string(ndim_));
    }
    std::int64_t count = 1;
    for (int d = 0; d < ndim_; ++d) {
      const auto& dim = dims[static_cast<std::size_t>(d)];
      sizes_[d] = dim.size;
      count *= dim.size;
      for (int t = 0; t < kTensors; ++t) strides_[d][t] = dim.strides[static_cast<std::size_t>(t)];
    }
    narrow_ = count < INT64_C(1) << 31;
    for (int d = 0; narrow_ && d < ndim_; ++d) {
      dividers_[d] = Divider(static_cast<std::uint32_t>(std::max<std::int64_t>(sizes_[d], 1)));
    }
  }

  int ndim() const { return ndim_; }
  std::int64_t size(int dim) const { return sizes_[dim]; }
  TENON_HOST_DEVICE std::int64_t stride(int dim, int tensor) const { return strides_[dim][tensor]; }
  /// Of the innermost dimension; 0 where there is none.
  TENON_HOST_DEVICE std::int64_t inner_stride(int tensor) const {
    return ndim_ == 0 ? 0 : strides_[ndim_ - 1][tensor];
  }
  std::int64_t inner_size() const { return ndim_ == 0 ? 1 : sizes_[ndim_ - 1]; }

  TENON_HOST_DEVICE Offsets<kTensors> offsets(std::int64_t index) const {
    Offsets<kTensors> at;
    for (int d = ndim_ - 1; d > 0; --d) {
      std::int64_t rest;
      if (narrow_) {
        const auto n = static_cast<std::uint32_t>(index);
        const std::uint32_t quotient = dividers_[d].quotient(n);
        rest = n - quotient * dividers_[d].divisor();
        index = quotient;
      } else {
        rest = index % sizes_[d];
        index /= sizes_[d];
      }
      for (int t = 0; t < kTensors; ++t) at.of[t] += rest * strides_[d][t];
    }
    for (int t = 0; ndim_ > 0 && t < kTensors; ++t) at.of[t] += index * strides_[0][t];
    return at;
  }

 private:
  int ndim_ = 0;
  bool narrow_ = true;
  Divider dividers_[kMaxDims];
  std::int64_t sizes_[kMaxDims] = {};
  std::int64_t strides_[kMaxDims][kTensors] = {};
};

/// Sorts the dimensions by their steps in the first tensor, the largest first, and merges
/// neighbours that lie evenly spaced in all tensors. Dimensions of size 1 go.
template <int kTensors>
std::vector<MapDim<kTensors>> merged(std::vector<MapDim<kTensors>> dims) {
  std::erase_if(dims, [](const auto& dim) { return dim.size == 1; });
  std::stable_sort(dims.begin(), dims.end(), [](const auto& a, const auto& b) {
    return std::abs(a.strides[0]) > std::abs(b.strides[0]);
  });
  std::vector<MapDim<kTensors>> result;
  for (const auto& dim : dims) {
    bool even = !result.empty();
    for (std::size_t t = 0; even && t < kTensors; ++t) {
      even = result.back().strides[t] == dim.strides[t] * dim.size;
    }
    if (even) {
      result.back().size *= dim.size;
      result.back().strides = dim.strides;
    } else {
      result.push_back(dim);
    }
  }
  return result;
}

/// Of tensors of one shape.
template <int kTensors>
IndexMap<kTensors> index_map(const char* op, const std::array<const Tensor*, kTensors>& tensors) {
  std::vector<MapDim<kTensors>> dims;
  for (int d = 0; d < tensors[0]->ndim(); ++d) {
    MapDim<kTensors> dim{tensors[0]->shape()[d], {}};
    for (std::size_t t = 0; t < kTensors; ++t) dim.strides[t] = tensors[t]->strides()[d];
    dims.push_back(dim);
  }
  return IndexMap<kTensors>(op, merged<kTensors>(std::move(dims)));
}

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_INDEX_MAP_H_
