// One way to adapt the model to a text, from a fresh copy to its perplexity.
#ifndef TENON_EXAMPLES_FINETUNE_LM_ADAPTATION_H_
#define TENON_EXAMPLES_FINETUNE_LM_ADAPTATION_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "examples/finetune_lm/base_model.h"
#include "finetune/perplexity.h"

namespace tenon::examples {

struct Adaptation {
  std::string method = "lora";  ///< full, head, lora, qlora
  std::int64_t rank = 8;
  double alpha = 16;
  double dropout = 0;
  double weight_decay = 0.01;
  double lr = 1e-3;
  std::int64_t steps = 100;
  bool shows_samples = false;
  std::string adapter_folder = {};  ///< where to save and reload the adapter; nowhere where empty
};

struct AdaptationRow {
  Adaptation adaptation;
  finetune::Perplexity before;
  finetune::Perplexity after;
  std::int64_t trainable = 0;
  std::int64_t params = 0;
  std::int64_t peak_bytes = 0;
  double seconds = 0;
  double tokens_per_second = 0;
};

absl::StatusOr<AdaptationRow> adapt(const Base& base, const Adaptation& adaptation,
                                    const LmOptions& options);

/// A table for people and a line `ROW key=value …` for scripts.
std::string table_head();
std::string table_line(const AdaptationRow& row);
std::string row_line(const AdaptationRow& row);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_FINETUNE_LM_ADAPTATION_H_
