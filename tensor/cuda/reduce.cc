#include "tensor/cuda/reduce.h"

namespace tenon::cuda {
namespace {

/// Threads that keep a device busy: 1024 for each multiprocessor.
std::int64_t enough_threads() { return std::int64_t{1024} * multiprocessors(); }

/// What a thread should at least do before its partial result is worth writing.
constexpr std::int64_t kElementsPerThread = 16;

/// Adjacent results that are worth a thread each, side by side.
constexpr std::int64_t kAdjacentResults = 16;

}  // namespace

ReduceMap reduce_map(const char* op, const Tensor& x, std::uint64_t dims, const Tensor& out) {
  std::vector<MapDim<2>> kept;
  std::vector<MapDim<1>> reduced;
  ReduceMap map;
  for (int d = 0; d < x.ndim(); ++d) {
    const std::int64_t size = x.shape()[d];
    if (dims >> d & 1) {
      map.count *= size;
      reduced.push_back({size, {x.strides()[d]}});
    } else {
      map.results *= size;
      kept.push_back({size, {x.strides()[d], out.strides()[d]}});
    }
  }
  kept = merged<2>(std::move(kept));
  reduced = merged<1>(std::move(reduced));
  const std::int64_t kept_step = kept.empty() ? INT64_MAX : std::abs(kept.back().strides[0]);
  const std::int64_t reduced_step = reduced.empty() ? 0 : std::abs(reduced.back().strides[0]);
  map.columns = map.count == 1 || (!kept.empty() && kept_step < reduced_step &&
                                   (kept.back().size >= kAdjacentResults || map.count <= 32));
  map.kept = IndexMap<2>(op, kept);
  map.reduced = IndexMap<1>(op, reduced);
  return map;
}

Segments plan_segments(const ReduceMap& map) {
  const std::int64_t threads = map.columns ? 1 : map.count <= kWarpRow ? kWarp : kBlockThreads;
  const std::int64_t busy = map.results * threads;
  const std::int64_t wanted = (enough_threads() + busy - 1) / std::max<std::int64_t>(busy, 1);
  const std::int64_t most = map.count / (threads * kElementsPerThread);
  const std::int64_t segments =
      std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(most, 1));
  const std::int64_t length = std::max<std::int64_t>((map.count + segments - 1) / segments, 1);
  return {std::max<std::int64_t>((map.count + length - 1) / length, 1), length};
}

Tensor reduce_workspace(std::int64_t bytes) {
  const Device device{DeviceType::kCuda, static_cast<std::uint8_t>(current_device())};
  return empty({bytes}, {.dtype = DType::kU8, .device = device});
}

}  // namespace tenon::cuda
