#include "regularize/internal/fixtures.h"

#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"
#include "tensor/io/safetensors.h"

namespace tenon::regularize::internal {

Tensor fixture(const std::string& name) {
  static const SafetensorsFile kFile =
      read_safetensors("regularize/testdata/fixtures.safetensors").value();
  const Tensor* tensor = kFile.find(name);
  if (!tensor) throw Error("no fixture " + name);
  return *tensor;
}

void expect_near(const Tensor& got, const Tensor& expected, const std::string& what,
                 double tolerance) {
  ASSERT_TRUE(got.defined()) << what;
  ASSERT_EQ(to_string(got.shape()), to_string(expected.shape())) << what;
  const auto g = got.contiguous().to_vector<float>();
  const auto e = expected.contiguous().to_vector<float>();
  for (std::size_t i = 0; i < g.size(); ++i) {
    ASSERT_NEAR(g[i], e[i], tolerance * std::max(1.0f, std::abs(e[i]))) << what << " at " << i;
  }
}

Pair::Pair() {
  fc.weight().value().copy_(fixture("fc.weight"));
  conv.weight().value().copy_(fixture("conv.weight"));
}

}  // namespace tenon::regularize::internal
