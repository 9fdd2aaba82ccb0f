#include "examples/finetune_lm/base_model.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "data/text/text_file.h"
#include "data/tokenizer/load.h"
#include "data/tokenizer/save.h"
#include "data/tokenizer/train.h"
#include "examples/common/data_folder.h"
#include "examples/common/paths.h"
#include "finetune/quantize.h"
#include "finetune/train_lm.h"
#include "models/lm/folder.h"
#include "models/lm/loss.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

constexpr std::int32_t kVocabulary = 2048;
constexpr std::size_t kQuickBytes = 50000;

struct Texts {
  std::string train;
  std::string eval;
};

/// About the first `bytes` of a text, up to the end of a line.
std::string beginning(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  return text.substr(0, text.rfind('\n', bytes) + 1);
}

absl::StatusOr<Texts> load_texts(const LmOptions& options) {
  Texts texts;
  std::string wikitext;
  if (options.train_text.empty() || options.eval_text.empty()) {
    const auto folder = data_folder(options, "wikitext2");
    if (!folder.ok()) return folder.status();
    wikitext = *folder;
  }
  const auto load = [&](const std::string& path, const char* part) {
    return path.empty() ? data::load_wikitext(wikitext, part) : data::load_text(user_path(path));
  };
  auto train = load(options.train_text, "valid");  // the train part is larger and often not there
  if (!train.ok()) return train.status();
  auto eval = load(options.eval_text, "test");
  if (!eval.ok()) return eval.status();
  texts.train = options.quick ? beginning(*train, kQuickBytes) : *std::move(train);
  texts.eval = *std::move(eval);
  return texts;
}

models::LmConfig small_opt(const data::Tokenizer& tokenizer, const LmOptions& options) {
  const std::int64_t width = options.quick ? 64 : 192;
  return {.family = models::Family::kOpt,
          .vocab_size = tokenizer.size(),
          .hidden_size = width,
          .layers = options.quick ? 2 : 4,
          .heads = width / 32,
          .feed_forward = 4 * width,
          .positions = 2 * options.context,
          .bos = 0,
          .eos = {0}};
}

absl::Status pretrain(const data::Tokenizer& tokenizer, const std::string& shakespeare,
                      const LmOptions& options, const std::string& folder) {
  manual_seed(options.seed);
  const auto model = models::make_causal_lm(small_opt(tokenizer, options));
  const auto ids = tokenizer.encode(shakespeare);
  const std::int64_t steps = options.quick ? 60 : options.pretrain_steps;
  const auto result = finetune::train_lm(
      *model, models::pack_blocks(ids, options.context),
      {.steps = steps,
       .batch_size = options.batch_size,
       .lr = options.quick ? 3e-3 : 1e-3,
       .weight_decay = 0.1,
       .warmup = steps / 20,
       .seed = options.seed,
       .on_step = [&](const finetune::LmStep& step) {
         if (!options.quiet && (step.step == 1 || step.step % 50 == 0)) {
           std::printf("pre-training %4lld/%lld  loss %.3f\n", static_cast<long long>(step.step),
                       static_cast<long long>(steps), step.loss);
           std::fflush(stdout);
         }
         return true;
       }});
  if (!result.ok()) return result.status();
  if (!options.quiet) {
    std::printf("pre-trained %lld parameters on tiny_shakespeare in %.0f s, %.0f tokens/s\n",
                static_cast<long long>(model->num_parameters()), result->seconds,
                static_cast<double>(result->tokens) / result->seconds);
  }
  if (auto status = models::save_causal_lm(folder, *model); !status.ok()) return status;
  return data::save_tokenizer(folder + "/tokenizer.json", tokenizer);
}

absl::StatusOr<std::string> pretrained_folder(const Texts& texts, const LmOptions& options) {
  const auto data = data_folder(options, "tiny_shakespeare");
  if (!data.ok()) return data.status();
  auto shakespeare = data::load_text(*data + "/input.txt");
  if (!shakespeare.ok()) return shakespeare.status();
  if (options.quick) *shakespeare = beginning(*shakespeare, kQuickBytes);
  // Words of both texts, so that neither is spelled in bytes.
  const std::string_view both[] = {*shakespeare, texts.train};
  const auto tokenizer = data::train_bpe(both, {.vocab_size = options.quick ? 512 : kVocabulary});
  const std::string folder = options.output("base");
  const absl::Status status = pretrain(tokenizer, *shakespeare, options, folder);
  if (!status.ok()) return status;
  return folder;
}

}  // namespace

absl::StatusOr<Base> make_base(const LmOptions& options) {
  const auto texts = load_texts(options);
  if (!texts.ok()) return texts.status();
  std::string folder = options.model_dir.empty() ? "" : user_path(options.model_dir);
  if (folder.empty()) {
    const auto made = pretrained_folder(*texts, options);
    if (!made.ok()) return made.status();
    folder = *made;
  }
  auto tokenizer = data::load_tokenizer(folder);
  if (!tokenizer.ok()) return tokenizer.status();
  Base base{.folder = folder,
            .name = options.model_dir.empty() ? "small OPT" : options.model_dir,
            .tokenizer = *std::move(tokenizer),
            .train_blocks = {},
            .eval_ids = {},
            .prompt = "The first"};
  base.train_blocks = models::pack_blocks(
      base.tokenizer.encode(texts->train, {.add_special = false}), options.context);
  base.eval_ids = base.tokenizer.encode(texts->eval, {.add_special = false});
  const auto count = static_cast<std::size_t>(options.quick ? 2000 : options.eval_tokens);
  if (base.eval_ids.size() > count) base.eval_ids.resize(count);
  if (base.eval_ids.size() < 2) {
    return absl::InvalidArgumentError("expected an evaluation text of at least two tokens");
  }
  return base;
}

absl::StatusOr<std::unique_ptr<models::CausalLm>> fresh_model(const Base& base,
                                                              const Frozen& frozen) {
  models::LoadLmOptions options{.dtype = DType::kF32};
  if (frozen.quantized) options.on_linear = finetune::quantizer();
  auto model = models::load_causal_lm(base.folder, options);
  if (!model.ok()) return model.status();
  for (const auto& parameter : (*model)->parameters()) {
    parameter.set_value(parameter.value().clone());
  }
  if (frozen.bf16) {
    finetune::linears_to_bf16(**model);
    finetune::tables_to_bf16(**model);
  }
  return model;
}

}  // namespace tenon::examples
