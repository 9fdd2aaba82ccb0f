// On emulated devices: their memory can be made small.
#include "tensor/cuda/allocator.h"

#include <gtest/gtest.h>

#include <string>

#include "tensor/cuda/emulated/device.h"
#include "tensor/cuda/runtime.h"
#include "tensor/error.h"

namespace tenon::cuda {
namespace {

StreamHandle stream(std::uintptr_t number) { return reinterpret_cast<StreamHandle>(number); }

class CudaAllocator : public ::testing::Test {
 protected:
  void TearDown() override {
    emulated::limit_memory(SIZE_MAX);
    set_current_stream(nullptr);
  }
  CachingAllocator allocator_{0};
};

TEST_F(CudaAllocator, HandsAFreedBlockOutAgain) {
  void* block = allocator_.allocate(1000);
  allocator_.deallocate(block, 1000);
  EXPECT_EQ(allocator_.allocate(1024), block);
  EXPECT_EQ(allocator_.stats().allocations, 2);
  EXPECT_EQ(allocator_.stats().system_allocations, 1);
  allocator_.deallocate(block, 1024);
}

TEST_F(CudaAllocator, KeepsTheBlocksOfStreamsApart) {
  set_current_stream(stream(1));
  void* first = allocator_.allocate(512);
  allocator_.deallocate(first, 512);
  set_current_stream(stream(2));
  void* second = allocator_.allocate(512);
  EXPECT_NE(second, first);
  // Freed under another stream, it stays the first one's.
  allocator_.deallocate(second, 512);
  set_current_stream(stream(1));
  EXPECT_EQ(allocator_.allocate(512), first);
  allocator_.deallocate(first, 512);
}

TEST_F(CudaAllocator, CountsBytes) {
  void* block = allocator_.allocate(100);
  EXPECT_EQ(allocator_.stats().live_bytes, 512);
  allocator_.deallocate(block, 100);
  EXPECT_EQ(allocator_.stats().live_bytes, 0);
  EXPECT_EQ(allocator_.stats().peak_bytes, 512);
  EXPECT_EQ(allocator_.stats().cached_bytes, 512);
  allocator_.reset_peak();
  EXPECT_EQ(allocator_.stats().peak_bytes, 0);
  allocator_.release_cached();
  EXPECT_EQ(allocator_.stats().cached_bytes, 0);
}

TEST_F(CudaAllocator, PadsAnEighthAtMost) {
  for (std::size_t wanted = 4096; wanted < (std::size_t{1} << 24); wanted += wanted / 7) {
    void* block = allocator_.allocate(wanted);
    const auto taken = static_cast<std::size_t>(allocator_.stats().live_bytes);
    EXPECT_GE(taken, wanted);
    EXPECT_LE(taken, wanted + wanted / 8 + 512);
    allocator_.deallocate(block, wanted);
  }
}

TEST_F(CudaAllocator, GivesCachedBlocksBackBeforeItFails) {
  emulated::limit_memory(std::size_t{1} << 20);
  void* block = allocator_.allocate(600 << 10);
  allocator_.deallocate(block, 600 << 10);
  block = allocator_.allocate(900 << 10);
  allocator_.deallocate(block, 900 << 10);
}

TEST_F(CudaAllocator, SaysWhatIsInUseAndGoesOn) {
  emulated::limit_memory(std::size_t{1} << 20);
  void* block = allocator_.allocate(512 << 10);
  try {
    allocator_.allocate(std::size_t{1} << 20);
    FAIL();
  } catch (const OutOfMemoryError& error) {
    const std::string message = error.what();
    for (const char* part : {"[allocate]", "1048576 bytes", "cuda:0", "524288 in use"}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
  allocator_.deallocate(block, 512 << 10);
  block = allocator_.allocate(std::size_t{1} << 19);
  allocator_.deallocate(block, std::size_t{1} << 19);
  EXPECT_THROW(allocator_.allocate(SIZE_MAX), OutOfMemoryError);
}

}  // namespace
}  // namespace tenon::cuda
