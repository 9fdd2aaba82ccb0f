#include "layers/container.h"

namespace tenon::layers {

Module& Container::operator[](int index) const {
  if (index < 0 || index >= size()) {
    throw IndexError(where() + "expected an index below " + std::to_string(size()) + ", got " +
                     std::to_string(index));
  }
  return *modules_[static_cast<std::size_t>(index)];
}

}  // namespace tenon::layers
