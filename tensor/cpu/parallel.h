// Splitting loops over the threads of the process's one pool: libgomp's, which oneDNN uses too, so
// that the two never compete for the processors.
#ifndef TENON_TENSOR_CPU_PARALLEL_H_
#define TENON_TENSOR_CPU_PARALLEL_H_

#include <cstdint>

namespace tenon::cpu {

int max_threads();
void set_max_threads(int threads);

/// Elements of simple arithmetic below which a second thread costs more than it brings: waking it
/// takes about 2 µs, in which one core streams some 16,000 floats from its cache.
inline constexpr std::int64_t kGrain = 16384;

namespace pool {
using RangeFunction = void (*)(const void* context, std::int64_t begin, std::int64_t end);
void run(std::int64_t count, std::int64_t grain, RangeFunction function, const void* context);
}  // namespace pool

/// Calls fn(begin, end) for disjoint ranges that cover [0, count), each but the last a multiple of
/// 64 and, where more than one, at least `grain` long. `fn` must not throw. Inside another
/// parallel_for it runs on the calling thread alone.
template <class F>
void parallel_for(std::int64_t count, std::int64_t grain, const F& fn) {
  if (count <= grain) {
    if (count > 0) fn(std::int64_t{0}, count);
    return;
  }
  pool::run(
      count, grain,
      [](const void* context, std::int64_t begin, std::int64_t end) {
        (*static_cast<const F*>(context))(begin, end);
      },
      &fn);
}

/// While one lives and `on`, this thread computes alone, libraries on the same pool included.
class SerialScope {
 public:
  explicit SerialScope(bool on) : threads_(on ? max_threads() : 0) {
    if (on) set_max_threads(1);
  }
  ~SerialScope() {
    if (threads_ > 0) set_max_threads(threads_);
  }
  SerialScope(const SerialScope&) = delete;
  SerialScope& operator=(const SerialScope&) = delete;

 private:
  int threads_;
};

/// As parallel_for for few, heavy items: ranges need not be multiples of anything.
template <class F>
void parallel_items(std::int64_t count, std::int64_t work_per_item, const F& fn) {
  const std::int64_t per_grain = kGrain / (work_per_item > 0 ? work_per_item : 1);
  parallel_for(count * 64, (per_grain > 0 ? per_grain : 1) * 64,
               [&](std::int64_t begin, std::int64_t end) { fn(begin / 64, end / 64); });
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_PARALLEL_H_
