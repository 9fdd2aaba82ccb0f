// Memory for the small objects of a graph: one free list per size and thread.
//
// Recording an operation and running it backward makes and drops a few objects of 200 to 400 bytes,
// thousands at a time. glibc keeps seven such blocks per thread at hand and takes its slow path
// (about 60 ns) for the rest; a list of our own costs about 3 ns.
#ifndef TENON_AUTOGRAD_INTERNAL_BLOCK_CACHE_H_
#define TENON_AUTOGRAD_INTERNAL_BLOCK_CACHE_H_

#include <cstddef>

namespace tenon::autograd {

/// At least `bytes`, aligned for any object. Throws std::bad_alloc.
void* allocate_block(std::size_t bytes);

/// Takes back a block with the `bytes` it was asked for, on any thread.
void free_block(void* block, std::size_t bytes) noexcept;

/// Gives the blocks that this thread keeps back to the system.
void release_cached_blocks() noexcept;

/// Base of classes whose objects live in such blocks.
struct Pooled {
  static void* operator new(std::size_t bytes) { return allocate_block(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { free_block(block, bytes); }
};

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_INTERNAL_BLOCK_CACHE_H_
