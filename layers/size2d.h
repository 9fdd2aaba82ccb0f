// A height and a width, or one number for both.
#ifndef TENON_LAYERS_SIZE2D_H_
#define TENON_LAYERS_SIZE2D_H_

#include <string>
#include <utility>

namespace tenon::layers {

/// `.kernel = 3` and `.kernel = {3, 5}` (height 3, width 5) both give one.
struct Size2d {
  int height = 0;
  int width = 0;

  constexpr Size2d(int both) : height(both), width(both) {}
  constexpr Size2d(int height, int width) : height(height), width(width) {}
  constexpr bool operator==(const Size2d&) const = default;
  constexpr std::pair<int, int> pair() const { return {height, width}; }
};

/// "3x5".
inline std::string to_string(Size2d size) {
  return std::to_string(size.height) + "x" + std::to_string(size.width);
}

}  // namespace tenon::layers

#endif  // TENON_LAYERS_SIZE2D_H_
