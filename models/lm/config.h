// What a language model is made of: the numbers of a Hugging Face `config.json`.
//
//   absl::StatusOr<LmConfig> config = read_lm_config("models/opt-125m/config.json");
//   std::unique_ptr<CausalLm> model = make_causal_lm({.family = Family::kOpt, .vocab_size = 2048});
#ifndef TENON_MODELS_LM_CONFIG_H_
#define TENON_MODELS_LM_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tensor/dtype.h"

namespace tenon::models {

/// Architectures. kLlama stands for all that share its blocks: `model_type` "llama" (Llama,
/// TinyLlama, SmolLM2) and "qwen2".
enum class Family : std::uint8_t { kOpt, kGptNeo, kGpt2, kLlama };

/// What stands between the two layers of a block's feed-forward part.
enum class LmActivation : std::uint8_t { kRelu, kGelu, kGeluTanh, kSilu };

/// How positions beyond those of the first training are reached ("rope_scaling").
enum class RopeScaling : std::uint8_t { kNone, kLinear, kLlama3 };

struct RopeConfig {
  double theta = 10000;
  RopeScaling scaling = RopeScaling::kNone;
  double factor = 1;
  double low_frequency_factor = 1;   ///< kLlama3
  double high_frequency_factor = 4;  ///< kLlama3
  double original_positions = 8192;  ///< kLlama3
};

/// Sizes are those of OPT-125M where a caller gives none.
struct LmConfig {
  Family family = Family::kOpt;
  std::int64_t vocab_size = 50272;
  std::int64_t hidden_size = 768;
  std::int64_t layers = 12;
  std::int64_t heads = 12;
  std::int64_t key_heads = 0;  ///< heads of keys and values; `heads` where 0
  std::int64_t head_size = 0;  ///< hidden_size / heads where 0
  std::int64_t feed_forward = 3072;
  std::int64_t positions = 2048;  ///< longest text
  LmActivation activation = LmActivation::kRelu;
  double norm_eps = 1e-5;
  double dropout = 0;            ///< after the embedding (not Llama) and each half of a block
  double attention_dropout = 0;  ///< of attention weights
  bool tied = true;              ///< the head is the table of embeddings
  double init_deviation = 0.02;  ///< of first weights

  // OPT
  std::int64_t embedding_size = 0;  ///< width of the table; hidden_size where 0
  bool norm_first = true;           ///< OPT-350M normalizes after each half
  bool final_norm = true;
  bool linear_bias = true;

  // GPT-Neo: layers whose positions see the last `window` ones only.
  std::vector<bool> local = {};
  std::int64_t window = 256;

  // GPT-2
  bool scale_by_layer = false;  ///< divides attention scores by the number of the layer, from 1

  // Llama
  bool query_bias = false;      ///< of the projections to queries, keys and values (Qwen2)
  bool attention_bias = false;  ///< of all four projections
  bool mlp_bias = false;
  RopeConfig rope = {};

  // Token numbers; -1 for none.
  std::int64_t bos = -1;
  std::int64_t pad = -1;
  std::vector<std::int64_t> eos = {};

  std::int64_t num_key_heads() const { return key_heads > 0 ? key_heads : heads; }
  std::int64_t size_of_head() const { return head_size > 0 ? head_size : hidden_size / heads; }
  std::int64_t width_of_embedding() const {
    return embedding_size > 0 ? embedding_size : hidden_size;
  }
};

/// `model_type` of `config.json`: "opt", "gpt_neo", "gpt2", "llama", "qwen2".
std::string_view model_type(const LmConfig& config);

/// Throws ValueError that names the field which makes no sense: sizes below 1, heads that do not
/// divide, a dropout outside [0,1).
void check_lm_config(const LmConfig& config);

/// Reads `config.json`. Errors name the file and the key: InvalidArgument for JSON that is none, is
/// deeper than 64 levels, or has values of another kind or out of range; Unimplemented for another
/// `model_type` or an option that Tenon does not have.
absl::StatusOr<LmConfig> read_lm_config(const std::string& path);

/// A `config.json` that Transformers reads, for weights of this dtype.
std::string lm_config_json(const LmConfig& config, DType dtype);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_CONFIG_H_
