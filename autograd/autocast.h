// Mixed precision: 16-bit products over 32-bit parameters (Micikevicius et al. 2018, "Mixed
// precision training", §3).
//
//   Variable loss;
//   {
//     const Autocast scope(DType::kBF16);
//     loss = layers::cross_entropy(model(images), labels);
//   }
//   loss.backward();  // in the dtypes of the forward pass; the parameters' gradients are f32
//
// While an Autocast lives, the operations of kAutocastTable cast their arguments on this thread:
// products and convolutions to its dtype, what loses accuracy in 16 bits back to f32. The casts are
// recorded, so the parameters stay f32 and collect f32 gradients. Every other operation runs in the
// dtypes it is given, promoted where they differ. bf16 needs no loss scaling (it has f32's range);
// f16 does (optim's loss scaler).
#ifndef TENON_AUTOGRAD_AUTOCAST_H_
#define TENON_AUTOGRAD_AUTOCAST_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "autograd/variable.h"

namespace tenon::autograd {

class Autocast {
 public:
  /// kBF16 or kF16; throws DTypeError for another.
  explicit Autocast(DType dtype = DType::kBF16);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  std::optional<DType> before_;
};

/// Switches autocasting off on this thread while one lives.
class NoAutocast {
 public:
  NoAutocast();
  ~NoAutocast();
  NoAutocast(const NoAutocast&) = delete;
  NoAutocast& operator=(const NoAutocast&) = delete;

 private:
  std::optional<DType> before_;
};

/// The dtype that products run in on this thread; empty outside of every Autocast.
std::optional<DType> autocast_dtype();

enum class Precision : std::uint8_t {
  kLow,   ///< f32 arguments become the scope's dtype
  kHigh,  ///< 16-bit arguments become f32
};

struct AutocastRow {
  std::string_view op;
  Precision precision;
};

/// Which operations cast, and to what. f64 and integers are left alone everywhere.
inline constexpr AutocastRow kAutocastTable[] = {
    // Nearly all of a network's arithmetic; oneDNN accumulates it in f32.
    {"matmul", Precision::kLow},
    {"linear", Precision::kLow},
    {"conv1d", Precision::kLow},
    {"conv2d", Precision::kLow},
    {"conv_transpose2d", Precision::kLow},
    {"scaled_dot_product_attention", Precision::kLow},
    // Sums of exponentials, and logarithms of probabilities.
    {"softmax", Precision::kHigh},
    {"log_softmax", Precision::kHigh},
    {"cross_entropy", Precision::kHigh},
    {"addmm", Precision::kLow},
    // Decompositions have no 16-bit kernels, and lose everything in them.
    {"svd", Precision::kHigh},
    {"eigh", Precision::kHigh},
    // Range: e^12 is beyond f16; squares and powers underflow.
    {"exp", Precision::kHigh},
    {"expm1", Precision::kHigh},
    {"log", Precision::kHigh},
    {"log1p", Precision::kHigh},
    {"pow", Precision::kHigh},
    {"softplus", Precision::kHigh},
    {"log_sigmoid", Precision::kHigh},
    // Long sums.
    {"sum", Precision::kHigh},
    {"mean", Precision::kHigh},
    {"prod", Precision::kHigh},
    {"var", Precision::kHigh},
    {"stddev", Precision::kHigh},
    {"norm", Precision::kHigh},
    {"logsumexp", Precision::kHigh},
    {"cumsum", Precision::kHigh},
    {"layer_norm", Precision::kHigh},
    {"rms_norm", Precision::kHigh},
    {"group_norm", Precision::kHigh},
};

/// The table's row of an operation. An operation without one does not compile.
consteval Precision autocast_precision(std::string_view op) {
  for (const AutocastRow& row : kAutocastTable) {
    if (row.op == op) return row.precision;
  }
  throw "no row in kAutocastTable";
}

// For the implementation of operations:
//
//   if (autocasting()) {
//     return autocast(autocast_precision("matmul"),
//                     [](const Variable& a, const Variable& b) { return matmul(a, b); }, a, b);
//   }

// Constant-initialized, so that reading it is one instruction and not a call.
extern constinit thread_local bool autocasting_enabled;
inline bool autocasting() { return autocasting_enabled; }

/// `x` in the dtype that this precision asks for; as it is where that is its own, or undefined.
Variable autocast_argument(Precision precision, const Variable& x);

/// `op` on the arguments cast, with autocasting off inside.
template <class Op, class... Arguments>
auto autocast(Precision precision, const Op& op, const Arguments&... arguments) {
  return [&](const auto&... cast) {
    const NoAutocast inside;
    return op(cast...);
  }(autocast_argument(precision, arguments)...);
}

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_AUTOCAST_H_
