// The language model among the workloads.
#ifndef TENON_BENCHMARKS_LM_WORKLOADS_H_
#define TENON_BENCHMARKS_LM_WORKLOADS_H_

#include <string>

#include "benchmarks/workloads.h"

namespace tenon::benchmarks {

/// A step of LoRA (rank 8, on queries, keys, values and outputs) on a model of OPT-125M's size with
/// GELU, two texts of 128 tokens, random labels. The linear layers are frozen: f32, bf16 for bf16
/// products, or NF4 where `quantized`, with tables of embeddings in bf16 and small chunks of
/// logits.
Workload opt125m_lora(const std::string& name, bool quantized);

}  // namespace tenon::benchmarks

#endif  // TENON_BENCHMARKS_LM_WORKLOADS_H_
