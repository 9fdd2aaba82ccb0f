#include "tensor/cpu/parallel.h"

#include <algorithm>

// ThreadSanitizer does not see libgomp's barriers: it is told what happens before what.
#if defined(__SANITIZE_THREAD__)  // GCC says so in a macro, Clang as a feature
#define TENON_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TENON_TSAN
#endif
#endif
#ifdef TENON_TSAN
#include <sanitizer/tsan_interface.h>
#endif

// Entry points of libgomp's documented ABI, declared here so that Clang, whose own OpenMP runtime
// would bring a second pool of threads, uses the same one as GCC.
extern "C" {
void GOMP_parallel(void (*function)(void*), void* data, unsigned threads, unsigned flags);
int omp_get_thread_num();
int omp_get_num_threads();
int omp_get_max_threads();
int omp_in_parallel();
void omp_set_num_threads(int threads);
}

namespace tenon::cpu {

int max_threads() { return omp_get_max_threads(); }
void set_max_threads(int threads) { omp_set_num_threads(threads); }

namespace pool {
namespace {

constexpr std::int64_t kMultiple = 64;

#ifdef TENON_TSAN
void happens_before(void* what) { __tsan_release(what); }
void happens_after(void* what) { __tsan_acquire(what); }
#else
void happens_before(void*) {}
void happens_after(void*) {}
#endif

struct Job {
  std::int64_t count;
  std::int64_t share;  // per thread
  RangeFunction function;
  const void* context;
};

void run_share(void* data) {
  happens_after(data);
  const Job& job = *static_cast<const Job*>(data);
  // The team may be smaller than asked for (OMP_THREAD_LIMIT, OMP_DYNAMIC): shares go round.
  const std::int64_t step = omp_get_num_threads() * job.share;
  for (std::int64_t begin = omp_get_thread_num() * job.share; begin < job.count; begin += step) {
    job.function(job.context, begin, std::min(begin + job.share, job.count));
  }
  happens_before(data);
}

}  // namespace

void run(std::int64_t count, std::int64_t grain, RangeFunction function, const void* context) {
  const std::int64_t useful = std::max<std::int64_t>(count / std::max<std::int64_t>(grain, 1), 1);
  const std::int64_t threads = std::min<std::int64_t>(useful, max_threads());
  if (threads <= 1 || omp_in_parallel()) {
    function(context, 0, count);
    return;
  }
  const std::int64_t share = (count + threads - 1) / threads;
  Job job{count, (share + kMultiple - 1) / kMultiple * kMultiple, function, context};
  happens_before(&job);
  GOMP_parallel(run_share, &job, static_cast<unsigned>(threads), 0);
  happens_after(&job);
}

}  // namespace pool
}  // namespace tenon::cpu
