// Rotary positions (Su et al. 2021, "RoFormer", §3.2), in the layout of Transformers: number i of a
// head's first half is turned together with number i of its second half.
#ifndef TENON_MODELS_LM_ROPE_H_
#define TENON_MODELS_LM_ROPE_H_

#include <mutex>
#include <utility>
#include <vector>

#include "autograd/variable.h"
#include "models/lm/config.h"

namespace tenon::models {

/// How far each pair of numbers turns from one position to the next.
class RopeFrequencies {
 public:
  RopeFrequencies(const RopeConfig& config, std::int64_t head_size)
      : config_(config), head_size_(head_size) {}
  /// [head_size/2] f32. Made once for each device: a recorded step cannot repeat a copy from the
  /// host. From any thread.
  Tensor on(Device device);

 private:
  RopeConfig config_;
  std::int64_t head_size_;
  std::mutex mutex_;
  std::vector<Tensor> made_;
};

/// Cosines and sines [..,D/2] f32 for positions [..] i64 and frequencies [D/2] on one device.
std::pair<Tensor, Tensor> rope_table(const Tensor& frequencies, const Tensor& positions);

/// x [B,H,T,D] turned by cos, sin [B or 1,1,T,D/2].
autograd::Variable rope(const autograd::Variable& x, const Tensor& cos, const Tensor& sin);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_ROPE_H_
