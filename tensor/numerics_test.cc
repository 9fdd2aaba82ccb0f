#include "tensor/numerics.h"

#include <gtest/gtest.h>

#include "tensor/ops.h"

namespace tenon {
namespace {

TEST(Numerics, RoundAsF32AndRepeatUnlessChosenOtherwise) {
  EXPECT_EQ(numerics(), (Numerics{.tf32 = false, .deterministic = true, .winograd = true}));
}

TEST(Numerics, AreRestoredByScopes) {
  {
    const NumericsScope outer({.tf32 = true});
    EXPECT_TRUE(numerics().tf32);
    {
      const NumericsScope inner({.deterministic = false});
      EXPECT_EQ(numerics(), (Numerics{.tf32 = false, .deterministic = false}));
    }
    EXPECT_EQ(numerics(), (Numerics{.tf32 = true, .deterministic = true}));
    const NumericsScope direct({.winograd = false});
    EXPECT_FALSE(numerics().winograd);
  }
  EXPECT_EQ(numerics(), Numerics{});
}

TEST(Numerics, Tf32DoesNotConcernTheCpu) {
  const Tensor x = full({1, 1}, 1 + 0x1p-20);  // TF32 would round it to 1
  const NumericsScope chosen({.tf32 = true, .deterministic = false});
  EXPECT_EQ(matmul(x, ones({1, 1})).item<float>(), 1 + 0x1p-20f);
}

}  // namespace
}  // namespace tenon
