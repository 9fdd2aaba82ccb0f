// Muon: momentum whose matrices are made orthogonal before each step. For the weights of hidden
// layers; give embeddings, heads, biases and scales to AdamW.
//
//   optim::Muon hidden(matrices, {.lr = 0.02});
//   optim::AdamW others(rest, {.lr = 3e-4});
#ifndef TENON_OPTIM_MUON_H_
#define TENON_OPTIM_MUON_H_

#include <vector>

#include "optim/fused_optimizer.h"

namespace tenon::optim {

/// How the rate follows from the shape [A,B] of a matrix.
enum class MuonScale : std::uint8_t {
  kOriginal,    ///< lr sqrt(max(1, A / B))
  kMatchAdamW,  ///< lr 0.2 sqrt(max(A, B)): steps as large as AdamW's, so that its rates fit
};

struct MuonOptions {
  double lr = 1e-3;
  double weight_decay = 0.1;  ///< decoupled
  double momentum = 0.95;
  bool nesterov = true;
  MuonScale scale = MuonScale::kOriginal;
  /// Before each step a matrix [A,B] is scaled to the norm sqrt(A), so that a rate turns it by the
  /// same angle all the way: for weights whose scale a normalization behind them takes out again.
  bool normalize = false;
  int iterations = 5;                  ///< of newton_schulz
  double eps = 1e-7;                   ///< below which a matrix is not scaled up
  DType compute_dtype = DType::kBF16;  ///< of newton_schulz; its errors do not matter here
};

/// b = momentum b + (1 - momentum) g;  o = newton_schulz(nesterov ? g + momentum (b - g) : b);
/// p = (1 - lr weight_decay) p - scaled_lr o, after p = sqrt(A) p / |p| where it normalizes.
/// Parameters of more than two dimensions are taken as [A, rest]. (Jordan et al. 2024, "Muon: an
/// optimizer for hidden layers in neural networks", kellerjordan.github.io/posts/muon; kMatchAdamW:
/// Liu et al. 2025, "Muon is scalable for LLM training", §2.2)
class Muon final : public GroupedOptimizer<MuonOptions> {
 public:
  /// Throws ValueError for a bad option, ShapeError for a parameter of fewer than two dimensions,
  /// and for parameters as Optimizer does. State: "momentum_buffer".
  explicit Muon(std::vector<Variable> parameters, const MuonOptions& options = {});

 private:
  void check(const MuonOptions& options) const override;
  std::vector<Slot> slots(const MuonOptions& options) const override;
  void check_parameter(std::size_t index, const Tensor& value) const override;
  void update(const Update& update) override;
};

/// About U V^T of a matrix [A,B] = U S V^T: its singular values become numbers between 0.7 and 1.2
/// where they were more than a thousandth of the Frobenius norm. `iterations` times
/// x = 3.4445 x - 4.7750 (x x^T) x + 2.0315 (x x^T)² x in `dtype`, in which the result is too.
Tensor newton_schulz(const Tensor& matrix, int iterations, double eps, DType dtype);

}  // namespace tenon::optim

#endif  // TENON_OPTIM_MUON_H_
