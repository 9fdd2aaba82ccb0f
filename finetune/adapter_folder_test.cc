// Adapters that PEFT wrote (testdata/make_peft.py), and damaged ones.

#include "finetune/adapter_folder.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "finetune/testing.h"
#include "models/lm/internal/json_fields.h"
#include "models/lm/loss.h"
#include "tensor/io/safetensors.h"
#include "tensor/io/scratch_file.h"

namespace tenon::finetune {
namespace {

namespace fs = std::filesystem;

std::string folder_of(const std::string& name) { return "finetune/testdata/" + name; }

struct Case {
  std::string name;
  std::string base;
};

class PeftTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    model_ = fixture_model(GetParam().base);
    auto file = read_safetensors(folder_of(GetParam().name) + "/expected.safetensors");
    ASSERT_TRUE(file.ok()) << file.status();
    expected_ = *std::move(file);
  }
  Tensor expected(const std::string& name) const {
    const Tensor* tensor = expected_.find(name);
    EXPECT_NE(tensor, nullptr) << name;
    return tensor ? *tensor : Tensor();
  }

  std::unique_ptr<models::CausalLm> model_;
  SafetensorsFile expected_;
};

TEST_P(PeftTest, GivesPeftsLogits) {
  const auto lora = load_adapter(*model_, folder_of(GetParam().name));
  ASSERT_TRUE(lora.ok()) << lora.status();
  EXPECT_LT(relative_error(logits_of(*model_, expected("tokens")), expected("logits")), 1e-5);
}

TEST_P(PeftTest, GivesPeftsGradientsAndNoOthers) {
  const auto lora = load_adapter(*model_, folder_of(GetParam().name));
  ASSERT_TRUE(lora.ok()) << lora.status();
  models::causal_lm_loss(*model_, expected("tokens")).backward();
  std::size_t with_gradient = 0;
  for (const auto& [name, parameter] : model_->named_parameters()) {
    if (!parameter.grad().defined()) continue;
    ++with_gradient;
    std::string in_file = "grad.base_model.model." + name;
    for (const std::string part : {".default", ".weight.weight"}) {
      const auto at = in_file.find(part);
      if (at != std::string::npos) in_file.erase(at, part == ".default" ? part.size() : 7);
    }
    const Tensor* gradient = expected_.find(in_file);
    if (!gradient) {  // a bias of an adapted layer, or DoRA's magnitude
      const auto dot = in_file.rfind('.');
      gradient = expected_.find(in_file.substr(0, dot) + ".base_layer" + in_file.substr(dot));
    }
    if (!gradient) gradient = expected_.find(in_file.substr(0, in_file.rfind('.')));
    ASSERT_NE(gradient, nullptr) << in_file;
    if (max(abs(*gradient)).item<double>() < 1e-6) continue;
    EXPECT_LT(relative_error(parameter.grad().value(), *gradient), 1e-4) << name;
  }
  EXPECT_EQ(with_gradient + 3, expected_.tensors.size());
  EXPECT_EQ((*lora)->trainable().size(), with_gradient);
}

TEST_P(PeftTest, SavedAndLoadedItGivesTheSameLogits) {
  const auto lora = load_adapter(*model_, folder_of(GetParam().name));
  ASSERT_TRUE(lora.ok()) << lora.status();
  const ScratchFolder scratch;
  ASSERT_TRUE(save_adapter(scratch.path("adapter"), **lora).ok());
  const auto fresh = fixture_model(GetParam().base);
  const auto again = load_adapter(*fresh, scratch.path("adapter"), "mine");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(
      same_bits(logits_of(*fresh, expected("tokens")), logits_of(*model_, expected("tokens"))));
  // What PEFT wrote and what we write have the same tensors, but for tables it saves along.
  const auto theirs = read_safetensors(folder_of(GetParam().name) + "/adapter_model.safetensors");
  const auto ours = read_safetensors(scratch.path("adapter") + "/adapter_model.safetensors");
  ASSERT_TRUE(theirs.ok() && ours.ok());
  for (const auto& [name, tensor] : theirs->tensors) {
    if (name.find("base_layer.weight") != std::string::npos) continue;
    const Tensor* own = ours->find(name);
    ASSERT_NE(own, nullptr) << name;
    EXPECT_TRUE(same_bits(*own, tensor)) << name;
  }
}

TEST_P(PeftTest, MergedItGivesTheSameLogitsAndUnmergedToo) {
  const Tensor plain = logits_of(*model_, expected("tokens"));
  const auto lora = load_adapter(*model_, folder_of(GetParam().name));
  ASSERT_TRUE(lora.ok()) << lora.status();
  const Tensor before = logits_of(*model_, expected("tokens"));
  if (GetParam().name == "opt_embedding") {
    EXPECT_THROW((*lora)->merge(), ValueError);  // the head shares the table
    return;
  }
  (*lora)->merge();
  EXPECT_LT(relative_error(logits_of(*model_, expected("tokens")), before), 1e-5);
  (*lora)->unmerge();
  EXPECT_LT(relative_error(logits_of(*model_, expected("tokens")), before), 1e-5);
  (*lora)->set_enabled(false);
  if ((*lora)->options().bias == LoraBias::kNone) {
    EXPECT_LT(relative_error(logits_of(*model_, expected("tokens")), plain), 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, PeftTest,
                         testing::Values(Case{"opt_lora", "opt"}, Case{"opt_pattern", "opt"},
                                         Case{"opt_dora", "opt"}, Case{"opt_embedding", "opt"},
                                         Case{"llama_all", "llama"}, Case{"gpt2_lora", "gpt2"}),
                         [](const auto& info) { return info.param.name; });

class BadAdapterTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* file : {"adapter_config.json", "adapter_model.safetensors"}) {
      fs::copy_file(folder_of("opt_lora/") + file, folder_.path(file));
      fs::permissions(folder_.path(file), fs::perms::owner_write, fs::perm_options::add);
    }
  }

  void set(const std::string& key, const nlohmann::json& value) const {
    auto config = models::read_json_object(folder_of("opt_lora/adapter_config.json")).value();
    config[key] = value;
    folder_.put("adapter_config.json", config.dump());
  }

  void expect(absl::StatusCode code, const std::vector<std::string>& parts) const {
    const auto model = fixture_model("opt");
    const auto names = model->named_parameters().size();
    const absl::Status status = load_adapter(*model, folder_.path()).status();
    EXPECT_EQ(status.code(), code) << status;
    for (const std::string& part : parts) {
      EXPECT_NE(message(status).find(part), std::string::npos) << part << " in " << status;
    }
    EXPECT_EQ(model->named_parameters().size(), names) << "the model was changed";
  }

  ScratchFolder folder_;
};

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;

TEST_F(BadAdapterTest, Configs) {
  set("r", 0);
  expect(kInvalid, {"adapter_config.json", "key 'r'", "0"});
  set("r", 1e9);
  expect(kInvalid, {"key 'r'"});
  set("peft_type", "IA3");
  expect(kUnimplemented, {"peft_type", "IA3"});
  set("lora_alpha", "eight");
  expect(kInvalid, {"lora_alpha"});
  set("target_modules", {"c_attn"});
  expect(kInvalid, {"adapter_config.json", "target_modules", "c_attn"});
  set("target_modules", nullptr);
  expect(kInvalid, {"target_modules"});
  set("target_modules", ".*q_proj");
  expect(kUnimplemented, {"target_modules"});
  set("modules_to_save", {"lm_head"});
  expect(kUnimplemented, {"modules_to_save"});
  set("rank_pattern", {{"q_proj", 0}});
  expect(kInvalid, {"rank_pattern", "q_proj"});
  set("bias", "some");
  expect(kInvalid, {"bias", "some"});
  folder_.put("adapter_config.json", "{\"r\": NaN}");
  expect(kInvalid, {"adapter_config.json", "JSON"});
  fs::remove(folder_.path("adapter_config.json"));
  expect(absl::StatusCode::kNotFound, {"adapter_config.json"});
}

TEST_F(BadAdapterTest, Weights) {
  set("r", 5);
  expect(kInvalid, {"adapter_model.safetensors", "lora_A", "[5,16]", "[4,16]"});
  set("target_modules", {"q_proj", "v_proj", "fc1"});
  expect(kInvalid, {"adapter_model.safetensors", "fc1.lora_A.weight", "none"});
  set("r", 4);
  folder_.put("adapter_model.safetensors", "x");
  expect(absl::StatusCode::kDataLoss, {"adapter_model.safetensors"});
}

TEST_F(BadAdapterTest, AFolderThatCannotBeMade) {
  const auto model = fixture_model("opt");
  const Lora lora(*model, {.targets = {{"q_proj"}}});
  EXPECT_FALSE(save_adapter(folder_.path("adapter_config.json"), lora).ok());
}

}  // namespace
}  // namespace tenon::finetune
