#include "layers/activation.h"

#include "autograd/ops.h"
#include "layers/internal/number_text.h"

namespace tenon::layers {

namespace ag = autograd;
using internal::number_text;

Variable ReLU::forward(const Variable& x) { return ag::relu(x); }
Variable Tanh::forward(const Variable& x) { return ag::tanh(x); }
Variable Sigmoid::forward(const Variable& x) { return ag::sigmoid(x); }
Variable LogSigmoid::forward(const Variable& x) { return ag::log_sigmoid(x); }
Variable SELU::forward(const Variable& x) { return ag::selu(x); }
Variable SiLU::forward(const Variable& x) { return ag::silu(x); }
Variable Mish::forward(const Variable& x) { return ag::mish(x); }
Variable Hardsigmoid::forward(const Variable& x) { return ag::hardsigmoid(x); }
Variable Hardswish::forward(const Variable& x) { return ag::hardswish(x); }
Variable Softmax::forward(const Variable& x) { return ag::softmax(x, options_.dim); }
Variable LogSoftmax::forward(const Variable& x) { return ag::log_softmax(x, options_.dim); }

Variable LeakyReLU::forward(const Variable& x) { return ag::leaky_relu(x, options_.slope); }
std::string LeakyReLU::describe() const { return "LeakyReLU(" + number_text(options_.slope) + ")"; }

Variable ELU::forward(const Variable& x) { return ag::elu(x, options_.alpha); }
std::string ELU::describe() const { return "ELU(" + number_text(options_.alpha) + ")"; }

Variable GELU::forward(const Variable& x) { return options_.tanh ? ag::gelu_tanh(x) : ag::gelu(x); }
std::string GELU::describe() const { return options_.tanh ? "GELU(tanh)" : "GELU"; }

Variable Softplus::forward(const Variable& x) {
  return ag::softplus(x, options_.beta, options_.threshold);
}
std::string Softplus::describe() const { return "Softplus(" + number_text(options_.beta) + ")"; }

Variable Hardtanh::forward(const Variable& x) {
  return ag::hardtanh(x, options_.low, options_.high);
}
std::string Hardtanh::describe() const {
  return "Hardtanh(" + number_text(options_.low) + " to " + number_text(options_.high) + ")";
}

Variable Maxout::forward(const Variable& x) { return ag::maxout(x, options_.pieces, options_.dim); }
std::string Maxout::describe() const { return "Maxout(" + std::to_string(options_.pieces) + ")"; }

void PReLU::init() {
  if (options_.parameters < 1) {
    throw ValueError(where() + "expected parameters of at least 1, got " +
                     std::to_string(options_.parameters));
  }
  weight_ = parameter("weight", full({options_.parameters}, options_.slope));
}
Variable PReLU::forward(const Variable& x) { return ag::prelu(x, weight_); }
std::string PReLU::describe() const { return "PReLU(" + std::to_string(options_.parameters) + ")"; }

void CELU::init() {
  if (!(options_.alpha > 0)) {
    throw ValueError(where() + "expected alpha > 0, got " + std::to_string(options_.alpha));
  }
  if (options_.trainable) alpha_ = parameter("alpha", full({1}, options_.alpha));
}
Variable CELU::forward(const Variable& x) {
  return options_.trainable ? ag::celu(x, alpha_) : ag::celu(x, options_.alpha);
}
std::string CELU::describe() const {
  return "CELU(" + number_text(options_.alpha) + (options_.trainable ? ", trainable)" : ")");
}

void Swish::init() {
  if (options_.trainable) beta_ = parameter("beta", full({1}, options_.beta));
}
Variable Swish::forward(const Variable& x) {
  if (options_.trainable) return x * ag::sigmoid(x * beta_);
  return options_.beta == 1 ? ag::silu(x) : x * ag::sigmoid(x * options_.beta);
}
std::string Swish::describe() const {
  return "Swish(" + number_text(options_.beta) + (options_.trainable ? ", trainable)" : ")");
}

}  // namespace tenon::layers
