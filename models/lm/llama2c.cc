#include "models/lm/llama2c.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "layers/placeholders.h"
#include "tensor/io/mapped_file.h"

namespace tenon::models {
namespace {

using File = internal::IntrusivePtr<MappedFile>;

constexpr std::size_t kHeaderBytes = 28;

struct Header {
  std::int32_t dim, hidden_dim, layers, heads, key_heads, vocab_size, positions;
};

LmConfig config_of(const Header& h) {
  return {.family = Family::kLlama,
          .vocab_size = std::abs(static_cast<std::int64_t>(h.vocab_size)),
          .hidden_size = h.dim,
          .layers = h.layers,
          .heads = h.heads,
          .key_heads = h.key_heads,
          .feed_forward = h.hidden_dim,
          .positions = h.positions,
          .activation = LmActivation::kSilu,
          .tied = h.vocab_size > 0,
          .bos = 1,
          .eos = {2}};
}

/// One weight of all layers, one behind the other in the file.
struct Stack {
  const char* name;
  Shape shape;          // of one layer's
  bool turned = false;  // rows belong to heads whose neighbours are turned together
};

std::vector<Stack> stacks_of(const LmConfig& c) {
  const std::int64_t keys = c.num_key_heads() * c.size_of_head();
  return {{"input_layernorm.weight", {c.hidden_size}},
          {"self_attn.q_proj.weight", {c.hidden_size, c.hidden_size}, true},
          {"self_attn.k_proj.weight", {keys, c.hidden_size}, true},
          {"self_attn.v_proj.weight", {keys, c.hidden_size}},
          {"self_attn.o_proj.weight", {c.hidden_size, c.hidden_size}},
          {"post_attention_layernorm.weight", {c.hidden_size}},
          {"mlp.gate_proj.weight", {c.feed_forward, c.hidden_size}},
          {"mlp.down_proj.weight", {c.hidden_size, c.feed_forward}},
          {"mlp.up_proj.weight", {c.feed_forward, c.hidden_size}}};
}

/// Rows 2i and 2i+1 of each head become rows i and i + D/2.
Tensor in_halves(const Tensor& rows, std::int64_t head_size) {
  const std::int64_t columns = rows.size(1);
  return rows.reshape({-1, head_size / 2, 2, columns})
      .transpose(1, 2)
      .contiguous()
      .reshape({-1, columns});
}

/// Takes tensors off the front of the file. All sizes were checked against its length.
class Reader {
 public:
  explicit Reader(File file) : file_(std::move(file)) {}
  Tensor next(const Shape& shape) {
    Tensor tensor = tensor_in_file(file_, offset_, shape, DType::kF32);
    offset_ += tensor.bytes();
    return tensor;
  }

 private:
  File file_;
  std::size_t offset_ = kHeaderBytes;
};

/// Bytes of a file with this header, by sizes of at most 2^24 each and 4096 layers.
std::int64_t expected_bytes(const LmConfig& c) {
  std::int64_t numbers = 0;
  for (const Stack& stack : stacks_of(c)) numbers += c.layers * numel(stack.shape);
  numbers += c.vocab_size * c.hidden_size * (c.tied ? 1 : 2) + c.hidden_size;
  numbers += c.positions * c.size_of_head();  // two tables of turns
  return static_cast<std::int64_t>(kHeaderBytes) + 4 * numbers;
}

absl::StatusOr<LmConfig> read_header(const MappedFile& file) {
  if (file.size() < kHeaderBytes) {
    return absl::DataLossError("expected a header of 28 bytes, the file has " +
                               std::to_string(file.size()));
  }
  Header header;
  std::memcpy(&header, file.data(), kHeaderBytes);
  const auto sensible = [](std::int64_t value) { return value >= 1 && value <= (1 << 20); };
  const bool ok = sensible(header.dim) && sensible(header.hidden_dim) && header.layers >= 1 &&
                  header.layers <= 4096 && sensible(header.heads) && sensible(header.key_heads) &&
                  sensible(std::abs(static_cast<std::int64_t>(header.vocab_size))) &&
                  sensible(header.positions);
  if (!ok) return absl::InvalidArgumentError("expected seven sizes from 1 to 2^20 at byte 0");
  LmConfig config = config_of(header);
  try {
    check_lm_config(config);
  } catch (const Error& error) {
    return absl::InvalidArgumentError(error.what());
  }
  const std::int64_t bytes = expected_bytes(config);
  if (bytes != static_cast<std::int64_t>(file.size())) {
    return absl::DataLossError("expected " + std::to_string(bytes) +
                               " bytes for the sizes of the header, the file has " +
                               std::to_string(file.size()));
  }
  return config;
}

void fill(CausalLm& model, const LmConfig& c, Reader reader) {
  std::map<std::string, Tensor> tensors;
  tensors["model.embed_tokens.weight"] = reader.next({c.vocab_size, c.hidden_size});
  for (const Stack& stack : stacks_of(c)) {
    for (std::int64_t layer = 0; layer < c.layers; ++layer) {
      const Tensor weight = reader.next(stack.shape);
      tensors["model.layers." + std::to_string(layer) + "." + stack.name] =
          stack.turned ? in_halves(weight, c.size_of_head()) : weight;
    }
  }
  tensors["model.norm.weight"] = reader.next({c.hidden_size});
  reader.next({c.positions, c.size_of_head()});
  if (!c.tied) tensors["lm_head.weight"] = reader.next({c.vocab_size, c.hidden_size});
  for (const auto& [name, parameter] : model.named_parameters()) {
    parameter.set_value(tensors.at(name));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<CausalLm>> load_llama2c(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  const auto config = read_header(**file);
  if (!config.ok()) {
    return absl::Status(config.status().code(),
                        path + ": " + std::string(config.status().message()));
  }
  std::unique_ptr<CausalLm> model;
  {
    const layers::Placeholders scope;
    model = make_causal_lm(*config);
  }
  fill(*model, *config, Reader(*file));
  model->eval();
  return model;
}

}  // namespace tenon::models
