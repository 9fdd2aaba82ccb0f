// What the options of pooling in one and in two dimensions have in common. Size is int or Size2d.
#ifndef TENON_LAYERS_INTERNAL_POOL_WINDOWS_H_
#define TENON_LAYERS_INTERNAL_POOL_WINDOWS_H_

#include <string>

#include "layers/module.h"
#include "layers/size2d.h"

namespace tenon::layers::internal {

inline bool below(int size, int limit) { return size < limit; }
inline bool below(Size2d size, int limit) { return size.height < limit || size.width < limit; }
inline bool beyond_half(int padding, int kernel) { return 2 * padding > kernel; }
inline bool beyond_half(Size2d padding, Size2d kernel) {
  return beyond_half(padding.height, kernel.height) || beyond_half(padding.width, kernel.width);
}

/// Throws ValueError unless `size` is at least `limit` everywhere.
template <class Size>
void require_at_least(const std::string& where, const char* what, Size size, int limit) {
  using std::to_string;
  if (!below(size, limit)) return;
  throw ValueError(where + "expected " + what + " of at least " + to_string(limit) + ", got " +
                   to_string(size));
}

/// The stride, for which 0 stands for the kernel. Throws ValueError.
template <class Size>
Size checked_stride(const std::string& where, Size kernel, Size stride, Size padding) {
  using std::to_string;
  if (stride == Size(0)) stride = kernel;
  require_at_least(where, "a kernel", kernel, 1);
  require_at_least(where, "a stride", stride, 1);
  require_at_least(where, "padding", padding, 0);
  if (beyond_half(padding, kernel)) {
    throw ValueError(where + "expected padding of at most half the kernel, got " +
                     to_string(padding));
  }
  return stride;
}

template <class Size>
std::string describe_windows(Size kernel, Size stride, Size padding, bool ceil_mode) {
  using std::to_string;
  return to_string(kernel) + (stride == kernel ? "" : ", stride " + to_string(stride)) +
         (padding == Size(0) ? "" : ", padding " + to_string(padding)) +
         (ceil_mode ? ", ceil mode" : "");
}

}  // namespace tenon::layers::internal

#endif  // TENON_LAYERS_INTERNAL_POOL_WINDOWS_H_
