// Planes of results side by side, as a channels-last image has them.
#ifndef TENON_TENSOR_CPU_CONV_NARROW_INTERLEAVE_H_
#define TENON_TENSOR_CPU_CONV_NARROW_INTERLEAVE_H_

#include "tensor/cpu/float_lanes.h"

#ifdef TENON_FLOAT_LANES

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tenon::cpu::narrow {

/// The numbers of `filters` planes side by side: to[pixel][k] = from[k][pixel]. A register of
/// results takes its lanes from one register of each plane.
class Interleave {
 public:
  explicit Interleave(std::int64_t filters) : filters_(filters) {
    for (std::int64_t j = 0; j < filters; ++j) {
      for (std::int64_t k = 0; k < filters; ++k) {
        std::int32_t in_plane[kLanes];
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
          in_plane[lane] = (j * kLanes + lane) % filters == k ? -1 : 0;
        }
        masks_.push_back(LaneMask::of(in_plane));
      }
      for (std::int64_t lane = 0; lane < kLanes; ++lane) {
        pixels_.push_back(static_cast<std::int32_t>((j * kLanes + lane) / filters));
      }
    }
  }

  /// `pixels` of kLanes; `step` floats lie between planes.
  void operator()(const float* from, std::int64_t step, std::int64_t pixels, float* to) const {
    for (std::int64_t j = 0; j * kLanes < pixels * filters_; ++j) {
      const LaneMask* masks = masks_.data() + j * filters_;
      Lanes result{};
      for (std::int64_t k = 0; k < filters_; ++k) {
        result = instructions::permuted(masks[k], load(from + k * step),
                                        pixels_.data() + j * kLanes, result);
      }
      instructions::store(to + j * kLanes, std::min(kLanes, pixels * filters_ - j * kLanes),
                          result);
    }
  }

 private:
  std::int64_t filters_;
  std::vector<std::int32_t> pixels_;
  std::vector<LaneMask> masks_;
};

}  // namespace tenon::cpu::narrow

#endif  // TENON_FLOAT_LANES

#endif  // TENON_TENSOR_CPU_CONV_NARROW_INTERLEAVE_H_
