// What a product's kernel does of what follows it, and what cuBLASLt is told: no device is needed.
// What the kernels compute, the op table tests where there is one.
#include "tensor/cuda/matmul_plan.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "tensor/cuda/relu_mask.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::cuda {
namespace {

using blas::matrix;
using blas::Plan;
using blas::Problem;

/// Arguments of every kind: 4 rows of 24 by 24 columns of 16.
struct Operands {
  explicit Operands(DType dtype, std::int64_t columns = 16)
      : a(zeros({1, 4, 24}, {.dtype = dtype})),
        b(zeros({1, columns, 24}, {.dtype = dtype}).transpose(1, 2)),
        bias(zeros({columns}, {.dtype = dtype})),
        sums(zeros({4}, {.dtype = dtype})),
        second(zeros({1, 4, columns}, {.dtype = dtype})),
        out(zeros({1, 4, columns}, {.dtype = dtype})) {}
  Tensor a, b, bias, sums, second, out;

  Epilogue plain(Activation activation, const Numerics& n = {}) const {
    return epilogue_of({.a = a, .b = b, .activation = activation}, out, n);
  }
  Epilogue with_bias(Activation activation, const Numerics& n = {}) const {
    return epilogue_of({.a = a, .b = b, .bias = &bias, .activation = activation}, out, n);
  }
  Epilogue with_inner(Activation activation, const Numerics& n = {}) const {
    return epilogue_of({.a = a, .b = b, .bias = &bias, .activation = activation, .inner = &second},
                       out, n);
  }
  Epilogue with_mask(const Numerics& n, const Tensor* added) const {
    Tensor mask;
    return epilogue_of(
        {.a = a, .b = b, .bias = added, .activation = Activation::kRelu, .relu_mask = &mask}, out,
        n);
  }
  /// The result stands where the GELUs have what they were applied to.
  Epilogue with_relu_slope() const {
    Tensor mask = zeros({1, 4, 16}, {.dtype = DType::kU8});
    return epilogue_of(
        {.a = a, .b = b, .activation = Activation::kRelu, .slope_at = &second, .relu_mask = &mask},
        out, {});
  }
  Epilogue with_slope(Activation activation, const Numerics& n = {}) const {
    return epilogue_of({.a = a, .b = b, .activation = activation, .slope_at = &second}, out, n);
  }
  Epilogue with_sums() const { return epilogue_of({.a = a, .b = b, .row_sums = &sums}, out, {}); }
};

constexpr auto kAllActivations = {Activation::kNone, Activation::kRelu, Activation::kGelu,
                                  Activation::kGeluTanh};

TEST(MatmulEpilogue, OfF64DoesNothing) {
  const Operands x(DType::kF64);
  const Numerics all{.tf32 = true, .fused_relu = true};
  for (const Activation activation : kAllActivations) {
    EXPECT_EQ(x.with_bias(activation, all).code(), CUBLASLT_EPILOGUE_DEFAULT);
    EXPECT_EQ(x.with_inner(activation, all).code(), CUBLASLT_EPILOGUE_DEFAULT);
    EXPECT_EQ(x.with_slope(activation, all).code(), CUBLASLT_EPILOGUE_DEFAULT);
  }
  EXPECT_EQ(x.with_mask(all, &x.bias).code(), CUBLASLT_EPILOGUE_DEFAULT);
  EXPECT_EQ(x.with_sums().code(), CUBLASLT_EPILOGUE_DEFAULT);
}

TEST(MatmulEpilogue, AlwaysAddsTheBias) {
  for (const DType dtype : {DType::kF32, DType::kBF16, DType::kF16}) {
    const Operands x(dtype);
    EXPECT_EQ(x.plain(Activation::kNone).code(), CUBLASLT_EPILOGUE_DEFAULT);
    EXPECT_EQ(x.with_bias(Activation::kNone).code(), CUBLASLT_EPILOGUE_BIAS);
    EXPECT_EQ(x.with_bias(Activation::kGelu).code(), CUBLASLT_EPILOGUE_BIAS);  // not tanh's
    EXPECT_EQ(x.with_inner(Activation::kGelu).code(), CUBLASLT_EPILOGUE_BIAS);
    EXPECT_EQ(x.with_sums().code(), CUBLASLT_EPILOGUE_BGRADB);
  }
}

TEST(MatmulEpilogue, HasReluWhereTheNumericsSaySo) {
  for (const DType dtype : {DType::kF32, DType::kBF16, DType::kF16}) {
    const Operands x(dtype);
    EXPECT_EQ(x.plain(Activation::kRelu).code(), CUBLASLT_EPILOGUE_DEFAULT);
    EXPECT_EQ(x.with_bias(Activation::kRelu).code(), CUBLASLT_EPILOGUE_BIAS);
    const Numerics fused{.fused_relu = true};
    EXPECT_EQ(x.plain(Activation::kRelu, fused).code(), CUBLASLT_EPILOGUE_RELU);
    EXPECT_EQ(x.with_bias(Activation::kRelu, fused).code(), CUBLASLT_EPILOGUE_RELU_BIAS);
    EXPECT_EQ(x.with_inner(Activation::kRelu, fused).code(), CUBLASLT_EPILOGUE_BIAS);
    EXPECT_EQ(x.with_slope(Activation::kRelu, fused).code(), CUBLASLT_EPILOGUE_DEFAULT);
  }
}

TEST(MatmulEpilogue, HasRelusDerivativeFromTheMaskThatItsReluWrote) {
  for (const DType dtype : {DType::kF32, DType::kBF16, DType::kF16}) {
    for (const std::int64_t columns : {16, 12}) {
      const Operands x(dtype, columns);
      const Numerics fused{.fused_relu = true};
      EXPECT_EQ(x.with_mask(fused, nullptr).code(), CUBLASLT_EPILOGUE_RELU_AUX);
      EXPECT_EQ(x.with_mask(fused, &x.bias).code(), CUBLASLT_EPILOGUE_RELU_AUX_BIAS);
      EXPECT_EQ(x.with_mask({}, nullptr).code(), CUBLASLT_EPILOGUE_DEFAULT);
      EXPECT_EQ(x.with_mask({}, &x.bias).code(), CUBLASLT_EPILOGUE_BIAS);
      EXPECT_EQ(x.with_relu_slope().code(), CUBLASLT_EPILOGUE_DRELU);
      Tensor none;
      const MatmulArgs without{.a = x.a,
                               .b = x.b,
                               .activation = Activation::kRelu,
                               .slope_at = &x.second,
                               .relu_mask = &none};
      EXPECT_EQ(epilogue_of(without, x.out, fused).code(), CUBLASLT_EPILOGUE_DEFAULT);
    }
  }
}

TEST(MatmulEpilogue, HasGeluInTanhFormWhereDigitsAreFew) {
  constexpr Activation kTanh = Activation::kGeluTanh;
  for (const DType dtype : {DType::kBF16, DType::kF16}) {
    const Operands x(dtype);
    EXPECT_EQ(x.plain(kTanh).code(), CUBLASLT_EPILOGUE_GELU);
    EXPECT_EQ(x.with_bias(kTanh).code(), CUBLASLT_EPILOGUE_GELU_BIAS);
    EXPECT_EQ(x.with_inner(kTanh).code(), CUBLASLT_EPILOGUE_GELU_AUX_BIAS);
    EXPECT_EQ(x.with_slope(kTanh).code(), CUBLASLT_EPILOGUE_DGELU);
    EXPECT_EQ(x.with_slope(Activation::kGelu).code(), CUBLASLT_EPILOGUE_DEFAULT);
    const Tensor& second = x.second;
    EXPECT_EQ(
        epilogue_of({.a = x.a, .b = x.b, .activation = kTanh, .inner = &second}, x.out, {}).code(),
        CUBLASLT_EPILOGUE_GELU_AUX);
  }
  const Operands x(DType::kF32);
  EXPECT_EQ(x.with_bias(kTanh).code(), CUBLASLT_EPILOGUE_BIAS);
  EXPECT_EQ(x.with_slope(kTanh).code(), CUBLASLT_EPILOGUE_DEFAULT);
  EXPECT_EQ(x.with_inner(kTanh, {.tf32 = true}).code(), CUBLASLT_EPILOGUE_GELU_AUX_BIAS);
  EXPECT_EQ(x.with_slope(kTanh, {.tf32 = true}).code(), CUBLASLT_EPILOGUE_DGELU);
}

TEST(MatmulEpilogue, TakesNoMatrixWhoseRowsDoNotFit) {
  const Operands x(DType::kBF16, 12);
  EXPECT_EQ(x.with_bias(Activation::kGeluTanh).code(), CUBLASLT_EPILOGUE_GELU_BIAS);
  EXPECT_EQ(x.with_inner(Activation::kGeluTanh).code(), CUBLASLT_EPILOGUE_BIAS);
  EXPECT_EQ(x.with_slope(Activation::kGeluTanh).code(), CUBLASLT_EPILOGUE_DEFAULT);
  Operands shifted(DType::kBF16);
  shifted.second = zeros({65}, {.dtype = DType::kBF16}).slice(0, 1).reshape({1, 4, 16});
  EXPECT_EQ(shifted.with_slope(Activation::kGeluTanh).code(), CUBLASLT_EPILOGUE_DEFAULT);
}

class MatmulPlan : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      blas::library();
    } catch (const DeviceError& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
};

Problem problem(const Operands& x, const Epilogue& epilogue) {
  return {.left = matrix(x.b),
          .right = matrix(x.a),
          .out = matrix(x.out),
          .batch = 1,
          .epilogue = epilogue,
          .vector = epilogue.row_sums ? x.sums.raw_data() : x.bias.raw_data(),
          .second = epilogue.has_matrix() ? x.second.raw_data() : nullptr,
          .accumulate = false,
          .numerics = {}};
}

TEST_F(MatmulPlan, TellsTheLibraryOfTheEpilogue) {
  const Operands x(DType::kBF16);
  for (const Epilogue& epilogue :
       {x.plain(Activation::kNone), x.with_bias(Activation::kNone),
        x.with_bias(Activation::kRelu, {.fused_relu = true}), x.with_bias(Activation::kGeluTanh),
        x.with_inner(Activation::kGeluTanh), x.with_slope(Activation::kGeluTanh), x.with_sums(),
        x.with_mask({.fused_relu = true}, nullptr), x.with_mask({.fused_relu = true}, &x.bias),
        x.with_relu_slope()}) {
    const Problem p = problem(x, epilogue);
    const Plan plan(p);
    EXPECT_EQ(plan.told<std::uint32_t>(CUBLASLT_MATMUL_DESC_EPILOGUE), epilogue.code());
    EXPECT_EQ(plan.told<const void*>(CUBLASLT_MATMUL_DESC_BIAS_POINTER), p.vector);
    EXPECT_EQ(plan.told<const void*>(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER), p.second);
    const std::int64_t pitch = epilogue.mask ? 128 : epilogue.has_matrix() ? 16 : 0;  // bits
    EXPECT_EQ(plan.told<std::int64_t>(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD), pitch);
    EXPECT_EQ(plan.told<std::int64_t>(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE), 4 * pitch);
  }
}

TEST_F(MatmulPlan, PadsTheRowsOfAMaskTo128Bits) {
  for (const auto& [columns, pitch] :
       {std::pair{1, 128}, std::pair{128, 128}, std::pair{129, 256}, std::pair{384, 384}}) {
    const Operands x(DType::kBF16, columns);
    const Plan plan(problem(x, x.with_mask({.fused_relu = true}, &x.bias)));
    EXPECT_EQ(plan.told<std::int64_t>(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD), pitch);
    EXPECT_EQ(relu_mask_shape(x.out), Shape({1, 4, pitch / 8}));
  }
}

// The library's product is of the transposes: b' [16,24] is columns of 24 in memory, a' [24,4].
TEST_F(MatmulPlan, TellsTheLibraryWhatIsTransposed) {
  const Operands x(DType::kF32);
  const Problem p = problem(x, {});
  EXPECT_TRUE(p.left.transposed);
  EXPECT_EQ(p.left.rows, 24);
  EXPECT_EQ(p.left.columns, 16);
  EXPECT_FALSE(p.right.transposed);
  EXPECT_EQ(p.right.rows, 24);
  EXPECT_EQ(p.right.columns, 4);
  const Plan plan(p);
  EXPECT_EQ(plan.told<std::int32_t>(CUBLASLT_MATMUL_DESC_TRANSA), CUBLAS_OP_T);
  EXPECT_EQ(plan.told<std::int32_t>(CUBLASLT_MATMUL_DESC_TRANSB), CUBLAS_OP_N);
}

TEST_F(MatmulPlan, ComputesF32InTf32OnlyWhereChosen) {
  for (const auto& [dtype, tf32, wanted] :
       {std::tuple{DType::kF32, false, CUBLAS_COMPUTE_32F},
        std::tuple{DType::kF32, true, CUBLAS_COMPUTE_32F_FAST_TF32},
        std::tuple{DType::kBF16, true, CUBLAS_COMPUTE_32F},
        std::tuple{DType::kF64, true, CUBLAS_COMPUTE_64F}}) {
    Problem p = problem(Operands(dtype), {});
    p.numerics.tf32 = tf32;
    EXPECT_EQ(Plan(p).told<cublasComputeType_t>(CUBLASLT_MATMUL_DESC_COMPUTE_TYPE), wanted);
  }
}

TEST_F(MatmulPlan, TellsProblemsApart) {
  const Operands x(DType::kBF16);
  const Problem p = problem(x, x.with_bias(Activation::kNone));
  Problem other = p;
  EXPECT_EQ(other.key(), p.key());
  other.epilogue = x.with_bias(Activation::kGeluTanh);
  EXPECT_NE(other.key(), p.key());
  for (const Tensor* bias : {static_cast<const Tensor*>(nullptr), &x.bias}) {
    Problem relu = problem(x, x.with_mask({.fused_relu = true}, bias));
    other = relu;
    other.epilogue.mask = false;
    EXPECT_NE(other.key(), relu.key());
  }
  const Problem slope = problem(x, x.with_relu_slope());
  other = slope;
  other.epilogue = x.with_slope(Activation::kGeluTanh);
  EXPECT_NE(other.key(), slope.key());
  other = p;
  other.vector = static_cast<const char*>(p.vector) + 2;  // aligned to less
  EXPECT_NE(other.key(), p.key());
  other = p;
  other.out.pitch = 32;
  EXPECT_NE(other.key(), p.key());
}

}  // namespace
}  // namespace tenon::cuda
