// What this build and this machine know of CUDA: two things can be missing, and a user who asked
// for a GPU wants to hear which.
//
//   if (tenon::cuda_device_count() == 0) std::cerr << tenon::cuda_status() << "\n";
#ifndef TENON_TENSOR_CUDA_DEVICE_COUNT_H_
#define TENON_TENSOR_CUDA_DEVICE_COUNT_H_

#include <string>

namespace tenon {

// The number of CUDA devices that this process can use; 0 when built without the toolkit.
int cuda_device_count();

// One sentence: built without the toolkit, no usable device (and the driver's reason), or the
// number of devices.
std::string cuda_status();

}  // namespace tenon

#endif  // TENON_TENSOR_CUDA_DEVICE_COUNT_H_
