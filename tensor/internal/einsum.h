// Einstein's sum over tensors and over variables alike: the equation is read once, and the steps
// run on whatever has permute, reshape, expand, sum, diagonal, mul and matmul (an `Ops` of static
// functions).
#ifndef TENON_TENSOR_INTERNAL_EINSUM_H_
#define TENON_TENSOR_INTERNAL_EINSUM_H_

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/shape.h"
#include "tensor/tensor.h"

namespace tenon::internal {

/// One number per dimension: a letter's place in the alphabet, or, for a dimension that "..."
/// stands for, -1 (the last one) and below.
using Labels = std::vector<int>;

struct EinsumEquation {
  std::vector<Labels> operands;
  Labels result;
};

/// Throws ValueError, ShapeError and DTypeError as documented with einsum.
EinsumEquation parse_einsum(std::string_view equation, std::span<const Tensor* const> operands);

/// A value and what its dimensions are called.
template <class T>
struct Labelled {
  T value;
  Labels labels;

  int find(int label) const {
    const auto at = std::find(labels.begin(), labels.end(), label);
    return at == labels.end() ? -1 : static_cast<int>(at - labels.begin());
  }
  std::int64_t size(int label) const {
    const int dim = find(label);
    return dim < 0 ? 1 : value.shape()[dim];
  }
};

template <class T, class Ops>
class Einsum {
 public:
  explicit Einsum(const EinsumEquation& equation) : equation_(equation) {}

  T run(std::span<const T> operands) const {
    Labelled<T> product = reduced(operands[0], 0);
    for (std::size_t i = 1; i < operands.size(); ++i) {
      product = multiply(product, reduced(operands[i], i), i);
    }
    return arrange(product, equation_.result);
  }

 private:
  using Value = Labelled<T>;

  bool kept_after(int label, std::size_t operand) const {
    const auto has = [label](const Labels& labels) {
      return std::find(labels.begin(), labels.end(), label) != labels.end();
    };
    return has(equation_.result) ||
           std::any_of(equation_.operands.begin() + static_cast<std::ptrdiff_t>(operand) + 1,
                       equation_.operands.end(), has);
  }

  /// Operand i with each letter once, and without those that occur nowhere else.
  Value reduced(const T& operand, std::size_t i) const {
    Value x{operand, equation_.operands[i]};
    for (int d = 0; d < static_cast<int>(x.labels.size());) {
      const auto again = std::find(x.labels.begin() + d + 1, x.labels.end(), x.labels[d]);
      if (again == x.labels.end()) {
        ++d;
        continue;
      }
      const int label = x.labels[d];
      x.value = Ops::diagonal(x.value, d, static_cast<int>(again - x.labels.begin()));
      x.labels.erase(again);
      x.labels.erase(x.labels.begin() + d);
      x.labels.push_back(label);
    }
    std::vector<int> alone;
    for (std::size_t d = 0; d < x.labels.size(); ++d) {
      if (!occurs_elsewhere(x.labels[d], i)) alone.push_back(static_cast<int>(d));
    }
    return sum_out(std::move(x), alone);
  }

  bool occurs_elsewhere(int label, std::size_t i) const {
    if (kept_after(label, i)) return true;
    for (std::size_t j = 0; j < i; ++j) {
      const Labels& labels = equation_.operands[j];
      if (std::find(labels.begin(), labels.end(), label) != labels.end()) return true;
    }
    return false;
  }

  static Value sum_out(Value x, const std::vector<int>& dims) {
    if (dims.empty()) return x;
    x.value = Ops::sum(x.value, dims);
    for (auto d = dims.rbegin(); d != dims.rend(); ++d) x.labels.erase(x.labels.begin() + *d);
    return x;
  }

  /// x with its dimensions in this order, without those that `labels` lacks (there are none).
  static T arrange(const Value& x, const Labels& labels) {
    std::vector<int> order;
    for (const int label : labels) order.push_back(x.find(label));
    const bool same = std::is_sorted(order.begin(), order.end());
    return same ? x.value : Ops::permute(x.value, order);
  }

  static std::int64_t broadcast_size(const Value& a, const Value& b, int label) {
    return a.size(label) == 1 ? b.size(label) : a.size(label);
  }

  /// [batch.., rows, columns]: x's dimensions in the order of the three groups, the last two
  /// merged. A dimension of "..." that is contracted widens from size 1 to the other operand's.
  static T as_matrices(const Value& x, const Labels& batch, const Labels& rows,
                       const Labels& columns, const Value& other) {
    Labels order;
    Shape wide, shape;
    for (const int label : batch) {
      order.push_back(label);
      wide.push_back(x.size(label));
      shape.push_back(x.size(label));
    }
    for (const Labels* group : {&rows, &columns}) {
      Shape sizes;
      for (const int label : *group) {
        order.push_back(label);
        sizes.push_back(broadcast_size(x, other, label));
        wide.push_back(sizes.back());
      }
      shape.push_back(numel(sizes));
    }
    T y = arrange(x, order);
    if (y.shape() != wide) y = Ops::expand(y, wide);
    return Ops::reshape(y, shape);
  }

  /// The product of what operands 0 to i-1 gave with operand i.
  Value multiply(const Value& a, const Value& b, std::size_t i) const {
    Labels batch, rows, columns, contracted;
    for (const int label : a.labels) {
      if (b.find(label) < 0) {
        rows.push_back(label);
      } else {
        (kept_after(label, i) ? batch : contracted).push_back(label);
      }
    }
    for (const int label : b.labels) {
      if (a.find(label) < 0) columns.push_back(label);
    }
    const T left = as_matrices(a, batch, rows, contracted, b);
    const T right = as_matrices(b, batch, contracted, columns, a);
    const T product = contracted.empty() ? Ops::mul(left, right) : Ops::matmul(left, right);

    Value result{product, batch};
    Shape shape;
    for (const int label : batch) shape.push_back(broadcast_size(a, b, label));
    for (const auto& [x, group] : {std::pair(&a, &rows), std::pair(&b, &columns)}) {
      for (const int label : *group) {
        shape.push_back(x->size(label));
        result.labels.push_back(label);
      }
    }
    result.value = Ops::reshape(product, shape);
    return result;
  }

  const EinsumEquation& equation_;
};

}  // namespace tenon::internal

#endif  // TENON_TENSOR_INTERNAL_EINSUM_H_
