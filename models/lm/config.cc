#include "models/lm/config.h"

#include <cmath>

#include "models/lm/internal/json_fields.h"
#include "tensor/error.h"

namespace tenon::models {
namespace {

using nlohmann::json;

// Far beyond any published model, and small enough that products of two fit 64 bits.
constexpr std::int64_t kMaxSize = std::int64_t{1} << 24;
constexpr std::int64_t kMaxLayers = 4096;

struct ActivationName {
  const char* name;
  LmActivation activation;
};
// The first name of each is the one that is written.
constexpr ActivationName kActivations[] = {
    {"relu", LmActivation::kRelu},          {"gelu", LmActivation::kGelu},
    {"gelu_new", LmActivation::kGeluTanh},  {"gelu_pytorch_tanh", LmActivation::kGeluTanh},
    {"gelu_fast", LmActivation::kGeluTanh}, {"silu", LmActivation::kSilu},
    {"swish", LmActivation::kSilu},
};

LmActivation activation(JsonFields& fields, const char* key, const char* otherwise) {
  const std::string name = fields.string(key, otherwise);
  for (const ActivationName& row : kActivations) {
    if (name == row.name) return row.activation;
  }
  fields.fail(key, "expected relu, gelu, gelu_new or silu, got '" + name.substr(0, 80) + "'", true);
  return LmActivation::kRelu;
}

const char* name_of(LmActivation activation) {
  for (const ActivationName& row : kActivations) {
    if (activation == row.activation) return row.name;
  }
  return "";
}

std::int64_t size(JsonFields& fields, const char* key,
                  std::optional<std::int64_t> otherwise = std::nullopt) {
  return fields.integer(key, 1, kMaxSize, otherwise);
}

double probability(JsonFields& fields, const char* key, double otherwise) {
  return fields.number(key, 0, std::nextafter(1.0, 0.0), otherwise);
}

void read_tokens(JsonFields& fields, LmConfig& config) {
  config.bos = fields.integer("bos_token_id", -1, kMaxSize, -1);
  config.pad = fields.integer("pad_token_id", -1, kMaxSize, -1);
  config.eos = fields.integers("eos_token_id", -1, kMaxSize);
  config.tied = fields.boolean("tie_word_embeddings", config.family != Family::kLlama);
}

void read_opt(JsonFields& fields, LmConfig& config) {
  config.hidden_size = size(fields, "hidden_size");
  config.layers = fields.integer("num_hidden_layers", 1, kMaxLayers);
  config.heads = size(fields, "num_attention_heads");
  config.feed_forward = size(fields, "ffn_dim");
  config.positions = size(fields, "max_position_embeddings", 2048);
  config.activation = activation(fields, "activation_function", "relu");
  config.dropout = probability(fields, "dropout", 0.1);
  config.attention_dropout = probability(fields, "attention_dropout", 0);
  config.init_deviation = fields.number("init_std", 0, 1e3, 0.02);
  config.embedding_size = size(fields, "word_embed_proj_dim", config.hidden_size);
  config.norm_first = fields.boolean("do_layer_norm_before", true);
  config.final_norm = config.norm_first && !fields.boolean("_remove_final_layer_norm", false);
  config.linear_bias = fields.boolean("enable_bias", true);
  if (!fields.boolean("layer_norm_elementwise_affine", true)) {
    fields.fail("layer_norm_elementwise_affine", "expected true, got false", true);
  }
}

/// [[["global","local"],6]] or ["global","local",…].
void read_attention_layers(JsonFields& fields, LmConfig& config) {
  std::vector<std::string> kinds = fields.strings("attention_layers");
  if (kinds.empty() && fields.has("attention_types")) {
    const json& types = fields.at("attention_types");
    for (const json& type : types.is_array() ? types : json::array()) {
      const bool pair = type.is_array() && type.size() == 2 && type[0].is_array() &&
                        type[1].is_number_unsigned() && type[1].get<std::uint64_t>() <= kMaxLayers;
      if (!pair) return fields.fail("attention_types", "expected pairs of a list and a number");
      for (std::uint64_t i = 0; i < type[1].get<std::uint64_t>(); ++i) {
        for (const json& kind : type[0]) {
          kinds.push_back(kind.is_string() ? kind.get<std::string>() : "");
        }
      }
      if (kinds.size() > kMaxLayers) break;
    }
  }
  const char* key = "attention_layers";
  if (kinds.size() != static_cast<std::size_t>(config.layers)) {
    return fields.fail(key, "expected " + std::to_string(config.layers) + " (num_layers), got " +
                                std::to_string(kinds.size()));
  }
  for (const std::string& kind : kinds) {
    if (kind != "global" && kind != "local") return fields.fail(key, "expected global or local");
    config.local.push_back(kind == "local");
  }
}

void read_gpt_neo(JsonFields& fields, LmConfig& config) {
  config.hidden_size = size(fields, "hidden_size");
  config.layers = fields.integer("num_layers", 1, kMaxLayers);
  config.heads = size(fields, "num_heads");
  config.feed_forward = size(fields, "intermediate_size", 4 * config.hidden_size);
  config.positions = size(fields, "max_position_embeddings", 2048);
  config.activation = activation(fields, "activation_function", "gelu_new");
  config.norm_eps = fields.number("layer_norm_epsilon", 0, 1, 1e-5);
  config.dropout = probability(fields, "resid_dropout", 0);
  config.attention_dropout = probability(fields, "attention_dropout", 0);
  config.init_deviation = fields.number("initializer_range", 0, 1e3, 0.02);
  config.window = size(fields, "window_size", 256);
  read_attention_layers(fields, config);
}

void read_gpt2(JsonFields& fields, LmConfig& config) {
  config.hidden_size = size(fields, "n_embd");
  config.layers = fields.integer("n_layer", 1, kMaxLayers);
  config.heads = size(fields, "n_head");
  config.feed_forward = size(fields, "n_inner", 4 * config.hidden_size);
  config.positions = size(fields, "n_positions", 1024);
  config.activation = activation(fields, "activation_function", "gelu_new");
  config.norm_eps = fields.number("layer_norm_epsilon", 0, 1, 1e-5);
  config.dropout = probability(fields, "resid_pdrop", 0.1);
  config.attention_dropout = probability(fields, "attn_pdrop", 0.1);
  config.init_deviation = fields.number("initializer_range", 0, 1e3, 0.02);
  config.scale_by_layer = fields.boolean("scale_attn_by_inverse_layer_idx", false);
  if (!fields.boolean("scale_attn_weights", true)) {
    fields.fail("scale_attn_weights", "expected true, got false", true);
  }
}

void read_rope(JsonFields& fields, LmConfig& config) {
  RopeConfig& rope = config.rope;
  rope.theta = fields.number("rope_theta", 1, 1e12, 10000);
  // Transformers 5 has all of it in "rope_parameters", earlier ones scaling in "rope_scaling".
  const char* key = fields.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  if (!fields.has(key)) return;
  if (!fields.at(key).is_object()) return fields.fail(key, "expected an object");
  JsonFields inner(fields.at(key));
  rope.theta = inner.number("rope_theta", 1, 1e12, rope.theta);
  const std::string kind = inner.string("rope_type", inner.string("type", "default"));
  if (kind == "linear" || kind == "llama3") {
    rope.scaling = kind == "linear" ? RopeScaling::kLinear : RopeScaling::kLlama3;
    rope.factor = inner.number("factor", 1, 1e6);
  }
  if (kind == "llama3") {
    rope.low_frequency_factor = inner.number("low_freq_factor", 1e-6, 1e6);
    rope.high_frequency_factor = inner.number("high_freq_factor", 1e-6, 1e6);
    rope.original_positions = inner.number("original_max_position_embeddings", 1, kMaxSize);
  }
  if (!inner.status().ok()) return fields.fail(key, std::string(inner.status().message()));
  if (kind != "default" && rope.scaling == RopeScaling::kNone) {
    fields.fail(key,
                "expected rope_type default, linear or llama3, got '" + kind.substr(0, 80) + "'",
                true);
  }
}

void read_llama(JsonFields& fields, LmConfig& config, bool qwen) {
  config.hidden_size = size(fields, "hidden_size");
  config.layers = fields.integer("num_hidden_layers", 1, kMaxLayers);
  config.heads = size(fields, "num_attention_heads");
  config.key_heads = size(fields, "num_key_value_heads", config.heads);
  config.head_size = size(fields, "head_dim", config.hidden_size / config.heads);
  config.feed_forward = size(fields, "intermediate_size");
  config.positions = size(fields, "max_position_embeddings", 2048);
  config.activation = activation(fields, "hidden_act", "silu");
  config.norm_eps = fields.number("rms_norm_eps", 0, 1, 1e-6);
  config.attention_dropout = probability(fields, "attention_dropout", 0);
  config.init_deviation = fields.number("initializer_range", 0, 1e3, 0.02);
  config.query_bias = qwen;
  config.attention_bias = fields.boolean("attention_bias", false);
  config.mlp_bias = fields.boolean("mlp_bias", false);
  if (fields.boolean("use_sliding_window", false)) {
    fields.fail("use_sliding_window", "expected false, got true", true);
  }
  read_rope(fields, config);
}

absl::Status parse(JsonFields& fields, LmConfig& config) {
  const std::string type = fields.string("model_type");
  if (!fields.status().ok()) return fields.status();
  config.vocab_size = size(fields, "vocab_size");
  if (type == "opt") {
    config.family = Family::kOpt;
    read_opt(fields, config);
  } else if (type == "gpt_neo") {
    config.family = Family::kGptNeo;
    read_gpt_neo(fields, config);
  } else if (type == "gpt2") {
    config.family = Family::kGpt2;
    read_gpt2(fields, config);
  } else if (type == "llama" || type == "qwen2") {
    config.family = Family::kLlama;
    read_llama(fields, config, type == "qwen2");
  } else {
    fields.fail("model_type",
                "expected opt, gpt_neo, gpt2, llama or qwen2, got '" + type.substr(0, 80) + "'",
                true);
  }
  read_tokens(fields, config);
  if (!fields.status().ok()) return fields.status();
  try {
    check_lm_config(config);
  } catch (const ValueError& error) {
    return absl::InvalidArgumentError(error.what());
  }
  return absl::OkStatus();
}

json rope_json(const RopeConfig& rope) {
  json object = {{"rope_theta", rope.theta}, {"rope_type", "default"}};
  if (rope.scaling == RopeScaling::kNone) return object;
  object["rope_type"] = rope.scaling == RopeScaling::kLinear ? "linear" : "llama3";
  object["factor"] = rope.factor;
  if (rope.scaling == RopeScaling::kLlama3) {
    object["low_freq_factor"] = rope.low_frequency_factor;
    object["high_freq_factor"] = rope.high_frequency_factor;
    object["original_max_position_embeddings"] = static_cast<std::int64_t>(rope.original_positions);
  }
  return object;
}

json opt_json(const LmConfig& c) {
  return {{"architectures", {"OPTForCausalLM"}},
          {"hidden_size", c.hidden_size},
          {"num_hidden_layers", c.layers},
          {"num_attention_heads", c.heads},
          {"ffn_dim", c.feed_forward},
          {"max_position_embeddings", c.positions},
          {"activation_function", name_of(c.activation)},
          {"dropout", c.dropout},
          {"attention_dropout", c.attention_dropout},
          {"init_std", c.init_deviation},
          {"word_embed_proj_dim", c.width_of_embedding()},
          {"do_layer_norm_before", c.norm_first},
          {"_remove_final_layer_norm", c.norm_first && !c.final_norm},
          {"enable_bias", c.linear_bias}};
}

json gpt_neo_json(const LmConfig& c) {
  json kinds = json::array();
  for (const bool local : c.local) kinds.push_back(local ? "local" : "global");
  return {{"architectures", {"GPTNeoForCausalLM"}},
          {"hidden_size", c.hidden_size},
          {"num_layers", c.layers},
          {"num_heads", c.heads},
          {"intermediate_size", c.feed_forward},
          {"max_position_embeddings", c.positions},
          {"activation_function", name_of(c.activation)},
          {"layer_norm_epsilon", c.norm_eps},
          {"resid_dropout", c.dropout},
          {"embed_dropout", c.dropout},
          {"attention_dropout", c.attention_dropout},
          {"initializer_range", c.init_deviation},
          {"window_size", c.window},
          {"attention_layers", kinds},
          {"attention_types", json::array({json::array({kinds, 1})})}};
}

json gpt2_json(const LmConfig& c) {
  return {{"architectures", {"GPT2LMHeadModel"}},
          {"n_embd", c.hidden_size},
          {"n_layer", c.layers},
          {"n_head", c.heads},
          {"n_inner", c.feed_forward},
          {"n_positions", c.positions},
          {"activation_function", name_of(c.activation)},
          {"layer_norm_epsilon", c.norm_eps},
          {"resid_pdrop", c.dropout},
          {"embd_pdrop", c.dropout},
          {"attn_pdrop", c.attention_dropout},
          {"initializer_range", c.init_deviation},
          {"scale_attn_by_inverse_layer_idx", c.scale_by_layer}};
}

json llama_json(const LmConfig& c) {
  json object = {{"architectures", {c.query_bias ? "Qwen2ForCausalLM" : "LlamaForCausalLM"}},
                 {"hidden_size", c.hidden_size},
                 {"num_hidden_layers", c.layers},
                 {"num_attention_heads", c.heads},
                 {"num_key_value_heads", c.num_key_heads()},
                 {"head_dim", c.size_of_head()},
                 {"intermediate_size", c.feed_forward},
                 {"max_position_embeddings", c.positions},
                 {"hidden_act", name_of(c.activation)},
                 {"rms_norm_eps", c.norm_eps},
                 {"attention_dropout", c.attention_dropout},
                 {"initializer_range", c.init_deviation},
                 {"attention_bias", c.attention_bias},
                 {"mlp_bias", c.mlp_bias},
                 {"rope_theta", c.rope.theta},
                 {"rope_parameters", rope_json(c.rope)}};
  // Earlier Transformers read the scaling from here.
  if (c.rope.scaling != RopeScaling::kNone) object["rope_scaling"] = rope_json(c.rope);
  return object;
}

void require(bool ok, const std::string& what) {
  if (!ok) throw ValueError("[LmConfig] expected " + what);
}

}  // namespace

std::string_view model_type(const LmConfig& config) {
  switch (config.family) {
    case Family::kOpt:
      return "opt";
    case Family::kGptNeo:
      return "gpt_neo";
    case Family::kGpt2:
      return "gpt2";
    case Family::kLlama:
      break;
  }
  return config.query_bias ? "qwen2" : "llama";
}

void check_lm_config(const LmConfig& c) {
  const std::pair<const char*, std::int64_t> sizes[] = {
      {"vocab_size", c.vocab_size}, {"hidden_size", c.hidden_size},   {"layers", c.layers},
      {"heads", c.heads},           {"feed_forward", c.feed_forward}, {"positions", c.positions}};
  for (const auto& [name, value] : sizes) {
    require(value >= 1 && value <= kMaxSize, std::string(name) + " from 1 to " +
                                                 std::to_string(kMaxSize) + ", got " +
                                                 std::to_string(value));
  }
  require(c.head_size > 0 || c.hidden_size % c.heads == 0, "heads that divide hidden_size, got " +
                                                               std::to_string(c.heads) + " and " +
                                                               std::to_string(c.hidden_size));
  require(c.num_key_heads() <= c.heads && c.heads % c.num_key_heads() == 0,
          "key_heads that divide heads, got " + std::to_string(c.key_heads) + " and " +
              std::to_string(c.heads));
  require(c.family != Family::kLlama || c.size_of_head() % 2 == 0,
          "an even head_size, got " + std::to_string(c.size_of_head()));
  require(c.dropout >= 0 && c.dropout < 1 && c.attention_dropout >= 0 && c.attention_dropout < 1,
          "dropout in [0,1)");
  require(c.family != Family::kGptNeo || c.local.size() == static_cast<std::size_t>(c.layers),
          "a kind of attention for each of " + std::to_string(c.layers) + " layers, got " +
              std::to_string(c.local.size()));
}

absl::StatusOr<LmConfig> read_lm_config(const std::string& path) {
  const auto object = read_json_object(path);
  if (!object.ok()) return object.status();
  JsonFields fields(*object);
  LmConfig config;
  const absl::Status status = parse(fields, config);
  if (status.ok()) return config;
  return absl::Status(status.code(), path + ": " + std::string(status.message()));
}

std::string lm_config_json(const LmConfig& config, DType dtype) {
  json object;
  switch (config.family) {
    case Family::kOpt:
      object = opt_json(config);
      break;
    case Family::kGptNeo:
      object = gpt_neo_json(config);
      break;
    case Family::kGpt2:
      object = gpt2_json(config);
      break;
    case Family::kLlama:
      object = llama_json(config);
      break;
  }
  object["model_type"] = model_type(config);
  object["vocab_size"] = config.vocab_size;
  object["tie_word_embeddings"] = config.tied;
  // Without these keys Transformers takes each family's own numbers, which a small vocabulary
  // lacks.
  const auto token = [](std::int64_t id) { return id < 0 ? json() : json(id); };
  object["bos_token_id"] = token(config.bos);
  object["pad_token_id"] = token(config.pad);
  object["eos_token_id"] = config.eos.empty()       ? json()
                           : config.eos.size() == 1 ? json(config.eos[0])
                                                    : json(config.eos);
  object["torch_dtype"] = dtype == DType::kBF16  ? "bfloat16"
                          : dtype == DType::kF16 ? "float16"
                                                 : "float32";
  return object.dump(2) + "\n";
}

}  // namespace tenon::models
