#include "autograd/internal/block_cache.h"

#include <new>

namespace tenon::autograd {
namespace {

constexpr std::size_t kStep = 64;
constexpr std::size_t kClasses = 12;  // blocks of up to 768 bytes
// A thread keeps at most 4096 blocks of a size, 3 MiB of the largest: a deep graph that goes away
// gives the rest back.
constexpr int kMaxKept = 4096;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kKeep = false;  // a block used after it was freed must be seen as freed
#else
constexpr bool kKeep = true;
#endif

struct FreeBlock {
  FreeBlock* next;
};

// Trivially destructible, so that a block freed late in the life of its thread still finds it.
struct FreeLists {
  FreeBlock* first[kClasses];
  int count[kClasses];
  bool closed;
};
constinit thread_local FreeLists lists{};

/// Empties the lists when the thread ends. Touched on the first free only.
struct AtThreadExit {
  ~AtThreadExit() {
    release_cached_blocks();
    lists.closed = true;
  }
};
thread_local AtThreadExit at_thread_exit;

std::size_t class_of(std::size_t bytes) { return (bytes - 1) / kStep; }

}  // namespace

void* allocate_block(std::size_t bytes) {
  const std::size_t c = class_of(bytes);
  if (c >= kClasses) return ::operator new(bytes);
  if (FreeBlock* block = lists.first[c]) {
    lists.first[c] = block->next;
    --lists.count[c];
    return block;
  }
  return ::operator new((c + 1) * kStep);
}

void free_block(void* block, std::size_t bytes) noexcept {
  const std::size_t c = class_of(bytes);
  if (!kKeep || c >= kClasses || lists.closed || lists.count[c] == kMaxKept) {
    ::operator delete(block);
    return;
  }
  if (lists.count[c] == 0) static_cast<void>(&at_thread_exit);
  lists.first[c] = new (block) FreeBlock{lists.first[c]};
  ++lists.count[c];
}

void release_cached_blocks() noexcept {
  for (std::size_t c = 0; c < kClasses; ++c) {
    while (FreeBlock* block = lists.first[c]) {
      lists.first[c] = block->next;
      ::operator delete(block);
    }
    lists.count[c] = 0;
  }
}

}  // namespace tenon::autograd
