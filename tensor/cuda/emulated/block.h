// Programs of block.h on the host: between two barriers one warp after another, in an order that
// changes, with shared memory that holds NaNs at first. Of three blocks one has its copies arrive
// when they are begun, one at the second barrier from then, and one not before they are waited for:
// a program that relies on either, or on a barrier that is not there, gives wrong results.
#ifndef TENON_TENSOR_CUDA_EMULATED_BLOCK_H_
#define TENON_TENSOR_CUDA_EMULATED_BLOCK_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "tensor/cuda/grid.h"

#define TENON_DEVICE
#define TENON_UNROLL

namespace tenon::cuda {

template <class T>
class PerLane {
 public:
  T& operator[](int lane) { return all_[static_cast<std::size_t>(lane)]; }

 private:
  std::array<T, kWarp> all_;
};

template <class T, int kWarps>
class PerWarp {
 public:
  T& operator[](int warp) { return all_[static_cast<std::size_t>(warp)]; }

 private:
  std::array<T, kWarps> all_;
};

namespace emulated {

enum class Arrival { kAtOnce, kSoon, kWhenWaitedFor };

/// The copies of a warp.
class Copies {
 public:
  Arrival arrival = Arrival::kAtOnce;

  void start(void* to, const void* from, bool present) {
    open_.push_back({to, from, present});
    if (arrival == Arrival::kAtOnce) open_.back().arrive();
  }
  void commit() {
    groups_.push_back(std::move(open_));
    open_.clear();
  }
  void wait(std::size_t pending) {
    for (; groups_.size() > pending; groups_.pop_front()) {
      for (Copy& copy : groups_.front()) copy.arrive();
    }
  }
  void pass_barrier() {
    if (arrival != Arrival::kSoon) return;
    for (auto& group : groups_) {
      for (Copy& copy : group) {
        if (++copy.barriers == 2) copy.arrive();
      }
    }
  }

 private:
  struct Copy {
    void* to;
    const void* from;
    bool present;
    int barriers = 0;
    bool arrived = false;
    void arrive() {
      if (std::exchange(arrived, true)) return;
      if (present) {
        std::memcpy(to, from, 16);
      } else {
        std::memset(to, 0, 16);
      }
    }
  };
  std::vector<Copy> open_;
  std::deque<std::vector<Copy>> groups_;
};

}  // namespace emulated

class Warp {
 public:
  Warp(int index, emulated::Copies& copies) : index_(index), copies_(copies) {}
  int index() const { return index_; }
  template <class F>
  void each_lane(const F& fn) const {
    for (int lane = kWarp; lane-- > 0;) fn(lane);
  }
  void start_copy(void* to, const void* from, bool present) const {
    copies_.start(to, from, present);
  }
  void commit_copies() const { copies_.commit(); }
  template <int kPending>
  void wait_for_copies() const {
    copies_.wait(kPending);
  }

 private:
  int index_;
  emulated::Copies& copies_;
};

template <class Program>
class Block {
 public:
  static constexpr int kWarps = Program::kThreads / kWarp;

  explicit Block(std::int64_t index) : index_(index), turn_(index / 2) {
    std::memset(static_cast<void*>(shared_.get()), 0xff, sizeof(*shared_));
    for (auto& copies : copies_) copies.arrival = static_cast<emulated::Arrival>(index % 3);
  }

  std::int64_t index() const { return index_; }
  auto& shared() { return *shared_; }
  template <class F>
  void each_warp(const F& fn) {
    // From another warp every time, up or down.
    const std::int64_t step = turn_ / kWarps % 2 == 0 ? 1 : kWarps - 1;
    for (std::int64_t i = 0; i < kWarps; ++i) {
      const auto warp = static_cast<std::size_t>((turn_ + i * step) % kWarps);
      fn(Warp(static_cast<int>(warp), copies_[warp]));
    }
    for (auto& copies : copies_) copies.pass_barrier();
    ++turn_;
  }

 private:
  std::int64_t index_, turn_;
  std::unique_ptr<typename Program::Shared> shared_ = std::make_unique<typename Program::Shared>();
  std::array<emulated::Copies, kWarps> copies_;
};

template <class Program>
void launch_blocks(std::int64_t count, const Program& program) {
  submit({.name = Program::kName, .loop = [=] {
            for_each_shuffled(count, [&](std::int64_t i) {
              Block<Program> block(i);
              program(block);
            });
          }});
}

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_EMULATED_BLOCK_H_
