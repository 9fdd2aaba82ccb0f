// The engine of reductions: what is summed, compared or averaged along some dimensions.
//
// Where the innermost dimension in memory is reduced, a team of threads reads each result's
// elements ("rows"); where it is kept, one thread accumulates each result and neighbours read
// neighbouring elements ("columns"). Where that leaves the device idle, the reduced elements are
// cut into segments whose partial results a second launch combines. All of it follows from shapes
// alone and no atomics are used: two runs give the same bits. A method is a class like this:
//
//   struct Method {
//     using Partial = …;                       // of some elements; bytes, a multiple of 4
//     TENON_HOST_DEVICE Partial identity() const;
//     // Reads the element.
//     TENON_HOST_DEVICE void add(Partial& partial, const Place& place) const;
//     TENON_HOST_DEVICE Partial combine(const Partial& a, const Partial& b) const;
//     // Writes the result.
//     TENON_HOST_DEVICE void finish(const Place& place, const Partial& partial) const;
//   };
#ifndef TENON_TENSOR_CUDA_REDUCE_H_
#define TENON_TENSOR_CUDA_REDUCE_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tensor/cuda/element.h"
#include "tensor/cuda/grid.h"
#include "tensor/cuda/index_map.h"

namespace tenon::cuda {

/// An element of the tensor that is reduced, or (in finish) a result.
struct Place {
  /// Of the element; in finish, of the result in its tensor.
  std::int64_t offset;
  /// Of the element among those of its result, in memory order; in finish 0.
  std::int64_t position;
  /// Number of the result, in the memory order of the kept dimensions.
  std::int64_t result;
};

/// Which elements belong to which result.
struct ReduceMap {
  IndexMap<2> kept;     ///< number of a result -> offsets in x and in the results' tensor
  IndexMap<1> reduced;  ///< position -> offset in x
  std::int64_t results = 1;
  std::int64_t count = 1;  ///< elements of each result
  bool columns = false;

  TENON_HOST_DEVICE Place element(std::int64_t result, std::int64_t base,
                                  std::int64_t position) const {
    return {base + reduced.offsets(position).of[0], position, result};
  }
};

/// Dimensions of x to reduce by bits; `out` has x's shape but for those, which have size 1.
ReduceMap reduce_map(const char* op, const Tensor& x, std::uint64_t dims, const Tensor& out);

/// How the elements of each result are cut up.
struct Segments {
  std::int64_t count = 1;
  std::int64_t length = 1;

  TENON_HOST_DEVICE std::int64_t begin(std::int64_t segment) const { return segment * length; }
  TENON_HOST_DEVICE std::int64_t size(std::int64_t segment, std::int64_t elements) const {
    const std::int64_t rest = elements - begin(segment);
    return rest < length ? rest : length;
  }
};
Segments plan_segments(const ReduceMap& map);

/// Memory for partial results, of the current device.
Tensor reduce_workspace(std::int64_t bytes);

template <class Method>
struct ReduceRows {
  static constexpr const char* kName = "reduce_rows";
  Method method;
  ReduceMap map;
  Segments segments;
  typename Method::Partial* partials;  // [segments, results]; null where there is one segment

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    using Partial = typename Method::Partial;
    const std::int64_t result = team.index() % map.results, segment = team.index() / map.results;
    const Offsets<2> at = map.kept.offsets(result);
    const std::int64_t begin = segments.begin(segment);
    const Partial all = team.reduce(
        segments.size(segment, map.count), method.identity(),
        [&](Partial& partial, std::int64_t i) {
          method.add(partial, map.element(result, at.of[0], begin + i));
        },
        [&](const Partial& a, const Partial& b) { return method.combine(a, b); });
    team.once([&] {
      if (partials) {
        partials[team.index()] = all;
      } else {
        method.finish(Place{at.of[1], 0, result}, all);
      }
    });
  }
};

template <class Method>
struct ReduceColumns {
  static constexpr const char* kName = "reduce_columns";
  Method method;
  ReduceMap map;
  Segments segments;
  typename Method::Partial* partials;

  TENON_HOST_DEVICE void operator()(std::int64_t item) const {
    const std::int64_t result = item % map.results, segment = item / map.results;
    const Offsets<2> at = map.kept.offsets(result);
    const std::int64_t begin = segments.begin(segment);
    const std::int64_t end = begin + segments.size(segment, map.count);
    auto all = method.identity();
    for (std::int64_t i = begin; i < end; ++i) method.add(all, map.element(result, at.of[0], i));
    if (partials) {
      partials[item] = all;
    } else {
      method.finish(Place{at.of[1], 0, result}, all);
    }
  }
};

template <class Method>
struct ReducePartials {
  static constexpr const char* kName = "reduce_partials";
  Method method;
  ReduceMap map;
  std::int64_t segments;
  const typename Method::Partial* partials;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    using Partial = typename Method::Partial;
    const auto combine = [&](const Partial& a, const Partial& b) { return method.combine(a, b); };
    const Partial all = team.reduce(
        segments, method.identity(),
        [&](Partial& partial, std::int64_t s) {
          partial = combine(partial, partials[s * map.results + team.index()]);
        },
        combine);
    team.once([&] {
      method.finish(Place{map.kept.offsets(team.index()).of[1], 0, team.index()}, all);
    });
  }
};

/// Rows of at most this many elements are the work of one warp.
inline constexpr std::int64_t kWarpRow = 1024;

template <class Method>
void reduce_with(const Method& method, const ReduceMap& map) {
  if (map.results == 0) return;
  using Partial = typename Method::Partial;
  const Segments segments = plan_segments(map);
  const std::int64_t items = map.results * segments.count;
  Tensor workspace;
  Partial* partials = nullptr;
  if (segments.count > 1) {
    workspace = reduce_workspace(items * static_cast<std::int64_t>(sizeof(Partial)));
    partials = static_cast<Partial*>(workspace.raw_data());
  }
  if (map.columns) {
    launch_items(items, ReduceColumns<Method>{method, map, segments, partials});
  } else if (segments.length <= kWarpRow) {
    launch_teams<kWarp>(items, ReduceRows<Method>{method, map, segments, partials});
  } else {
    launch_teams<kBlockThreads>(items, ReduceRows<Method>{method, map, segments, partials});
  }
  if (partials) {
    launch_teams<kWarp>(map.results, ReducePartials<Method>{method, map, segments.count, partials});
  }
}

/// Reads a result that the host waits for.
template <class T>
T read_back(const Tensor& one, const char* why) {
  T value{};
  leave_recording(why);
  copy_bytes(&value, one.raw_data(), sizeof(T), CopyKind::kToHost);
  synchronize(why);
  return value;
}

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_REDUCE_H_
