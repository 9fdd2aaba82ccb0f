// How a low-rank adapter is made.
#ifndef TENON_FINETUNE_LORA_OPTIONS_H_
#define TENON_FINETUNE_LORA_OPTIONS_H_

#include <cstdint>
#include <map>
#include <string>

#include "finetune/targets.h"

namespace tenon::finetune {

/// What the adapter's matrices begin as.
enum class LoraInit : std::uint8_t {
  kZero,   ///< A as a linear layer's weight, B zeros: the model begins as it was (§4.1)
  kPissa,  ///< the largest singular vectors of W, which is left with the others (Meng et al. 2024,
           ///< "PiSSA", §3); dense weights only
};

/// Which biases are trained, and belong to the adapter.
enum class LoraBias : std::uint8_t { kNone, kAll, kLoraOnly };

struct LoraOptions {
  Targets targets = {};
  std::int64_t rank = 8;
  double alpha = 8;    ///< the update is multiplied by alpha / rank
  double dropout = 0;  ///< of what the update reads, while training
  bool rs = false;     ///< alpha / sqrt(rank) instead (Kalajdzievski 2023, "rsLoRA", §3)
  /// Learn the length of each row of W apart from its direction, which LoRA changes (Liu et al.
  /// 2024, "DoRA", §4). Linear layers only.
  bool dora = false;
  LoraInit init = LoraInit::kZero;
  LoraBias bias = LoraBias::kNone;
  /// Other ranks and alphas for layers that a target (finetune/targets.h) means.
  std::map<std::string, std::int64_t> ranks = {};
  std::map<std::string, double> alphas = {};
};

/// Throws ValueError for a rank below 1, dropout outside [0,1), an alpha that is not positive.
void check_lora_options(const LoraOptions& options);
/// Of the layer at `path`.
std::int64_t rank_of(const LoraOptions& options, const std::string& path);
double alpha_of(const LoraOptions& options, const std::string& path);
/// What its update is multiplied by.
double scaling_of(const LoraOptions& options, const std::string& path);

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_LORA_OPTIONS_H_
