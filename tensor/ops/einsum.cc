#include "tensor/internal/einsum.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace internal {
namespace {

[[noreturn]] void throw_bad_equation(const std::string& expected, std::string_view equation) {
  throw ValueError("[einsum] expected " + expected + ", got \"" + std::string(equation) + "\"");
}

std::string quoted(int label) {
  return label < 0 ? "a dimension of '...'"
                   : "letter '" + std::string(1, static_cast<char>(label)) + "'";
}

/// What one operand or the result is called: letters, and where "..." stands.
struct Term {
  Labels letters;
  std::optional<std::size_t> ellipsis;
};

class Parser {
 public:
  explicit Parser(std::string_view equation) : equation_(equation) {}

  std::vector<Term> operands;
  std::optional<Term> result;

  void run() {
    operands.push_back(term());
    while (!at_end() && equation_[at_] == ',') {
      ++at_;
      operands.push_back(term());
    }
    if (at_end()) return;
    if (equation_.substr(at_, 2) != "->") throw_unexpected();
    at_ += 2;
    result = term();
    if (!at_end()) throw_unexpected();
  }

 private:
  Term term() {
    Term term;
    for (;; ++at_) {
      if (at_end()) return term;
      const char c = equation_[at_];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (letter) {
        term.letters.push_back(c);
      } else if (equation_.substr(at_, 3) == "..." && !term.ellipsis) {
        term.ellipsis = term.letters.size();
        at_ += 2;
      } else if (c == ',' || c == '-') {
        return term;
      } else if (c != ' ') {
        throw_unexpected();
      }
    }
  }

  bool at_end() const { return at_ >= equation_.size(); }

  [[noreturn]] void throw_unexpected() const {
    throw_bad_equation(
        "letters, \"...\", \",\" and one \"->\" (position " + std::to_string(at_) + ")", equation_);
  }

  std::string_view equation_;
  std::size_t at_ = 0;
};

/// The labels of a term whose "..." stands for `extra` dimensions.
Labels labels_of(const Term& term, int extra) {
  Labels labels = term.letters;
  if (!term.ellipsis) return labels;
  for (int i = 0; i < extra; ++i) {
    labels.insert(labels.begin() + static_cast<std::ptrdiff_t>(*term.ellipsis) + i, i - extra);
  }
  return labels;
}

void check_sizes(const EinsumEquation& equation, std::span<const Tensor* const> operands) {
  std::map<int, std::int64_t> sizes;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    for (int d = 0; d < operands[i]->ndim(); ++d) {
      const int label = equation.operands[i][static_cast<std::size_t>(d)];
      const std::int64_t size = operands[i]->shape()[d];
      std::int64_t& known = sizes.emplace(label, size).first->second;
      if (label < 0 && known == 1) known = size;
      if (size == known || (label < 0 && size == 1)) continue;
      throw ShapeError("[einsum] expected one size for " + quoted(label) + ", got " +
                       std::to_string(known) + " and " + std::to_string(size) + " in operand " +
                       std::to_string(i) + " " + to_string(operands[i]->shape()));
    }
  }
}

/// The letters that come once, in the order of the alphabet, after what "..." stands for.
Labels implied_result(const EinsumEquation& equation) {
  std::map<int, int> uses;
  for (const Labels& labels : equation.operands) {
    for (const int label : labels) ++uses[label];
  }
  Labels result;
  for (const auto& [label, count] : uses) {
    if (label < 0 || count == 1) result.push_back(label);
  }
  return result;
}

void check_result(const EinsumEquation& equation, std::string_view text) {
  for (std::size_t i = 0; i < equation.result.size(); ++i) {
    const int label = equation.result[i];
    const auto end = equation.result.begin() + static_cast<std::ptrdiff_t>(i);
    const bool twice = std::find(equation.result.begin(), end, label) != end;
    const bool known = std::any_of(
        equation.operands.begin(), equation.operands.end(), [label](const Labels& labels) {
          return std::find(labels.begin(), labels.end(), label) != labels.end();
        });
    if (twice || !known) {
      throw_bad_equation(quoted(label) + " of the result in an operand, and once in the result",
                         text);
    }
  }
}

}  // namespace

EinsumEquation parse_einsum(std::string_view text, std::span<const Tensor* const> operands) {
  for (const Tensor* operand : operands) {
    check_floating("einsum", "operands[i]", *operand);
    check_match("einsum", "operands[0]", *operands[0], "operands[i]", *operand);
  }
  Parser parser(text);
  parser.run();
  if (parser.operands.size() != operands.size()) {
    throw_bad_equation("an equation of " + std::to_string(operands.size()) + " operands", text);
  }
  EinsumEquation equation;
  int widest = 0;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Term& term = parser.operands[i];
    const int extra = operands[i]->ndim() - static_cast<int>(term.letters.size());
    if (term.ellipsis ? extra < 0 : extra != 0) {
      throw ShapeError("[einsum] expected operand " + std::to_string(i) + " with " +
                       std::to_string(term.letters.size()) +
                       (term.ellipsis ? " dimensions or more" : " dimensions") + " (\"" +
                       std::string(text) + "\"), got " + describe(*operands[i]));
    }
    widest = std::max(widest, extra);
    equation.operands.push_back(labels_of(term, extra));
  }
  check_sizes(equation, operands);
  equation.result = parser.result ? labels_of(*parser.result, widest) : implied_result(equation);
  check_result(equation, text);
  return equation;
}

}  // namespace internal

namespace {

struct TensorOps {
  static Tensor permute(const Tensor& x, std::span<const int> order) { return x.permute(order); }
  static Tensor reshape(const Tensor& x, const Shape& shape) { return x.reshape(shape); }
  static Tensor expand(const Tensor& x, const Shape& shape) { return x.expand(shape); }
  static Tensor sum(const Tensor& x, std::span<const int> dims) { return tenon::sum(x, dims); }
  static Tensor diagonal(const Tensor& x, int a, int b) { return x.diagonal(0, a, b); }
  static Tensor mul(const Tensor& a, const Tensor& b) { return tenon::mul(a, b); }
  static Tensor matmul(const Tensor& a, const Tensor& b) { return tenon::matmul(a, b); }
};

}  // namespace

Tensor einsum(std::string_view equation, std::span<const Tensor> operands) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& operand : operands) pointers.push_back(&operand);
  const internal::EinsumEquation parsed = internal::parse_einsum(equation, pointers);
  const Tensor result = internal::Einsum<Tensor, TensorOps>(parsed).run(operands);
  // New elements, as of every operation that is no view.
  const bool is_view = operands.size() == 1 && result.storage() == operands[0].storage();
  return is_view ? result.clone() : result;
}

}  // namespace tenon
