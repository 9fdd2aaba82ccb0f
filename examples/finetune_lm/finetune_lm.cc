// Adapts a causal language model to a text, in full, by its head, by LoRA and by QLoRA, and
// compares.
//
//   ./bazelw run //examples/finetune_lm
//   ./bazelw run //examples/finetune_lm -- --model_dir=models/opt-125m --method=qlora --bf16
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "examples/common/flags.h"
#include "examples/common/result_line.h"
#include "examples/finetune_lm/adaptation.h"
#include "examples/finetune_lm/base_model.h"

namespace tenon::examples {
namespace {

constexpr double kFullRate = 5e-4;
constexpr double kLoraRate = 2e-3;

std::int64_t steps_of(const Base& base, const LmOptions& options) {
  const std::int64_t per_epoch =
      std::max<std::int64_t>(base.train_blocks.size(0) / options.batch_size, 1);
  return per_epoch * options.epochs;
}

Adaptation adaptation_of(const std::string& method, const Base& base, const LmOptions& options) {
  const bool adapter = method == "lora" || method == "qlora";
  return {.method = method,
          .rank = options.rank,
          .alpha = options.alpha,
          .dropout = adapter ? options.dropout : 0,
          .weight_decay = options.weight_decay,
          .lr = options.lr > 0 ? options.lr
                : adapter      ? kLoraRate
                               : kFullRate,
          .steps = steps_of(base, options),
          .shows_samples = true,
          .adapter_folder = adapter ? options.output("adapter_" + method) : ""};
}

/// Small changes of one number at a time, with a third of the steps.
std::vector<Adaptation> sweep(const Base& base, const LmOptions& options) {
  Adaptation start = adaptation_of("lora", base, options);
  start.steps = std::max<std::int64_t>(start.steps / 3, 1);
  start.shows_samples = false;
  start.adapter_folder.clear();
  std::vector<Adaptation> all;
  const auto with = [&](const auto& change) {
    Adaptation a = start;
    change(a);
    all.push_back(a);
  };
  const std::vector<std::int64_t> ranks =
      options.quick ? std::vector<std::int64_t>{2, 8} : std::vector<std::int64_t>{2, 4, 8, 16, 32};
  for (const std::int64_t rank : ranks) {
    with([&](Adaptation& a) {
      a.rank = rank;
      a.alpha = 2 * static_cast<double>(rank);
    });
  }
  if (options.quick) return all;
  for (const double alpha : {4.0, 8.0, 32.0}) with([&](Adaptation& a) { a.alpha = alpha; });
  for (const double dropout : {0.05, 0.2}) with([&](Adaptation& a) { a.dropout = dropout; });
  for (const double decay : {0.0, 0.1}) with([&](Adaptation& a) { a.weight_decay = decay; });
  for (const double factor : {0.2, 0.5, 2.0}) with([&](Adaptation& a) { a.lr *= factor; });
  return all;
}

absl::Status run_all(const std::vector<Adaptation>& adaptations, const Base& base,
                     const LmOptions& options, std::vector<AdaptationRow>& rows) {
  std::vector<AdaptationRow> made;
  for (const Adaptation& adaptation : adaptations) {
    auto row = adapt(base, adaptation, options);
    if (!row.ok()) return row.status();
    made.push_back(*row);
    if (!options.quiet) std::fflush(stdout);
  }
  std::printf("\n%s\n", table_head().c_str());
  for (const AdaptationRow& row : made) std::printf("%s\n", table_line(row).c_str());
  std::printf("\n");
  for (const AdaptationRow& row : made) std::printf("%s\n", row_line(row).c_str());
  rows.insert(rows.end(), made.begin(), made.end());
  return absl::OkStatus();
}

absl::Status compare(const LmOptions& options) {
  const auto base = make_base(options);
  if (!base.ok()) return base.status();
  std::vector<std::string> methods = {options.method};
  if (options.method == "all") methods = {"full", "head", "lora", "qlora"};
  std::vector<Adaptation> adaptations;
  for (const auto& method : methods) adaptations.push_back(adaptation_of(method, *base, options));
  std::vector<AdaptationRow> rows;
  if (auto s = run_all(adaptations, *base, options, rows); !s.ok()) return s;
  const AdaptationRow last = rows.back();
  if (options.method == "all" && options.model_dir.empty()) {
    if (auto s = run_all(sweep(*base, options), *base, options, rows); !s.ok()) return s;
  }
  std::printf("%s: tokenizer of %d tokens; %s\n", base->name.c_str(), base->tokenizer.size(),
              to_string(last.after).c_str());
  ResultLine result("finetune_lm", options);
  result.add("method", last.adaptation.method);
  result.add("perplexity_before", last.before.value);
  result.add("perplexity_after", last.after.value);
  result.add("trainable_params", last.trainable);
  result.add("params", last.params);
  result.add("peak_bytes", last.peak_bytes);
  result.add("seconds", last.seconds);
  result.add("items_per_second", last.tokens_per_second);
  result.print();
  return absl::OkStatus();
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  LmOptions options{{.epochs = 1, .batch_size = 8}};
  Flags flags("finetune_lm",
              "Adapts a causal language model to a text, and tells by its perplexity.");
  flags.add(options, {.resume = false});
  flags.add_text("model_dir", options.model_dir, "DIR",
                 "a Hugging Face folder; without one a small model is trained first");
  flags.add_text("train_text", options.train_text, "FILE",
                 "text to learn (default: WikiText-2 valid)");
  flags.add_text("eval_text", options.eval_text, "FILE",
                 "text to predict (default: WikiText-2 test)");
  flags.add_choice("method", options.method, {"all", "full", "head", "lora", "qlora"},
                   "what is trained");
  flags.add_count("context", options.context, "tokens of a block and of an evaluation's window");
  flags.add_count("eval_tokens", options.eval_tokens, "how much of the evaluation text counts");
  flags.add_count("pretrain_steps", options.pretrain_steps, "of the small model");
  flags.add_count("rank", options.rank, "of LoRA");
  flags.add_number("alpha", options.alpha, 1e-6, 1e6, "of LoRA");
  flags.add_number("dropout", options.dropout, 0, 0.99, "of LoRA");
  flags.add_number("weight_decay", options.weight_decay, 0, 10, "of matrices");
  flags.add_switch("bf16", options.bf16, "bf16 products, and bf16 weights under an adapter");
  flags.add_switch("states_8bit", options.states_8bit, "AdamW's state in 8 bits");
  flags.add_switch("quick", options.quick, "a smaller model on a part of the texts");
  return flags.run(argc, argv, [&] { return compare(options); });
}
