// What is wrong with a folder is said by file and name.

#include "models/lm/folder.h"

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "models/lm/internal/json_fields.h"
#include "tensor/io/safetensors.h"
#include "tensor/io/scratch_file.h"
#include "tensor/random.h"

namespace tenon::models {
namespace {

namespace fs = std::filesystem;

class FolderTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* file : {"config.json", "model.safetensors"}) {
      fs::copy_file(std::string("models/lm/testdata/opt/") + file, path(file));
      fs::permissions(path(file), fs::perms::owner_write, fs::perm_options::add);
    }
  }
  std::string path(const std::string& file) const { return folder_.path(file); }

  absl::Status load() const { return load_causal_lm(folder_.path()).status(); }

  /// config.json with one value replaced.
  void set(const std::string& key, const nlohmann::json& value) const {
    auto config = read_json_object("models/lm/testdata/opt/config.json").value();
    config[key] = value;
    folder_.put("config.json", config.dump());
  }

  void expect(absl::StatusCode code, const std::vector<std::string>& parts) const {
    const absl::Status status = load();
    EXPECT_EQ(status.code(), code) << status;
    for (const std::string& part : parts) {
      EXPECT_NE(message(status).find(part), std::string::npos) << part << " in " << status;
    }
  }

  template <class F>
  void change_weights(const F& change) const {
    auto file = read_safetensors("models/lm/testdata/opt/model.safetensors").value();
    change(file.tensors);
    ASSERT_TRUE(write_safetensors(path("model.safetensors"), file).ok());
  }

  ScratchFolder folder_;
};

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;

TEST_F(FolderTest, AsItIs) { EXPECT_TRUE(load().ok()) << load(); }

TEST_F(FolderTest, UnknownArchitecture) {
  set("model_type", "mamba");
  expect(kUnimplemented,
         {"config.json", "model_type", "opt, gpt_neo, gpt2, llama or qwen2", "mamba"});
}

TEST_F(FolderTest, ConfigsThatMakeNoSense) {
  set("hidden_size", 17);
  expect(kInvalid, {"config.json", "heads that divide hidden_size"});
  set("num_hidden_layers", -1);
  expect(kInvalid, {"key 'num_hidden_layers'", "-1"});
  set("num_hidden_layers", 1e300);
  expect(kInvalid, {"key 'num_hidden_layers'"});
  set("vocab_size", nullptr);
  expect(kInvalid, {"key 'vocab_size'", "got none"});
  set("vocab_size", "many");
  expect(kInvalid, {"key 'vocab_size'", "\"many\""});
  set("activation_function", "tanh");
  expect(kUnimplemented, {"activation_function", "tanh"});
  set("dropout", 1.5);
  expect(kInvalid, {"dropout"});
}

TEST_F(FolderTest, ConfigsThatAreNoJson) {
  folder_.put("config.json", "");
  expect(kInvalid, {"config.json", "JSON"});
  folder_.put("config.json", R"({"model_type": "opt", "dropout": NaN})");
  expect(kInvalid, {"config.json", "JSON"});
  folder_.put("config.json", R"({"vocab_size": 1, "vocab_size": 2})");
  expect(kInvalid, {"config.json", "vocab_size", "once"});
  folder_.put("config.json", "{\"a\":" + std::string(10000, '[') + std::string(10000, ']') + "}");
  expect(kInvalid, {"config.json", "64 levels"});
  folder_.put("config.json", "[]");
  expect(kInvalid, {"config.json", "object"});
  fs::remove(path("config.json"));
  expect(absl::StatusCode::kNotFound, {"config.json"});
}

TEST_F(FolderTest, ConfigsThatContradictTheWeights) {
  set("vocab_size", 41);
  expect(kInvalid,
         {"model.safetensors", "wrong shape", "embed_tokens.weight", "[41,16]", "[40,16]"});
  set("num_hidden_layers", 3);
  expect(kInvalid, {"missing", "layers.2.", "more"});
  set("num_hidden_layers", 1);
  expect(kInvalid, {"unexpected", "layers.1."});
  set("num_hidden_layers", 4096);
  expect(kInvalid, {"4096 layers"});
  set("max_position_embeddings", 1 << 24);
  expect(kInvalid, {"wrong shape", "embed_positions"});
}

TEST_F(FolderTest, WeightsThatDoNotFit) {
  change_weights([](auto& tensors) { tensors.pop_back(); });
  expect(kInvalid, {"model.safetensors", "missing"});
  change_weights([](auto& tensors) { tensors.emplace_back("extra.weight", zeros({2})); });
  expect(kInvalid, {"unexpected", "extra.weight"});
  change_weights([](auto& tensors) { tensors[0].second = tensors[0].second.to(DType::kI64); });
  expect(kInvalid, {"wrong shape", "i64"});
  change_weights([](auto& tensors) { tensors[0].second = zeros({3, 3}); });
  expect(kInvalid, {"[3,3]"});
}

TEST_F(FolderTest, BrokenFiles) {
  folder_.put("model.safetensors", "short");
  expect(absl::StatusCode::kDataLoss, {"model.safetensors"});
  fs::remove(path("model.safetensors"));
  expect(absl::StatusCode::kNotFound, {"model.safetensors"});
  folder_.put("model.safetensors.index.json", R"({"weight_map": {"a": "../secret.safetensors"}})");
  expect(kInvalid, {"index.json", "'a'", "same folder"});
  folder_.put("model.safetensors.index.json", R"({"weight_map": []})");
  expect(kInvalid, {"weight_map"});
  folder_.put("model.safetensors.index.json", R"({"weight_map": {"a": "gone.safetensors"}})");
  expect(absl::StatusCode::kNotFound, {"gone.safetensors"});
}

TEST_F(FolderTest, NamesWithoutThePrefixOfTheBase) {
  change_weights([](auto& tensors) {
    for (auto& [name, tensor] : tensors) name = name.substr(std::string("model.").size());
    tensors.emplace_back("decoder.layers.0.self_attn.rotary_emb.inv_freq", zeros({2}));
    tensors.emplace_back("lm_head.weight", zeros({40, 16}));
  });
  EXPECT_TRUE(load().ok()) << load();
}

TEST_F(FolderTest, LinearsAreShownAsTheyAreRead) {
  std::vector<std::string> seen;
  const auto model = load_causal_lm(
      folder_.path(), {.on_linear = [&](const std::string& name, layers::Linear& layer) {
        seen.push_back(name);
        EXPECT_TRUE(layer.weight().value().is_contiguous()) << name;
      }});
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(seen.size(), 13u);  // six of each layer, and the head
  EXPECT_FALSE((*model)->training());
}

TEST_F(FolderTest, SavingRefusesAFileInTheWay) {
  const auto model = load_causal_lm(folder_.path());
  ASSERT_TRUE(model.ok());
  EXPECT_FALSE(save_causal_lm(path("config.json"), **model).ok());
}

}  // namespace
}  // namespace tenon::models
