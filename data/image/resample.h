// The loops of resizing, for planes and for interleaved pixels.
#ifndef TENON_DATA_IMAGE_RESAMPLE_H_
#define TENON_DATA_IMAGE_RESAMPLE_H_

#include <cstdint>
#include <vector>

#include "data/image/resize.h"

namespace tenon::data {

/// How each of `out` pixels of a line is made of the line's `in` pixels.
struct Taps {
  std::vector<std::int64_t> first;  ///< [out] the first pixel that counts
  std::vector<std::int64_t> count;  ///< [out] how many do, at least 1
  std::vector<float> weights;       ///< [out * stride], sum 1
  std::vector<std::int32_t> fixed;  ///< the same times 2^22, rounded
  std::int64_t stride = 0;          ///< between one pixel's weights and the next one's
  bool identity = false;
};

Taps make_taps(std::int64_t in, std::int64_t out, const ResizeOptions& options);

/// Rows of pixels in memory: `channels` values side by side make a pixel.
template <class T>
struct Rows {
  T* data;
  std::int64_t stride;  ///< values from one row to the next
};

/// in: y.in x x.in pixels -> out: y.out x x.out. Lines first, then columns, with a rounding in
/// between for u8, as Pillow. `scratch` keeps its memory from call to call.
template <class T>
void resample(Rows<const T> in, std::int64_t in_height, const Taps& y, const Taps& x,
              std::int64_t channels, Rows<T> out, std::vector<T>& scratch);

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_RESAMPLE_H_
