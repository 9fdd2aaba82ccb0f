#include "tensor/cpu/chunk.h"

#include <algorithm>

namespace tenon::cpu {

template <class C>
void gather(const Run& run, std::int64_t count, C* buffer) {
  dispatch_element(run.dtype, [&]<class T>() {
    const T* from = reinterpret_cast<const T*>(run.data);
    if (run.stride == 0) {
      std::fill_n(buffer, count, convert<C>(*from));
    } else if (run.stride == 1) {
      for (std::int64_t i = 0; i < count; ++i) buffer[i] = convert<C>(from[i]);
    } else {
      for (std::int64_t i = 0; i < count; ++i) buffer[i] = convert<C>(from[i * run.stride]);
    }
  });
}

template <class C>
void scatter(const C* buffer, std::int64_t count, const Run& run) {
  dispatch_element(run.dtype, [&]<class T>() {
    T* to = reinterpret_cast<T*>(run.data);
    if (run.stride == 1) {
      for (std::int64_t i = 0; i < count; ++i) to[i] = convert<T>(buffer[i]);
    } else {
      for (std::int64_t i = 0; i < count; ++i) to[i * run.stride] = convert<T>(buffer[i]);
    }
  });
}

template void gather(const Run&, std::int64_t, float*);
template void gather(const Run&, std::int64_t, double*);
template void gather(const Run&, std::int64_t, std::int64_t*);
template void scatter(const float*, std::int64_t, const Run&);
template void scatter(const double*, std::int64_t, const Run&);
template void scatter(const std::int64_t*, std::int64_t, const Run&);

}  // namespace tenon::cpu
