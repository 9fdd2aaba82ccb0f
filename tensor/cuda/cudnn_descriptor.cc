#include "tensor/cuda/cudnn_descriptor.h"

#include <array>

#include "tensor/cuda/dynamic_library.h"
#include "tensor/error.h"

namespace tenon::cuda::cudnn {

const Library& library() {
  static const DynamicLibrary file("cudnn", "libcudnn.so." + std::to_string(CUDNN_MAJOR));
  static const Library functions{
#define TENON_RESOLVE(name) file.function<decltype(&::name)>(#name),
      TENON_CUDNN_FUNCTIONS(TENON_RESOLVE)
#undef TENON_RESOLVE
  };
  return functions;
}

std::string reason_of(cudnnStatus_t status) {
  std::array<char, 256> reason{};
  library().cudnnGetLastErrorString(reason.data(), reason.size());
  const std::string name = library().cudnnGetErrorString(status);
  return reason[0] == 0 ? name : name + " (" + reason.data() + ")";
}

void check(const char* op, const char* what, cudnnStatus_t status) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  throw DeviceError("[" + std::string(op) + "] expected cuDNN to " + what + ", got " +
                    reason_of(status));
}

Descriptor::Descriptor(const char* op, cudnnBackendDescriptorType_t type) : op_(op) {
  cudnnBackendDescriptor_t made = nullptr;
  check(op, "make a descriptor", library().cudnnBackendCreateDescriptor(type, &made));
  handle_.reset(made);
}

void Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                     std::int64_t count, const void* values) {
  check(op_, ("take attribute " + std::to_string(name)).c_str(),
        library().cudnnBackendSetAttribute(get(), name, type, count, values));
}

std::int64_t Descriptor::read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                              std::int64_t most, void* values) const {
  std::int64_t count = 0;
  check(op_, ("tell attribute " + std::to_string(name)).c_str(),
        library().cudnnBackendGetAttribute(get(), name, type, most, &count, values));
  return count;
}

}  // namespace tenon::cuda::cudnn
