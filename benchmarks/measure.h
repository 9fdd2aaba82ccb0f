// Times of steps on any device, and what the device can do at most, measured in the same run.
#ifndef TENON_BENCHMARKS_MEASURE_H_
#define TENON_BENCHMARKS_MEASURE_H_

#include <cstdint>
#include <functional>

#include "tensor/device.h"
#include "tensor/dtype.h"

namespace tenon::benchmarks {

/// Whether `device` is a GPU and the machine has none; prints "skipped: no CUDA device" then. What
/// asked for one ends well: that is no failure of it.
bool skips(Device device);

/// Median seconds of a step, after five that warm up, over `budget` seconds. A GPU's steps are
/// timed in groups, each of which ends with a wait: the host runs ahead of it. A group is as long
/// as 20 steps or a tenth of a second, whichever is less. The allocator's peak is that of the timed
/// steps.
double median_seconds(const std::function<void()>& step, double budget, Device device);

/// Bytes read and written in a second by a copy of `bytes`.
double copy_rate(Device device, std::int64_t bytes);
/// Floating-point operations in a second of a product of two [size,size] matrices.
double product_rate(Device device, DType dtype, std::int64_t size);

}  // namespace tenon::benchmarks

#endif  // TENON_BENCHMARKS_MEASURE_H_
