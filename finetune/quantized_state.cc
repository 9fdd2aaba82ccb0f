// The tensors that stand for a quantized weight in a state dict, as bitsandbytes has them.

#include <nlohmann/json.hpp>

#include "finetune/quantized_operator.h"
#include "models/lm/internal/json_fields.h"

namespace tenon::finetune {
namespace {

using models::JsonFields;
using nlohmann::json;
using quant::Format;
using quant::QuantizedTensor;

constexpr const char* kDTypeNames[] = {"float32", "float64", "bfloat16", "float16"};

Tensor bytes_of(const std::string& text) {
  return from_span(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

std::string state_key(Format format) {
  return "weight.quant_state.bitsandbytes__" + std::string(quant::name(format));
}

/// A float as Python prints it: the shortest digits that give the same f64.
json number(float value) { return static_cast<double>(value); }

/// With the keys in Python's order, and a space after each comma and colon, as Python writes it.
std::string state_text(const QuantizedTensor& w) {
  std::string shape;
  for (const std::int64_t size : w.shape) {
    shape += (shape.empty() ? "" : ", ") + std::to_string(size);
  }
  std::string text = R"({"quant_type": ")" + std::string(quant::name(w.format)) +
                     R"(", "blocksize": )" + std::to_string(w.block) + R"(, "dtype": ")" +
                     kDTypeNames[static_cast<int>(w.dtype)] + R"(", "shape": [)" + shape + "]";
  if (w.nested()) {
    text += R"(, "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": )" +
            number(w.nested_offset).dump();
  }
  return text + "}";
}

absl::Status mismatch(const std::string& name, const std::string& expected, const Tensor& got) {
  return absl::InvalidArgumentError("tensor '" + name + "': expected " + expected + ", got " +
                                    std::string(tenon::name(got.dtype())) + to_string(got.shape()));
}

/// Takes a tensor of this dtype and number of elements.
absl::Status take(const std::map<std::string, Tensor>& state, const std::string& name, DType dtype,
                  std::int64_t count, Tensor& out) {
  const auto found = state.find(name);
  if (found == state.end()) {
    return absl::InvalidArgumentError("tensor '" + name + "': expected one, got none");
  }
  const Tensor& tensor = found->second;
  if (tensor.dtype() != dtype || tensor.numel() != count) {
    return mismatch(name, std::to_string(count) + " of " + std::string(tenon::name(dtype)), tensor);
  }
  out = tensor.contiguous();
  return absl::OkStatus();
}

absl::Status read_description(const std::string& text, Format format, QuantizedTensor& w,
                              bool& nested) {
  const auto object = models::parse_json_object(text);
  if (!object.ok()) return object.status();
  JsonFields fields(*object);
  constexpr std::int64_t kMax = std::int64_t{1} << 31;
  w.format = format;
  w.block = fields.integer("blocksize", 32, 4096);
  if ((w.block & (w.block - 1)) != 0) fields.fail("blocksize", "expected a power of two");
  for (const std::int64_t size : fields.integers("shape", 1, kMax)) w.shape.push_back(size);
  if (w.shape.size() != 2) fields.fail("shape", "expected two sizes");
  const std::string dtype = fields.string("dtype");
  if (dtype != "float32" && dtype != "bfloat16" && dtype != "float16") {
    fields.fail("dtype", "expected float32, bfloat16 or float16");
  }
  w.dtype = dtype == "bfloat16" ? DType::kBF16 : dtype == "float16" ? DType::kF16 : DType::kF32;
  nested = fields.has("nested_offset");
  if (nested) {
    w.nested_offset = static_cast<float>(fields.number("nested_offset", -1e38, 1e38));
    if (fields.integer("nested_blocksize", 1, 1 << 20) != 256) {
      fields.fail("nested_blocksize", "expected 256", true);
    }
  }
  return fields.status();
}

/// Numbers by code, where the state has them, must be the format's own.
absl::Status check_map(const std::map<std::string, Tensor>& state, const std::string& name,
                       const Tensor& own) {
  const auto found = state.find(name);
  if (found == state.end()) return absl::OkStatus();
  const Tensor& map = found->second;
  if (map.dtype() == DType::kF32 && map.shape() == own.shape() &&
      map.to_vector<float>() == own.to_vector<float>()) {
    return absl::OkStatus();
  }
  return mismatch(name, "the format's own numbers", map);
}

absl::StatusOr<QuantizedTensor> read_int8(const std::map<std::string, Tensor>& state) {
  const Tensor& codes = state.at("weight");
  if (codes.dtype() != DType::kU8 || codes.ndim() != 2 || codes.numel() == 0) {
    return mismatch("weight", "u8 codes [O,I]", codes);
  }
  QuantizedTensor w{.format = Format::kInt8, .shape = codes.shape(), .block = codes.size(1)};
  w.codes = codes.contiguous();
  if (auto s = take(state, "SCB", DType::kF32, codes.size(0), w.scales); !s.ok()) return s;
  return w;
}

absl::StatusOr<QuantizedTensor> read_4bit(const std::map<std::string, Tensor>& state,
                                          Format format) {
  QuantizedTensor w;
  bool nested = false;
  const Tensor& description = state.at(state_key(format));
  if (description.dtype() != DType::kU8 || description.numel() > 4096) {
    return mismatch(state_key(format), "at most 4096 bytes of JSON", description);
  }
  const auto bytes = description.contiguous().to_vector<std::uint8_t>();
  auto status = read_description({bytes.begin(), bytes.end()}, format, w, nested);
  if (!status.ok()) {
    return absl::Status(status.code(),
                        "tensor '" + state_key(format) + "': " + std::string(status.message()));
  }
  const std::int64_t count = w.numel();
  const std::int64_t blocks = (count + w.block - 1) / w.block;
  status = take(state, "weight", DType::kU8, (count + 1) / 2, w.codes);
  if (status.ok()) {
    status = take(state, "weight.absmax", nested ? DType::kU8 : DType::kF32, blocks, w.scales);
  }
  if (status.ok() && nested) {
    status =
        take(state, "weight.nested_absmax", DType::kF32, (blocks + 255) / 256, w.nested_scales);
  }
  if (status.ok()) status = check_map(state, "weight.quant_map", quant::codebook(format));
  if (status.ok()) status = check_map(state, "weight.nested_quant_map", quant::nested_codebook());
  if (!status.ok()) return status;
  return w;
}

}  // namespace

layers::StateDict quantized_state(const QuantizedTensor& w) {
  layers::StateDict state = {{"weight", w.codes}};
  if (w.format == Format::kInt8) {
    state.emplace_back("SCB", w.scales);
    return state;
  }
  state.emplace_back("weight.absmax", w.scales);
  state.emplace_back("weight.quant_map", quant::codebook(w.format));
  if (w.nested()) {
    state.emplace_back("weight.nested_absmax", w.nested_scales);
    state.emplace_back("weight.nested_quant_map", quant::nested_codebook());
  }
  state.emplace_back(state_key(w.format), bytes_of(state_text(w)));
  return state;
}

absl::StatusOr<QuantizedTensor> quantized_from_state(const std::map<std::string, Tensor>& state) {
  if (state.count("weight") == 0) {
    return absl::InvalidArgumentError("tensor 'weight': expected one, got none");
  }
  for (const Format format : {Format::kNf4, Format::kFp4}) {
    if (state.count(state_key(format)) != 0) return read_4bit(state, format);
  }
  if (state.count("SCB") != 0) return read_int8(state);
  return absl::InvalidArgumentError(
      "expected a tensor 'weight.quant_state.bitsandbytes__nf4', "
      "'…fp4' or 'SCB', got none");
}

}  // namespace tenon::finetune
