// Philox for runs of numbers: the compiler works on as many blocks at once as a vector has lanes.
#ifndef TENON_TENSOR_CPU_PHILOX_WORDS_H_
#define TENON_TENSOR_CPU_PHILOX_WORDS_H_

#include <cstdint>

#include "tensor/internal/philox.h"

namespace tenon::cpu {

/// words[0 .. 4 blocks) = the blocks `first`, `first` + 1, … of the stream `seed`, one after
/// another.
inline void philox_words(std::uint64_t seed, std::uint64_t first, std::int64_t blocks,
                         std::uint32_t* __restrict words) {
  for (std::int64_t block = 0; block < blocks; ++block) {
    const internal::PhiloxBlock made =
        internal::philox(seed, first + static_cast<std::uint64_t>(block));
    for (int i = 0; i < 4; ++i) words[4 * block + i] = made.word[i];
  }
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_PHILOX_WORDS_H_
