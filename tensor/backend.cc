#include "tensor/backend.h"

#include <charconv>

namespace tenon {
namespace {

BackendEntry g_entries[kNumDeviceTypes];

Backend* find(Device device, const char** reason) {
  const BackendEntry& entry = g_entries[static_cast<int>(device.type)];
  if (!entry.find) {
    *reason = "no backend for it is linked into this program (depend on //tensor/cuda)";
    return nullptr;
  }
  return entry.find(device.index, reason);
}

}  // namespace

bool register_backend(DeviceType type, BackendEntry entry) {
  g_entries[static_cast<int>(type)] = entry;
  return true;
}

Backend& backend(Device device) {
  const char* reason = "";
  if (Backend* found = find(device, &reason)) return *found;
  throw DeviceError("[device] " + to_string(device) + " is not available: " + reason);
}

bool is_available(Device device) {
  const char* reason = "";
  return find(device, &reason) != nullptr;
}

void Backend::copy_from_peer(const Tensor& from, const Tensor&) {
  throw DeviceError("[to] expected a device with peers, got " + to_string(from.device()));
}

bool Backend::batch_norm(const BatchNormArgs&, const Tensor&, const Tensor&, const Tensor&) {
  return false;
}

bool Backend::batch_norm_grad(const Tensor&, const BatchNormGradArgs&, const Tensor&, const Tensor&,
                              const Tensor&) {
  return false;
}

bool Backend::embed_columns(const EmbedColumnsArgs&, const Tensor&) { return false; }
bool Backend::embed_columns_grad(const Tensor&, const EmbedColumnsArgs&) { return false; }

void activate(Activation activation, const Tensor& x, const Tensor& out) {
  Backend& here = backend(x.device());
  switch (activation) {
    case Activation::kNone:
      if (x.raw_data() != out.raw_data()) here.copy(x, out);
      return;
    case Activation::kRelu:
      return here.unary(UnaryOp::kRelu, x, out);
    case Activation::kGelu:
      return here.activation({ActivationFunction::kGelu}, x, out);
    case Activation::kGeluTanh:
      return here.activation({ActivationFunction::kGeluTanh}, x, out);
  }
}

void multiply_by_slope(Activation activation, const Tensor& at, const Tensor& grad) {
  Backend& here = backend(grad.device());
  switch (activation) {
    case Activation::kNone:
      return;
    case Activation::kRelu:
      return here.binary(BinaryOp::kReluGrad, grad, at, grad);
    case Activation::kGelu:
      return here.activation_grad({ActivationFunction::kGelu}, grad, at, grad);
    case Activation::kGeluTanh:
      return here.activation_grad({ActivationFunction::kGeluTanh}, grad, at, grad);
  }
}

Allocator& allocator(Device device) { return backend(device).allocator(); }

std::string to_string(Device device) {
  return device.is_cpu() ? "cpu" : "cuda:" + std::to_string(device.index);
}

Device parse_device(std::string_view text) {
  if (text == "cpu") return kCpu;
  if (text == "cuda") return {DeviceType::kCuda, 0};
  if (text.starts_with("cuda:")) {
    std::uint8_t index = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + 5, end, index);
    if (error == std::errc() && stop == end) return {DeviceType::kCuda, index};
  }
  throw ValueError("[device] expected cpu, cuda or cuda:N, got '" + std::string(text) + "'");
}

}  // namespace tenon
