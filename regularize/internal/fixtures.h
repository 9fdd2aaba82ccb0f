// What PyTorch computes (regularize/testdata/make_fixtures.py), for tests to compare with.
#ifndef TENON_REGULARIZE_INTERNAL_FIXTURES_H_
#define TENON_REGULARIZE_INTERNAL_FIXTURES_H_

#include <string>

#include "layers/conv2d.h"
#include "layers/linear.h"
#include "layers/module.h"

namespace tenon::regularize::internal {

/// Throws Error for a name that is not there.
Tensor fixture(const std::string& name);

/// Elements within `tolerance`, relative where they are beyond 1.
void expect_near(const Tensor& got, const Tensor& expected, const std::string& what,
                 double tolerance = 3e-6);

/// Two layers with the fixture's weights.
struct Pair : layers::Module {
  Pair();

  layers::Linear fc{this, "fc", {.in_features = 13, .out_features = 7}};
  layers::Conv2d conv{this, "conv", {.in_channels = 4, .out_channels = 6, .kernel = 3}};
};

}  // namespace tenon::regularize::internal

#endif  // TENON_REGULARIZE_INTERNAL_FIXTURES_H_
