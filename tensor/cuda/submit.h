// How work reaches a device: at once, or by way of the recording of a step (recorder.h).
#ifndef TENON_TENSOR_CUDA_SUBMIT_H_
#define TENON_TENSOR_CUDA_SUBMIT_H_

#include <cstdint>

#include "tensor/cuda/runtime.h"
#include "tensor/tensor.h"

namespace tenon::cuda {

/// Gives a launch to the current stream, or to the thread's recorder.
void submit(const Launch& launch);
/// Before a call into a library, or a copy on the device, for the current stream: whether it is to
/// be made. Not in a replay, where it is repeated as it was recorded.
bool begin_call();
/// Bytes that such a call takes beside its operands, once begin_call() has said that it is made. No
/// block that a part of a recorded step asks for again, as its replays make no call.
Tensor call_workspace(std::int64_t bytes);
/// Before the host waits, or does what no recording holds: ends a recording.
void leave_recording(const char* why);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_SUBMIT_H_
