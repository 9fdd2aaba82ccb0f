// The recording of a step on the thread that runs it, and its replays.
//
// While a recorder is active, launches go into a CUDA graph instead of being done. Of the parts
// that were given to each_step (tensor/captured_step.h) it keeps the nodes of their launches and
// the blocks of memory that they asked for: before a replay each part runs again, gets the same
// blocks, and its launches become new arguments for those nodes.
//
// Memory: what is allocated during a recording comes from a stream of its own, which the allocator
// keeps apart (allocator.h), so that the addresses stay the graph's. What is freed during it but
// was there before may be read by the graph, and is kept until the recorder goes.
#ifndef TENON_TENSOR_CUDA_RECORDER_H_
#define TENON_TENSOR_CUDA_RECORDER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tensor/captured_step.h"
#include "tensor/cuda/allocator.h"
#include "tensor/cuda/runtime.h"

namespace tenon::cuda {

class Recorder final : public internal::StepRecorder, public Recording {
 public:
  /// For the current device.
  explicit Recorder(CachingAllocator& allocator);
  ~Recorder() override;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Runs `work` and does what it gave the device; false where it could not all be recorded, for
  /// `reason()`.
  bool record(const std::function<void()>& work);
  const std::string& reason() const { return reason_; }
  void replay() override;
  void each_step(std::function<void()> part) override;

  /// The one that this thread records with or replays; null where there is none.
  static Recorder* active();
  /// Arguments only: launches were recorded, other work for the device is left out.
  bool replays() const { return graph_ != nullptr; }

  /// See submit.h.
  bool begin_call();
  void launch(const Launch& launch);
  /// Does what has been recorded, and everything from now on as it comes. Throws ValueError in a
  /// replay.
  void give_up(const std::string& why);

  // For the allocator, on the thread of the recorder.
  bool uses(const CachingAllocator& allocator) const { return &allocator_ == &allocator; }
  StreamHandle stream() const { return stream_; }
  /// The next block that a part asked for when it was recorded. Throws ValueError for another size.
  void* repeated_block(std::size_t bytes);
  /// Takes note of a block that was handed out.
  void note_block(void* block, std::size_t bytes);
  /// Takes none of those that `fn` asks for.
  template <class Fn>
  auto without_note(const Fn& fn) {
    struct Off {
      bool& notes;
      ~Off() { notes = true; }
    } off{notes_};
    notes_ = false;
    return fn();
  }
  /// Whether a block of another stream has to be kept for now.
  bool keeps(StreamHandle stream) const { return stream != stream_ && launched_; }

 private:
  struct Block {
    void* address;
    std::size_t bytes;
  };
  /// What each replay runs again.
  struct Part {
    std::function<void()> run;
    std::vector<Node> nodes;
    std::vector<Block> blocks;
  };
  class Activation;

  void finish(const std::string& why);
  void check_all_repeated(const Part& part) const;

  CachingAllocator& allocator_;
  int device_;
  StreamHandle stream_;
  std::string reason_;
  bool launched_ = false;   // anything has been recorded
  Graph* graph_ = nullptr;  // once it is complete
  std::vector<Part> parts_;
  Part* part_ = nullptr;  // that runs
  bool notes_ = true;     // of blocks
  std::size_t next_node_ = 0, next_block_ = 0;
};

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_RECORDER_H_
