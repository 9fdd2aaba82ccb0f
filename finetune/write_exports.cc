// Writes models and adapters for other libraries to read, each with what Tenon computes with it:
// testdata/check_exports.py loads them with Transformers, PEFT and bitsandbytes, and compares.
//
//   ./bazelw run //finetune:write_exports -- /tmp/exports
//
// The model is llama2.c's stories260K, from the data folder.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/data_dir.h"
#include "data/tokenizer/load.h"
#include "data/tokenizer/save.h"
#include "finetune/adapter_folder.h"
#include "finetune/quantize.h"
#include "models/lm/folder.h"
#include "models/lm/generate.h"
#include "models/lm/llama2c.h"
#include "tensor/io/safetensors.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::finetune {
namespace {

using models::CausalLm;

template <class T>
T value_of(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::fprintf(stderr, "%s\n", std::string(result.status().message()).c_str());
  std::exit(1);
}

void require(const absl::Status& status) {
  if (!status.ok()) value_of(absl::StatusOr<int>(status));
}

/// `expected.safetensors`: ids of a text, their logits, and what greedy decoding adds to them.
void write_expected(const std::string& folder, CausalLm& model,
                    const std::vector<std::int32_t>& ids) {
  const std::vector<std::int64_t> wide(ids.begin(), ids.end());
  const Tensor tokens = from_vector(wide).unsqueeze(0);
  const autograd::NoGrad guard;
  const auto greedy = models::generate(model, ids, {.max_new_tokens = 60});
  require(write_safetensors(folder + "/expected.safetensors",
                            {.tensors = {{"tokens", tokens},
                                         {"logits", model.logits(tokens).value().to(DType::kF32)},
                                         {"greedy", from_vector(std::vector<std::int64_t>(
                                                        greedy.begin(), greedy.end()))}}}));
}

class Exports {
 public:
  explicit Exports(std::string out) : out_(std::move(out)) {
    const std::string data = value_of(data::data_dir()) + "/stories260k";
    checkpoint_ = data + "/stories260K.bin";
    const auto tokenizer = value_of(data::load_llama2c_tokenizer(data + "/tok512.bin"));
    ids_ = tokenizer.encode("Once upon a time, there was a little girl named Lily.");
    const auto model = fresh();
    require(models::save_causal_lm(out_ + "/stories", *model));
    require(data::save_tokenizer(out_ + "/stories/tokenizer.json", tokenizer));
    write_expected(out_ + "/stories", *model, ids_);
  }

  /// As an adapter, and merged into the weights.
  void adapter(const std::string& name, const LoraOptions& options) const {
    manual_seed(4);
    const auto model = fresh();
    Lora lora(*model, options);
    for (const Variable& p : lora.trainable()) p.set_value(p.value() + randn(p.shape()) * 0.05);
    require(save_adapter(out_ + "/" + name, lora, {.base_model = "stories"}));
    write_expected(out_ + "/" + name, *model, ids_);
    lora.merge();
    lora.unload();
    require(models::save_causal_lm(out_ + "/" + name + "_merged", *model));
    write_expected(out_ + "/" + name + "_merged", *model, ids_);
  }

  void quantized(const std::string& name, const quant::Options& options) const {
    const auto model = fresh();
    quantize_linears(*model, {.quant = options});
    require(save_quantized_lm(out_ + "/" + name, *model));
    write_expected(out_ + "/" + name, *model, ids_);
  }

 private:
  std::unique_ptr<CausalLm> fresh() const { return value_of(models::load_llama2c(checkpoint_)); }

  std::string out_;
  std::string checkpoint_;
  std::vector<std::int32_t> ids_;
};

}  // namespace
}  // namespace tenon::finetune

int main(int argc, char** argv) {
  using namespace tenon;
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_exports FOLDER\n");
    return 2;
  }
  const finetune::Exports exports(argv[1]);
  exports.adapter("lora", {.targets = {{"q_proj", "v_proj"}}, .rank = 4, .alpha = 8});
  exports.adapter("rslora", {.targets = {{"all-linear"}}, .rank = 8, .alpha = 4, .rs = true});
  exports.adapter("dora", {.targets = {{"down_proj"}}, .rank = 2, .alpha = 4, .dora = true});
  exports.quantized("nf4", {});
  exports.quantized("fp4", {.format = quant::Format::kFp4, .nested = false});
}
