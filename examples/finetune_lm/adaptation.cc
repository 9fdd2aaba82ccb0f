#include "examples/finetune_lm/adaptation.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "autograd/autocast.h"
#include "finetune/adapter_folder.h"
#include "finetune/lora.h"
#include "finetune/train_lm.h"
#include "layers/freeze.h"
#include "models/lm/generate.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

using finetune::Lora;
using models::CausalLm;

bool has_adapter(const Adaptation& a) { return a.method == "lora" || a.method == "qlora"; }

finetune::LoraOptions lora_options(const Adaptation& a) {
  return {.targets = {.include = {"all-linear"}},
          .rank = a.rank,
          .alpha = a.alpha,
          .dropout = a.dropout};
}

/// Lets only what the method trains require gradients.
std::unique_ptr<Lora> prepare(CausalLm& model, const Adaptation& a) {
  if (has_adapter(a)) return std::make_unique<Lora>(model, lora_options(a));
  if (a.method == "head") {
    layers::freeze(model, "*");
    for (const auto& parameter : model.head().parameters()) parameter.set_requires_grad(true);
  }
  return nullptr;
}

/// A fresh model in the form in which the method leaves its weights alone.
absl::StatusOr<std::unique_ptr<CausalLm>> fresh_model_for(const Base& base, const Adaptation& a,
                                                          const LmOptions& options) {
  return fresh_model(base,
                     {.quantized = a.method == "qlora", .bf16 = options.bf16 && has_adapter(a)});
}

/// Products are in the precision of the training.
finetune::Perplexity measure(CausalLm& model, const Base& base, const LmOptions& options) {
  std::optional<autograd::Autocast> scope;
  if (options.bf16) scope.emplace(DType::kBF16);
  const std::int64_t context = std::min(options.context, model.config().positions);
  return finetune::perplexity(model, base.eval_ids, {.context = context});
}

void show_sample(const char* when, CausalLm& model, const Base& base, const LmOptions& options) {
  std::optional<autograd::Autocast> scope;
  if (options.bf16) scope.emplace(DType::kBF16);
  Generator generator(1);
  const auto prompt = base.tokenizer.encode(base.prompt);
  const auto ids = models::generate(model, prompt,
                                    {.max_new_tokens = 40,
                                     .temperature = 0.8,
                                     .top_k = 50,
                                     .repetition_penalty = 1.1,
                                     .generator = &generator});
  std::string text = base.prompt + base.tokenizer.decode(ids, {.skip_special = true});
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::printf("%s: %s\n", when, text.c_str());
}

/// The adapter, written, read into a fresh copy of the base, must give the same perplexity.
absl::Status check_reload(const Base& base, const Lora& lora, const AdaptationRow& row,
                          const LmOptions& options) {
  const std::string& folder = row.adaptation.adapter_folder;
  if (auto s = finetune::save_adapter(folder, lora, {.base_model = base.name}); !s.ok()) return s;
  const auto fresh = fresh_model_for(base, row.adaptation, options);
  if (!fresh.ok()) return fresh.status();
  const auto again = finetune::load_adapter(**fresh, folder);
  if (!again.ok()) return again.status();
  const finetune::Perplexity repeated = measure(**fresh, base, options);
  if (repeated.loss != row.after.loss) {
    return absl::InternalError("the reloaded adapter gives " + to_string(repeated));
  }
  if (!options.quiet) {
    std::printf("adapter saved to %s; reloaded it gives the same perplexity to the bit\n",
                folder.c_str());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AdaptationRow> adapt(const Base& base, const Adaptation& a,
                                    const LmOptions& options) {
  manual_seed(options.seed);
  const auto model = fresh_model_for(base, a, options);
  if (!model.ok()) return model.status();
  AdaptationRow row;
  row.adaptation = a;
  row.before = measure(**model, base, options);
  const bool shows = a.shows_samples && !options.quiet;
  if (shows) show_sample("before", **model, base, options);
  const auto lora = prepare(**model, a);
  const auto report = finetune::trainable_report(**model);
  const auto result =
      finetune::train_lm(**model, base.train_blocks,
                         {.steps = a.steps,
                          .batch_size = options.batch_size,
                          .lr = a.lr,
                          .weight_decay = a.weight_decay,
                          .warmup = a.steps / 10,
                          .seed = options.seed,
                          .autocast = options.bf16 ? std::optional(DType::kBF16) : std::nullopt,
                          .states_8bit = options.states_8bit});
  if (!result.ok()) return result.status();
  row.after = measure(**model, base, options);
  if (shows) show_sample("after ", **model, base, options);
  row.trainable = report.trainable;
  row.params = report.all;
  row.peak_bytes = result->peak_bytes;
  row.seconds = result->seconds;
  row.tokens_per_second = static_cast<double>(result->tokens) / result->seconds;
  if (lora && !a.adapter_folder.empty()) {
    if (auto status = check_reload(base, *lora, row, options); !status.ok()) return status;
  }
  return row;
}

std::string table_head() {
  return "method  rank  alpha  dropout  decay    rate     trainable   memory   tokens/s  seconds  "
         "perplexity";
}

std::string table_line(const AdaptationRow& row) {
  const Adaptation& a = row.adaptation;
  char text[256];
  const std::string rank = has_adapter(a) ? std::to_string(a.rank) : "-";
  const std::string alpha = has_adapter(a) ? std::to_string(static_cast<int>(a.alpha)) : "-";
  std::snprintf(text, sizeof text,
                "%-6s  %4s  %5s  %7.2f  %5.3f  %.1e  %10lld  %4.0f MB  %8.0f  %7.1f  %.2f -> %.2f",
                a.method.c_str(), rank.c_str(), alpha.c_str(), a.dropout, a.weight_decay, a.lr,
                static_cast<long long>(row.trainable), static_cast<double>(row.peak_bytes) / 1e6,
                row.tokens_per_second, row.seconds, row.before.value, row.after.value);
  return text;
}

std::string row_line(const AdaptationRow& row) {
  const Adaptation& a = row.adaptation;
  char text[512];
  std::snprintf(
      text, sizeof text,
      "ROW method=%s rank=%lld alpha=%g dropout=%g weight_decay=%g lr=%g steps=%lld "
      "trainable_params=%lld params=%lld peak_bytes=%lld seconds=%.3f items_per_second=%.1f "
      "perplexity_before=%.4f perplexity_after=%.4f",
      a.method.c_str(), static_cast<long long>(has_adapter(a) ? a.rank : 0), a.alpha, a.dropout,
      a.weight_decay, a.lr, static_cast<long long>(a.steps), static_cast<long long>(row.trainable),
      static_cast<long long>(row.params), static_cast<long long>(row.peak_bytes), row.seconds,
      row.tokens_per_second, row.before.value, row.after.value);
  return text;
}

}  // namespace tenon::examples
