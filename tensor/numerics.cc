#include "tensor/numerics.h"

#include <atomic>

namespace tenon {
namespace {

/// A whole word, which processors read and write at once.
struct alignas(4) Word {
  Numerics numerics;
};

std::atomic<Word> g_word{Word{}};

}  // namespace

Numerics numerics() { return g_word.load(std::memory_order_relaxed).numerics; }
void set_numerics(const Numerics& numerics) { g_word.store({numerics}, std::memory_order_relaxed); }

}  // namespace tenon
