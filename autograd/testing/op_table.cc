#include "autograd/testing/op_table.h"

#include "autograd/testing/rows.h"

namespace tenon::autograd::testing {
namespace {

std::vector<OpRow> all_rows() {
  std::vector<OpRow> table;
  // op_names.inc says TENON_OP(name) for every function that autograd/ops.h declares.
#define TENON_OP(op)           \
  table.push_back(rows::op()); \
  table.back().name = #op;
#include "autograd/testing/op_names.inc"
#undef TENON_OP
  return table;
}

}  // namespace

const std::vector<OpRow>& op_table() {
  static const std::vector<OpRow> table = all_rows();
  return table;
}

}  // namespace tenon::autograd::testing
