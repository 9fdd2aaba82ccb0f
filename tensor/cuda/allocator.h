// The caching allocator of a GPU's memory.
//
// Ordered by streams: a block that is freed may be handed out again at once to work on the stream
// it was allocated on, because that work runs after whatever used the block before. A block is
// never handed to another stream. Whoever uses a tensor on a stream other than the one it was made
// on has to make that stream wait, and to keep the tensor until the work is done
// (tensor/stream.h).
#ifndef TENON_TENSOR_CUDA_ALLOCATOR_H_
#define TENON_TENSOR_CUDA_ALLOCATOR_H_

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor/allocator.h"
#include "tensor/cuda/runtime.h"

namespace tenon::cuda {

/// Blocks are aligned to 512 bytes and at most an eighth larger than asked for. Where the device
/// has no memory left, cached blocks are given back first; then an OutOfMemoryError with these
/// statistics is thrown, and the program may go on.
class CachingAllocator final : public Allocator {
 public:
  explicit CachingAllocator(int device) : device_(device) {}
  ~CachingAllocator() override;

  void* allocate(std::size_t wanted) override;
  void deallocate(void* block, std::size_t wanted) noexcept override;
  MemoryStats stats() const override;
  void reset_peak() override;
  void release_cached() override;

  /// For a recording (recorder.h): the blocks of this stream stay, used or not, until merge().
  void keep_apart(StreamHandle stream);
  /// Gives them back. Nothing may run on the device.
  void merge(StreamHandle stream);

 private:
  struct Block {
    void* address;
    StreamHandle stream;
    std::size_t bytes;
  };
  void* find_or_make(StreamHandle stream, std::size_t bytes, std::size_t wanted);
  void* take(StreamHandle stream, std::size_t bytes);
  void put(const Block& block) noexcept;
  void release();
  [[noreturn]] void throw_out_of_memory(std::size_t wanted) const;

  int device_;
  mutable std::mutex mutex_;
  std::unordered_map<void*, StreamHandle> live_;
  std::map<std::pair<StreamHandle, std::size_t>, std::vector<void*>> free_;
  std::set<StreamHandle> apart_;
  std::multimap<StreamHandle, Block> kept_;  // what recordings of a stream may read, of others
  MemoryStats stats_;
};

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_ALLOCATOR_H_
