// Waits of the host for a device: counted (synchronizations() of runtime.h), and said where that is
// asked for.
#ifndef TENON_TENSOR_CUDA_WAITS_H_
#define TENON_TENSOR_CUDA_WAITS_H_

namespace tenon::cuda {

/// One of the current device. With TENON_CUDA_REPORT_SYNC=1 in the environment it is reported on
/// standard error, with `why`.
void note_wait(const char* why);
/// "1" for a variable of the environment.
bool is_set(const char* variable);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_WAITS_H_
