#include "data/prefetcher.h"

#include <utility>

#include "data/processor.h"
#include "data/stop.h"
#include "tensor/cpu/parallel.h"

namespace tenon::data {

Prefetcher::Prefetcher(int workers, std::int64_t ahead, std::int64_t first, std::int64_t end,
                       Produce produce)
    : end_(end),
      produce_(std::move(produce)),
      slots_(static_cast<std::size_t>(ahead)),
      claimed_(first),
      handed_out_(first) {
  try {
    // A worker that is woken on the loop's processor would take it away from the loop.
    for (int i = 0; i < workers; ++i) {
      workers_.emplace_back([this, loop = current_processor()] {
        avoid_processor(loop);
        work();
      });
    }
  } catch (...) {  // the system has no thread left
    stop();
    throw;
  }
}

Prefetcher::~Prefetcher() { stop(); }

void Prefetcher::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  slot_is_free_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

// False where there is nothing left to do.
bool Prefetcher::claim(std::int64_t& number) {
  std::unique_lock lock(mutex_);
  const auto capacity = static_cast<std::int64_t>(slots_.size());
  slot_is_free_.wait(
      lock, [&] { return stop_ || claimed_ == end_ || claimed_ < handed_out_ + capacity; });
  if (stop_ || claimed_ == end_) return false;
  number = claimed_++;
  return true;
}

void Prefetcher::work() {
  // Each worker is a thread of its own: a pool for each would crowd the processors.
  const cpu::SerialScope serial(true);
  const StopScope scope(stop_);
  std::int64_t number = 0;
  while (claim(number)) {
    Batch batch;
    std::exception_ptr error;
    try {
      batch = produce_(number);
    } catch (...) {
      error = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      slot(number) = {std::move(batch), std::move(error), true};
    }
    batch_is_ready_.notify_one();
  }
}

Batch Prefetcher::next() {
  std::unique_lock lock(mutex_);
  Slot& next = slot(handed_out_);
  batch_is_ready_.wait(lock, [&] { return next.ready; });
  Slot taken = std::exchange(next, {});
  ++handed_out_;
  lock.unlock();
  slot_is_free_.notify_one();
  if (taken.error) std::rethrow_exception(taken.error);
  return std::move(taken.batch);
}

}  // namespace tenon::data
