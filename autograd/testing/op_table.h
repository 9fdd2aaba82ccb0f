// One row per operation of autograd/ops.h: what it takes, what it must refuse and what it computes.
// The tests and benchmarks read it, so an operation is tested by being listed here once.
//
//   for (const OpRow& row : op_table()) {
//     for (const Sample& sample : row.samples) … sample.call(…), sample.reference(…)
//   }
//
// The names come from autograd/ops.h itself: an operation without a row does not link.
#ifndef TENON_AUTOGRAD_TESTING_OP_TABLE_H_
#define TENON_AUTOGRAD_TESTING_OP_TABLE_H_

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "autograd/variable.h"

namespace tenon::autograd::testing {

using Inputs = std::span<const Variable>;
using Values = std::span<const Tensor>;

/// One way to call an operation. Constants (indices, shapes, parameters) are part of the call.
struct Sample {
  std::string name;
  std::vector<Tensor> inputs;  ///< f64; tests convert them, also into other memory layouts
  std::function<Variable(Inputs)> call;
  /// The result in f64 for inputs of any dtype.
  std::function<Tensor(Values)> reference;
  bool differentiable = true;  ///< smooth around these inputs, and small enough to differentiate
};

enum class Throws { kShapeError, kDTypeError, kIndexError, kValueError };

/// A call that must be refused, and what the message must say.
struct BadInput {
  std::string name;
  std::function<void()> call;
  Throws error;
  std::vector<std::string> message;  ///< each of these; the operation's name is always wanted
};

struct OpRow {
  std::string name;
  std::vector<DType> dtypes;
  std::vector<Sample> samples;
  std::vector<BadInput> bad;
  /// Times the usual tolerances of the dtype: sums of many terms round many times.
  double tolerance = 1;
};

const std::vector<OpRow>& op_table();

}  // namespace tenon::autograd::testing

#endif  // TENON_AUTOGRAD_TESTING_OP_TABLE_H_
