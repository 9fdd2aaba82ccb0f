// The language models among the workloads.
#ifndef TENON_BENCHMARKS_LM_WORKLOADS_H_
#define TENON_BENCHMARKS_LM_WORKLOADS_H_

#include <cstdint>
#include <string>

#include "benchmarks/workloads.h"
#include "models/lm/config.h"

namespace tenon::benchmarks {

/// What of a model is trained, and in which form the rest is kept.
enum class Trained : std::uint8_t {
  kAll,        ///< everything, in f32
  kAllBF16,    ///< everything, in bf16 with a copy in f32 for the optimizer
  kAdapters,   ///< LoRA beside linear layers of f32, or of bf16 for products in bf16
  kQuantized,  ///< LoRA beside NF4
};

/// Models with GELU. OPT's of 125 million and of 1.3 billion weights; and one for tests.
models::LmConfig opt_125m();
models::LmConfig opt_1_3b();
models::LmConfig opt_tiny();

/// A step of AdamW on `batch` texts of `length` tokens, random ones with random labels. LoRA is of
/// rank 8, on queries, keys, values and outputs. With NF4 tables of embeddings are in bf16 and
/// chunks of logits small, where memory counts: on the CPU.
Workload lm_training(const std::string& name, const models::LmConfig& config, Trained trained,
                     std::int64_t batch, std::int64_t length);

/// One token after 64 others, which is what generation does once for each: in bf16, or with linear
/// layers in NF4. Always at the same position, so that a recording can be replayed.
Workload lm_decoding(const std::string& name, const models::LmConfig& config, bool nf4);

}  // namespace tenon::benchmarks

#endif  // TENON_BENCHMARKS_LM_WORKLOADS_H_
