#include "tensor/numerics.h"

#include <atomic>

namespace tenon {
namespace {

std::atomic<Numerics> g_numerics{Numerics{}};

}  // namespace

Numerics numerics() { return g_numerics.load(std::memory_order_relaxed); }
void set_numerics(const Numerics& numerics) {
  g_numerics.store(numerics, std::memory_order_relaxed);
}

}  // namespace tenon
