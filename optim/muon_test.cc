// Newton-Schulz in every precision: singular values near 1, by the eigenvalues that traces of
// powers bound.
#include "optim/muon.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "optim/testing.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

/// x x^T - identity, of the smaller side: its elements bound how far singular values are from 1.
double distance_from_orthogonal(const Tensor& x) {
  const Tensor wide = x.size(0) <= x.size(1) ? x : x.t();
  const Tensor gram = matmul(wide, wide.t()) - eye(wide.size(0), {.dtype = x.dtype()});
  return total_norm({&gram, 1}, Norm::kL2) / std::sqrt(static_cast<double>(wide.size(0)));
}

// Its fixed point is not 1 but a band about it, 0.7 to 1.2: squared, within 0.51 of 1.
TEST(NewtonSchulzTest, MakesMatricesNearlyOrthogonal) {
  Generator generator(3);
  for (const Shape& shape : {Shape{16, 16}, Shape{8, 40}, Shape{40, 8}}) {
    const Tensor x = randn(shape, generator);
    for (const DType dtype : {DType::kF64, DType::kF32, DType::kBF16}) {
      const Tensor y = newton_schulz(x.to(dtype), 5, 1e-7, dtype);
      EXPECT_EQ(y.dtype(), dtype);
      EXPECT_EQ(y.shape(), shape);
      EXPECT_LT(distance_from_orthogonal(y.to(DType::kF64)), 0.51);
    }
  }
}

TEST(NewtonSchulzTest, KeepsWhatIsZero) {
  const Tensor y = newton_schulz(zeros({3, 4}), 5, 1e-7, DType::kF32);
  EXPECT_EQ(testing::floats(y), std::vector<float>(12, 0));
}

TEST(MuonTest, TakesConvolutionsAsMatrices) {
  Generator generator(3);
  const Tensor start = randn({4, 2, 3, 3}, generator), grad = randn({4, 2, 3, 3}, generator);
  const Variable image(start.clone(), true), matrix(start.reshape({4, 18}).clone(), true);
  Muon images({image}, {.lr = 0.1}), matrices({matrix}, {.lr = 0.1});
  image.set_grad(grad);
  matrix.set_grad(grad.reshape({4, 18}));
  images.step();
  matrices.step();
  EXPECT_EQ(testing::floats(image.value()), testing::floats(matrix.value()));
}

// bf16 keeps 8 bits: its steps are within a few percent of those in f64, which PyTorch's are
// compared with.
TEST(MuonTest, Bf16StepsAreCloseToExactOnes) {
  Generator generator(5);
  const Tensor grad = randn({32, 64}, generator);
  const auto step = [&](DType dtype) {
    const Variable w(zeros({32, 64}), true);
    Muon muon({w}, {.lr = 1, .compute_dtype = dtype});
    w.set_grad(grad);
    muon.step();
    return w.value();
  };
  const Tensor exact = step(DType::kF64);
  const Tensor difference = step(DType::kBF16) - exact;
  EXPECT_LT(total_norm({&difference, 1}), 0.05 * total_norm({&exact, 1}));
}

// A matrix of norm 3 becomes one of sqrt(4) before the step; one of zeros stays so.
TEST(MuonTest, NormalizesWeightsBeforeTheStep) {
  Generator generator(7);
  const Tensor start = randn({4, 3, 2}, generator, {.dtype = DType::kF64});
  const Tensor grad = randn({4, 3, 2}, generator, {.dtype = DType::kF64});
  const auto step = [&](const Tensor& from, bool normalize) {
    const Variable w(from.clone(), true);
    Muon muon({w}, {.lr = 0.1, .normalize = normalize, .compute_dtype = DType::kF64});
    w.set_grad(grad);
    muon.step();
    return w.value();
  };
  double squares = 0;
  for (const double element : start.to_vector<double>()) squares += element * element;
  const Tensor scaled = start * (2 / std::sqrt(squares));
  const Tensor difference = step(start, true) - step(scaled, false);
  EXPECT_LT(total_norm({&difference, 1}, Norm::kMax), 1e-12);
  const Tensor none = step(start * 0.0, true) - step(start * 0.0, false);
  EXPECT_EQ(total_norm({&none, 1}), 0);
}

TEST(MuonTest, ScalesGradientsAndClips) {
  const auto step = [](double scale, const StepOptions& options) {
    Generator generator(5);
    const Variable w(zeros({4, 6}), true);
    Muon muon({w}, {.lr = 1, .compute_dtype = DType::kF32});
    w.set_grad(randn({4, 6}, generator) * scale);
    muon.step(options);
    return w.value();
  };
  const Tensor difference = step(4, {.grad_scale = 0.25}) - step(1, {});
  EXPECT_LT(total_norm({&difference, 1}, Norm::kMax), 1e-6);
}

}  // namespace
}  // namespace tenon::optim
