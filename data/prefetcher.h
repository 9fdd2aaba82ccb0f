// Threads that make batches ahead of the loop that takes them.
#ifndef TENON_DATA_PREFETCHER_H_
#define TENON_DATA_PREFETCHER_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "data/dataset.h"

namespace tenon::data {

/// Makes batches first … end-1 with `produce`, called from several threads at once, and hands them
/// out in that order. No more than `ahead` are finished or in the making at any time.
class Prefetcher {
 public:
  using Produce = std::function<Batch(std::int64_t)>;

  Prefetcher(int workers, std::int64_t ahead, std::int64_t first, std::int64_t end,
             Produce produce);
  /// Does not wait for batches in the making longer than a step of Dataset::get (data/stop.h).
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// Waits for the next batch; what `produce` threw for it is thrown here. To be called
  /// end - first times at most.
  Batch next();

 private:
  struct Slot {
    Batch batch;
    std::exception_ptr error;
    bool ready = false;
  };

  void work();
  bool claim(std::int64_t& number);
  void stop() noexcept;
  Slot& slot(std::int64_t number) {
    return slots_[static_cast<std::size_t>(number) % slots_.size()];
  }

  const std::int64_t end_;
  const Produce produce_;
  std::mutex mutex_;  // of all below
  std::condition_variable batch_is_ready_;
  std::condition_variable slot_is_free_;
  std::vector<Slot> slots_;  // of batch number % size
  std::int64_t claimed_;     // the next batch to be made
  std::int64_t handed_out_;  // the next batch to be taken
  std::atomic<bool> stop_{false};
  std::vector<std::thread> workers_;
};

}  // namespace tenon::data

#endif  // TENON_DATA_PREFETCHER_H_
