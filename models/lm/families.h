// One maker for each family. Each computes as the class of the same name in Transformers does.
#ifndef TENON_MODELS_LM_FAMILIES_H_
#define TENON_MODELS_LM_FAMILIES_H_

#include <memory>

#include "models/lm/causal_lm.h"

namespace tenon::models {

/// Zhang et al. 2022, "OPT: open pre-trained transformer language models". Also Galactica (Taylor
/// et al. 2022).
std::unique_ptr<CausalLm> make_opt(const LmConfig& config);
/// Black et al. 2021, "GPT-Neo": attention without scale, every other layer within a window.
std::unique_ptr<CausalLm> make_gpt_neo(const LmConfig& config);
/// Radford et al. 2019, "Language models are unsupervised multitask learners".
std::unique_ptr<CausalLm> make_gpt2(const LmConfig& config);
/// Touvron et al. 2023, "LLaMA", §2.2. Also Qwen2 (Yang et al. 2024), which has biases.
std::unique_ptr<CausalLm> make_llama(const LmConfig& config);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_FAMILIES_H_
