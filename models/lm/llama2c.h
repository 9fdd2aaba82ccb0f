// Checkpoints of llama2.c.
//
//   auto model = load_llama2c("stories260K.bin");
#ifndef TENON_MODELS_LM_LLAMA2C_H_
#define TENON_MODELS_LM_LLAMA2C_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "models/lm/causal_lm.h"

namespace tenon::models {

/// Reads a file of its first version: seven i32 (dim, hidden_dim, n_layers, n_heads, n_kv_heads,
/// vocab_size, seq_len; a negative vocab_size means a head of its own), then the f32 weights. Its
/// rotation turns neighbours; rows of queries and keys are put in the order of Transformers, so the
/// model computes the same and save_causal_lm writes one that Transformers reads. Token 1 begins a
/// text, 2 ends it. DataLoss where the size of the file is not that of its numbers, InvalidArgument
/// for numbers that make no sense; both name the file.
absl::StatusOr<std::unique_ptr<CausalLm>> load_llama2c(const std::string& path);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_LLAMA2C_H_
