// cuDNN's functions, loaded when first needed, and the objects of its graph API.
#ifndef TENON_TENSOR_CUDA_CUDNN_DESCRIPTOR_H_
#define TENON_TENSOR_CUDA_CUDNN_DESCRIPTOR_H_

#include <cudnn.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace tenon::cuda::cudnn {

// The functions that are used here.
#define TENON_CUDNN_FUNCTIONS(F)   \
  F(cudnnBackendCreateDescriptor)  \
  F(cudnnBackendDestroyDescriptor) \
  F(cudnnBackendExecute)           \
  F(cudnnBackendFinalize)          \
  F(cudnnBackendGetAttribute)      \
  F(cudnnBackendSetAttribute)      \
  F(cudnnCreate)                   \
  F(cudnnGetErrorString)           \
  F(cudnnGetLastErrorString)       \
  F(cudnnSetStream)
struct Library {
#define TENON_DECLARE(name) decltype(&::name) name;
  TENON_CUDNN_FUNCTIONS(TENON_DECLARE)
#undef TENON_DECLARE
};
/// Throws DeviceError where this machine has no cuDNN of the version that was compiled against.
const Library& library();

/// The name of a status, and the library's reason for its last failure.
std::string reason_of(cudnnStatus_t status);
/// Throws DeviceError for a status other than success: "[op] expected cuDNN to `what`, got …".
void check(const char* op, const char* what, cudnnStatus_t status);

/// An object of the library: attributes are set, it is finalized, and from then on only read.
class Descriptor {
 public:
  /// Errors name `op`, which lives as long as the object.
  Descriptor(const char* op, cudnnBackendDescriptorType_t type);

  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
           const void* values);
  void set(cudnnBackendAttributeName_t name, std::span<const std::int64_t> values) {
    set(name, CUDNN_TYPE_INT64, static_cast<std::int64_t>(values.size()), values.data());
  }
  void set(cudnnBackendAttributeName_t name, std::int64_t value) {
    set(name, CUDNN_TYPE_INT64, 1, &value);
  }
  void set(cudnnBackendAttributeName_t name, bool value) {
    set(name, CUDNN_TYPE_BOOLEAN, 1, &value);
  }
  void set(cudnnBackendAttributeName_t name, cudnnDataType_t value) {
    set(name, CUDNN_TYPE_DATA_TYPE, 1, &value);
  }
  void set(cudnnBackendAttributeName_t name, cudnnHandle_t value) {
    set(name, CUDNN_TYPE_HANDLE, 1, &value);
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& value) {
    const cudnnBackendDescriptor_t raw = value.get();
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &raw);
  }
  void finalize(const char* what) { check(op_, what, try_finalize()); }
  cudnnStatus_t try_finalize() { return library().cudnnBackendFinalize(get()); }

  /// Writes up to `most` values; how many there are. With `most` 0 it only counts.
  std::int64_t read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                    std::int64_t most, void* values) const;

  cudnnBackendDescriptor_t get() const { return handle_.get(); }

 private:
  struct Destroy {
    void operator()(void* handle) const { library().cudnnBackendDestroyDescriptor(handle); }
  };
  const char* op_;
  std::unique_ptr<void, Destroy> handle_;
};

}  // namespace tenon::cuda::cudnn

#endif  // TENON_TENSOR_CUDA_CUDNN_DESCRIPTOR_H_
