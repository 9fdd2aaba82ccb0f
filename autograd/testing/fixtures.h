// Values and gradients that PyTorch gave, from files that scripts in testdata/ write.
//
//   Variable deep_tanh(const In& in) { … in["x"] … in["w"] … }
//   TEST(Fixtures, AgreeInF64) {
//     expect_fixtures("autograd/testdata/expressions.txt", {{"deep_tanh", deep_tanh}}, DType::kF64,
//                     1e-12);
//   }
#ifndef TENON_AUTOGRAD_TESTING_FIXTURES_H_
#define TENON_AUTOGRAD_TESTING_FIXTURES_H_

#include <map>
#include <string>

#include "autograd/variable.h"

namespace tenon::autograd::testing {

/// The lines of one expression.
struct Fixture {
  std::map<std::string, Tensor> inputs, indices, grads;
  Tensor value;
};

/// Inputs by name: in["w1"].
class In {
 public:
  In(const Fixture& fixture, DType dtype);
  const Variable& operator[](const std::string& name) const { return variables_.at(name); }
  const Tensor& index(const std::string& name) const { return fixture_.indices.at(name); }

 private:
  const Fixture& fixture_;
  std::map<std::string, Variable> variables_;
};

using Expressions = std::map<std::string, Variable (*)(const In&)>;

/// The file holds exactly these expressions, and each gives its value and its gradients up to
/// `tolerance` times max(1, |value|).
void expect_fixtures(const std::string& path, const Expressions& expressions, DType dtype,
                     double tolerance);

}  // namespace tenon::autograd::testing

#endif  // TENON_AUTOGRAD_TESTING_FIXTURES_H_
