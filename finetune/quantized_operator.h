// Linear layers over weights in 4 or 8 bits.
//
//   quantize_linears(model, {.targets = {"q_proj", "v_proj"}});   // finetune/quantize.h
//   fc.exchange_operator(std::make_unique<QuantizedOperator>(quant::quantize(weight)));
//
// Weights are constants: gradients go through the layer to its input and never to them. (Dettmers
// et al. 2023, "QLoRA", §3)
#ifndef TENON_FINETUNE_QUANTIZED_OPERATOR_H_
#define TENON_FINETUNE_QUANTIZED_OPERATOR_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "layers/linear.h"
#include "tensor/quant/quant.h"

namespace tenon::finetune {

using autograd::Variable;

/// x [..,I] W^T + bias for a quantized W [O,I]. Tiles of W become numbers of the product's dtype
/// (x's, or that of an Autocast), are multiplied and are forgotten, both on the way forward and
/// back; up to four rows of x are multiplied without a tile. Buffers have the names of
/// bitsandbytes: "weight", "weight.absmax", "weight.quant_map",
/// "weight.quant_state.bitsandbytes__nf4", and for nested scales "weight.nested_absmax" and
/// "weight.nested_quant_map"; int8: "weight" and "SCB".
class QuantizedOperator final : public layers::LinearOperator {
 public:
  /// Throws ShapeError for what is no matrix.
  explicit QuantizedOperator(quant::QuantizedTensor weight);

  std::int64_t in_features() const override { return weight_.shape[1]; }
  std::int64_t out_features() const override { return weight_.shape[0]; }
  /// Throws DTypeError for f64, and where a conversion of the module has changed the scales' dtype.
  Variable apply(const Variable& x, const layers::LinearCall& call) override;
  layers::NamedVariables parameters() const override { return {}; }
  layers::NamedVariables buffers() const override { return buffers_; }
  /// What the codes stand for, f32.
  Tensor dense_weight() const override { return quant::dequantize(weight()); }
  /// "nf4".
  std::string describe() const override { return std::string(quant::name(weight_.format)); }

  /// On the device that the module has been moved to.
  quant::QuantizedTensor weight() const;

 private:
  quant::QuantizedTensor weight_;  // without its tensors, which are the buffers
  layers::NamedVariables buffers_;
};

/// x [..,I] W^T + bias, with the derivative in x and bias (of any order).
Variable quantized_linear(const Variable& x, const quant::QuantizedTensor& weight,
                          const Variable& bias = {});

/// The buffers above, and back: `find` returns the tensor of a name ("weight.absmax"), or null.
/// InvalidArgument that names the tensor which is missing or not as it should be; sizes are
/// compared before anything is allocated.
layers::StateDict quantized_state(const quant::QuantizedTensor& weight);
absl::StatusOr<quant::QuantizedTensor> quantized_from_state(
    const std::map<std::string, Tensor>& state);

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_QUANTIZED_OPERATOR_H_
