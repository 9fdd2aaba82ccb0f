// Attention on a GPU against the CPU, in sizes that the fused kernels take: the op table's are too
// small for them. Runs on emulated devices too, where the plain kernel serves.
#include "tensor/ops/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tensor/numerics.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};

class CudaAttention : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  }
};

struct Sizes {
  std::int64_t heads, key_heads, queries, keys, width, value_width;
};
struct Case {
  Sizes sizes;
  AttentionParams params;
};
const Case kCases[] = {
    {{4, 4, 64, 64, 64, 64}, {}},
    {{4, 4, 70, 70, 64, 64}, {.causal = true}},
    {{4, 2, 37, 101, 64, 64}, {.causal = true, .offset = 64}},
    {{4, 1, 33, 65, 32, 32}, {.scale = 0.25}},
    {{2, 2, 1, 90, 128, 128}, {.causal = true, .offset = 89}},
    {{2, 2, 40, 40, 64, 32}, {.causal = true}},
    {{2, 2, 20, 30, 64, 64}, {.causal = true, .offset = 4}},  // a mask for the plain kernel
};

struct Results {
  Attention forward;
  AttentionGrads grads;
};

Results attend(const Case& c, DType dtype, Device device) {
  Generator generator(9);
  const Sizes& n = c.sizes;
  // As layers have them: heads beside each other in memory.
  const auto random = [&](std::int64_t heads, std::int64_t length, std::int64_t width) {
    return randn({2, length, heads, width}, generator).to(dtype).to(device).transpose(1, 2);
  };
  const Tensor q = random(n.heads, n.queries, n.width), k = random(n.key_heads, n.keys, n.width);
  const Tensor v = random(n.key_heads, n.keys, n.value_width);
  const Tensor grad = random(n.heads, n.queries, n.value_width);
  Results r{scaled_dot_product_attention(q, k, v, {}, c.params), {}};
  r.grads = scaled_dot_product_attention_grad(grad, q, k, v, {}, c.params, r.forward);
  return r;
}

/// Within `tolerance` of the largest of the values wanted.
void expect_near(const Tensor& got, const Tensor& wanted, double tolerance,
                 const std::string& what) {
  const Tensor a = got.to(kCpu).to(DType::kF64), b = wanted.to(DType::kF64);
  const double scale = max(abs(b)).item<double>(), error = max(abs(sub(a, b))).item<double>();
  EXPECT_LE(error, tolerance * scale) << what;
}

void expect_agreement(DType dtype, double tolerance) {
  for (const Case& c : kCases) {
    const Results here = attend(c, dtype, kCpu), there = attend(c, dtype, kGpu);
    const std::string what = std::string(name(dtype)) + " queries " +
                             std::to_string(c.sizes.queries) + " keys " +
                             std::to_string(c.sizes.keys) + ": ";
    expect_near(there.forward.y, here.forward.y, tolerance, what + "y");
    expect_near(there.forward.logsumexp, here.forward.logsumexp, tolerance, what + "logsumexp");
    expect_near(there.grads.q, here.grads.q, tolerance, what + "q");
    expect_near(there.grads.k, here.grads.k, tolerance, what + "k");
    expect_near(there.grads.v, here.grads.v, tolerance, what + "v");
  }
}

// Weights are rounded to 16 bits before they multiply the values: two units in the last place.
TEST_F(CudaAttention, AgreesWithTheCpuInBf16) { expect_agreement(DType::kBF16, 0x1p-6); }
TEST_F(CudaAttention, AgreesWithTheCpuInF16) { expect_agreement(DType::kF16, 0x1p-9); }

TEST_F(CudaAttention, AgreesWithTheCpuWithAtomicsAllowed) {
  const NumericsScope free({.deterministic = false});
  expect_agreement(DType::kBF16, 0x1p-6);
}

TEST_F(CudaAttention, RepeatsUnderTheDeterministicFlag) {
  const auto bits = [](const Tensor& x) {
    return x.to(kCpu).to(DType::kF32).contiguous().to_vector<float>();
  };
  const Results first = attend(kCases[1], DType::kBF16, kGpu);
  for (int i = 0; i < 3; ++i) {
    const Results again = attend(kCases[1], DType::kBF16, kGpu);
    EXPECT_EQ(bits(again.forward.y), bits(first.forward.y));
    EXPECT_EQ(bits(again.grads.q), bits(first.grads.q));
    EXPECT_EQ(bits(again.grads.k), bits(first.grads.k));
    EXPECT_EQ(bits(again.grads.v), bits(first.grads.v));
  }
}

}  // namespace
}  // namespace tenon
