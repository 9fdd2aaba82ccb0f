#include "tensor/cuda/peer_copy.h"

#include <memory>

#include "tensor/cuda/runtime.h"
#include "tensor/cuda/submit.h"

namespace tenon::cuda {
namespace {

struct Destroy {
  void operator()(CUevent_st* event) const { destroy_event(event); }
};

/// What the current stream of `later` is given from now on starts after what that of `earlier` has
/// been given.
void order(int earlier, int later) {
  std::unique_ptr<CUevent_st, Destroy> mark;  // it goes when it is no longer needed
  {
    const DeviceScope on(earlier);
    mark.reset(create_event(false));
    record_event(mark.get());
  }
  const DeviceScope on(later);
  wait_for_event(mark.get());
}

}  // namespace

void copy_from_peer(const Tensor& from, const Tensor& out) {
  leave_recording("a copy between devices");
  const int source = from.device().index, target = out.device().index;
  order(source, target);
  {
    const DeviceScope on(target);
    copy_between(out.raw_data(), target, from.raw_data(), source, from.bytes());
  }
  // The source's memory may be written, or given to others, once its stream goes on.
  order(target, source);
}

}  // namespace tenon::cuda
