// Mixing two pixel values, as the changes of colour and of sharpness do.
#ifndef TENON_DATA_IMAGE_BLEND_H_
#define TENON_DATA_IMAGE_BLEND_H_

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace tenon::data {

/// The largest value of a pixel.
template <class T>
constexpr float highest() {
  return std::is_same_v<T, std::uint8_t> ? 255.0f : 1.0f;
}

/// A value as a pixel, cut off below (for bytes) the point.
template <class T>
T cut(float value) {
  return static_cast<T>(value);
}

/// ratio * a + (1 - ratio) * b, kept in the range of pixels.
template <class T>
T blend(T a, float b, float ratio) {
  const float mixed = ratio * static_cast<float>(a) + (1 - ratio) * b;
  return cut<T>(std::min(std::max(mixed, 0.0f), highest<T>()));
}

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_BLEND_H_
