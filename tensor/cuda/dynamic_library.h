// A library that is loaded when it is first needed: programs start without it, and at once.
// (cuBLASLt alone is half a gigabyte, and adds 0.3 s to the start of every program that is linked
// with it.)
#ifndef TENON_TENSOR_CUDA_DYNAMIC_LIBRARY_H_
#define TENON_TENSOR_CUDA_DYNAMIC_LIBRARY_H_

#include <dlfcn.h>

#include <string>

#include "tensor/error.h"

namespace tenon::cuda {

/// Stays loaded until the process ends.
class DynamicLibrary {
 public:
  /// Throws DeviceError that names `op` where the dynamic linker does not find it.
  DynamicLibrary(const char* op, const std::string& file)
      : op_(op), handle_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_) {
      throw DeviceError("[" + std::string(op) + "] expected " + file + " on this machine, got " +
                        dlerror());
    }
  }

  /// The function of that name and type F.
  template <class F>
  F function(const char* name) const {
    void* found = dlsym(handle_, name);
    if (!found) {
      throw DeviceError("[" + std::string(op_) + "] expected a library with " + name + ", got " +
                        dlerror());
    }
    return reinterpret_cast<F>(found);
  }

 private:
  const char* op_;
  void* handle_;
};

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_DYNAMIC_LIBRARY_H_
