#include "tensor/cuda/recorder.h"

#include <utility>

#include "tensor/cuda/reduce.h"
#include "tensor/cuda/submit.h"
#include "tensor/error.h"

namespace tenon::cuda {
namespace {

thread_local Recorder* t_active = nullptr;

/// What the current stream is given from now on starts after what `other` has been given.
void wait_for_stream(StreamHandle other) {
  const StreamHandle before = chosen_stream();
  const EventHandle mark = create_event(false);
  set_current_stream(other);
  record_event(mark);
  set_current_stream(before);
  wait_for_event(mark);
  destroy_event(mark);  // it goes when it is no longer needed
}

}  // namespace

/// Makes a recorder the thread's, on a stream.
class Recorder::Activation {
 public:
  Activation(Recorder* recorder, StreamHandle stream) : before_(chosen_stream()) {
    t_active = recorder;
    set_current_stream(stream);
  }
  ~Activation() {
    t_active = nullptr;
    internal::set_step_recorder(nullptr);
    set_current_stream(before_);
  }
  Activation(const Activation&) = delete;
  Activation& operator=(const Activation&) = delete;

 private:
  StreamHandle before_;
};

Recorder* Recorder::active() { return t_active; }

Recorder::Recorder(CachingAllocator& allocator)
    : allocator_(allocator), device_(current_device()), stream_(create_stream()) {
  allocator_.keep_apart(stream_);
}

Recorder::~Recorder() {
  const DeviceScope on(device_);
  wait_for_device();  // it may be replaying, on any stream
  if (graph_) destroy_graph(graph_);
  allocator_.merge(stream_);
  destroy_stream(stream_);
}

bool Recorder::record(const std::function<void()>& work) {
  const StreamHandle outside = current_stream();
  {
    const Activation active(this, stream_);
    wait_for_stream(outside);
    begin_graph();
    internal::set_step_recorder(this);
    try {
      work();
    } catch (...) {
      finish("it threw an exception");
      wait_for_stream(stream_);
      throw;
    }
    if (t_active) {
      internal::set_step_recorder(nullptr);
      graph_ = end_graph();
    }
  }
  if (graph_) {
    launch_graph(graph_);
  } else {
    wait_for_stream(stream_);
  }
  return graph_ != nullptr;
}

/// What has been recorded is done; the rest goes to the same stream, as it comes.
void Recorder::finish(const std::string& why) {
  if (!t_active) return;
  reason_ = why;
  t_active = nullptr;
  internal::set_step_recorder(nullptr);
  Graph* part = end_graph();
  launch_graph(part);
  wait_for_device();
  destroy_graph(part);
  parts_.clear();
}

void Recorder::give_up(const std::string& why) {
  if (!replays()) return finish(why);
  throw ValueError("[each_step] expected the same kernels in each step, got " + why);
}

void Recorder::each_step(std::function<void()> part) {
  if (part_) return part();  // within another
  parts_.push_back({std::move(part), {}, {}});
  part_ = &parts_.back();
  // The part may end the recording, and parts_ with it.
  const std::function<void()> run = part_->run;
  try {
    run();
  } catch (...) {
    part_ = nullptr;
    throw;
  }
  part_ = nullptr;
}

bool Recorder::begin_call() {
  if (current_device() != device_) {
    give_up("work on another device");
    return true;
  }
  launched_ = true;
  return !replays();
}

void Recorder::launch(const Launch& launch) {
  if (begin_call()) {
    cuda::launch(launch);
    // That may have ended the recording.
    if (part_ && t_active == this) part_->nodes.push_back(last_node());
    return;
  }
  if (next_node_ == part_->nodes.size()) give_up("one more, " + std::string(launch.name));
  update_node(graph_, part_->nodes[next_node_++], launch);
}

void Recorder::replay() {
  const DeviceScope on(device_);
  for (Part& part : parts_) {
    const Activation active(this, chosen_stream());
    part_ = &part;
    next_node_ = next_block_ = 0;
    try {
      part.run();
    } catch (...) {
      part_ = nullptr;
      throw;
    }
    part_ = nullptr;
    check_all_repeated(part);
  }
  launch_graph(graph_);
}

void Recorder::check_all_repeated(const Part& part) const {
  if (next_node_ == part.nodes.size()) return;
  throw ValueError("[each_step] expected the same kernels in each step, got " +
                   std::to_string(next_node_) + " instead of " + std::to_string(part.nodes.size()));
}

void* Recorder::repeated_block(std::size_t bytes) {
  if (next_block_ == part_->blocks.size() || part_->blocks[next_block_].bytes != bytes) {
    give_up("a tensor of another size");
  }
  return part_->blocks[next_block_++].address;
}

void Recorder::note_block(void* block, std::size_t bytes) {
  if (part_ && notes_) part_->blocks.push_back({block, bytes});
}

void submit(const Launch& one) {
  if (Recorder* recorder = Recorder::active()) {
    recorder->launch(one);
  } else {
    launch(one);
  }
}

bool begin_call() {
  Recorder* recorder = Recorder::active();
  return !recorder || recorder->begin_call();
}

Tensor call_workspace(std::int64_t bytes) {
  Recorder* recorder = Recorder::active();
  if (!recorder) return reduce_workspace(bytes);
  return recorder->without_note([&] { return reduce_workspace(bytes); });
}

void leave_recording(const char* why) {
  if (Recorder* recorder = Recorder::active()) recorder->give_up(why);
}

}  // namespace tenon::cuda
