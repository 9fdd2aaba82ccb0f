// Where the experiment begins: texts, a tokenizer and a trained model.
#ifndef TENON_EXAMPLES_FINETUNE_LM_BASE_MODEL_H_
#define TENON_EXAMPLES_FINETUNE_LM_BASE_MODEL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/tokenizer/tokenizer.h"
#include "examples/common/flags.h"
#include "models/lm/causal_lm.h"
#include "tensor/tensor.h"

namespace tenon::examples {

struct LmOptions : CommonOptions {
  std::string model_dir = {};
  std::string train_text = {};
  std::string eval_text = {};
  std::string method = "all";
  std::int64_t context = 128;
  std::int64_t eval_tokens = 20000;
  std::int64_t pretrain_steps = 500;
  std::int64_t rank = 8;
  double alpha = 16;
  double dropout = 0;
  double weight_decay = 0.01;
  bool bf16 = false;
  bool states_8bit = false;
  bool quick = false;  ///< a minute at most: a smaller model and a small part of the texts
};

/// What every adaptation is given. The model is the folder: each begins from a fresh copy of it.
struct Base {
  std::string folder;
  std::string name;
  data::Tokenizer tokenizer;
  Tensor train_blocks;  ///< [N,context]
  std::vector<std::int32_t> eval_ids;
  std::string prompt;
};

/// With a model_dir its model and tokenizer, else a small OPT that learns from tiny_shakespeare for
/// about a minute, in `out_dir`/base. Texts are those that the options name, else WikiText-2's.
absl::StatusOr<Base> make_base(const LmOptions& options);

/// How a model that is not itself trained keeps its weights.
struct Frozen {
  bool quantized = false;  ///< linear layers in NF4, one after the other
  bool bf16 = false;       ///< tables, and linear layers that are not quantized
};

/// The model of a folder with all of its weights in memory of its own, so that what is reported is
/// what it takes. f32 where `frozen` does not say otherwise.
absl::StatusOr<std::unique_ptr<models::CausalLm>> fresh_model(const Base& base,
                                                              const Frozen& frozen = {});

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_FINETUNE_LM_BASE_MODEL_H_
