// Where a tensor's elements live.
#ifndef TENON_TENSOR_DEVICE_H_
#define TENON_TENSOR_DEVICE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon {

enum class DeviceType : std::uint8_t { kCpu, kCuda };
inline constexpr int kNumDeviceTypes = 2;

/// A processor with its own memory: `cpu`, or `cuda:N` with N counted from 0.
struct Device {
  DeviceType type = DeviceType::kCpu;
  std::uint8_t index = 0;

  bool operator==(const Device&) const = default;
  bool is_cpu() const { return type == DeviceType::kCpu; }
};

inline constexpr Device kCpu{};

/// "cpu", "cuda:0".
std::string to_string(Device device);

/// Reads "cpu", "cuda" (the first) or "cuda:N". Throws ValueError for anything else.
Device parse_device(std::string_view text);

/// Whether a backend for the device is linked in and the device is there.
bool is_available(Device device);

}  // namespace tenon

#endif  // TENON_TENSOR_DEVICE_H_
