// Products beyond matmul, and decompositions. The references of the latter are Jacobi's: rotations
// in one plane after the other, nothing of the kernels' own method.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

BadInput refused(std::string name, std::function<void()> call, Throws error,
                 std::vector<std::string> message) {
  return {.name = std::move(name),
          .call = std::move(call),
          .error = error,
          .message = std::move(message)};
}

/// The sum over every letter, element by element. No "...".
Tensor einsum_reference(const std::vector<std::string>& terms, const std::string& result,
                        Values in) {
  std::map<char, std::int64_t> sizes;
  for (std::size_t t = 0; t < terms.size(); ++t) {
    for (int d = 0; d < in[t].ndim(); ++d) {
      sizes[terms[t][static_cast<std::size_t>(d)]] = in[t].shape()[d];
    }
  }
  std::string letters;
  Shape all, shape;
  for (const auto& [letter, size] : sizes) {
    letters += letter;
    all.push_back(size);
  }
  for (const char letter : result) shape.push_back(sizes.at(letter));
  const auto at = [&](const std::string& term, const Dims& index) {
    Dims place;
    for (const char letter : term) place.push_back(index[static_cast<int>(letters.find(letter))]);
    return place;
  };
  std::vector<Array> operands(in.begin(), in.end());
  Array out(shape);
  for_each_index(all, [&](const Dims& index) {
    double product = 1;
    for (std::size_t t = 0; t < terms.size(); ++t) product *= operands[t].at(at(terms[t], index));
    out.at(at(result, index)) += product;
  });
  return out.tensor();
}

Sample sum_of(std::string equation, std::vector<Shape> shapes, std::vector<std::string> terms,
              std::string result) {
  std::vector<Tensor> inputs;
  for (const Shape& shape : shapes) inputs.push_back(values(shape, -1, 1, inputs.size() + 1));
  return {.name = equation,
          .inputs = std::move(inputs),
          .call = [equation](Inputs x) { return autograd::einsum(equation, x); },
          .reference = [terms, result](Values x) { return einsum_reference(terms, result, x); }};
}

using Columns = std::vector<std::vector<double>>;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void rotate(std::vector<double>& a, std::vector<double>& b, double c, double s) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}

/// Rotates pairs of columns until all are orthogonal (Hestenes 1958), and `turned` along with them.
void orthogonalize(Columns& columns, Columns& turned) {
  for (int sweep = 0; sweep < 60; ++sweep) {
    for (std::size_t p = 0; p < columns.size(); ++p) {
      for (std::size_t q = p + 1; q < columns.size(); ++q) {
        const double off = dot(columns[p], columns[q]);
        if (off == 0) continue;
        const double zeta = (dot(columns[q], columns[q]) - dot(columns[p], columns[p])) / (2 * off);
        const double t = (zeta < 0 ? -1 : 1) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
        const double c = 1 / std::sqrt(1 + t * t);
        rotate(columns[p], columns[q], c, c * t);
        rotate(turned[p], turned[q], c, c * t);
      }
    }
  }
}

struct Decomposition {
  Array u, s, vh;
};

/// Of one tall matrix [M,N], M >= N, in falling order, signs by u's largest entries.
Decomposition svd_of_tall(const Array& x) {
  const std::int64_t m = x.shape[0], n = x.shape[1];
  Columns columns(static_cast<std::size_t>(n)), turned(columns.size());
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t i = 0; i < m; ++i)
      columns[static_cast<std::size_t>(j)].push_back(x.at({i, j}));
    for (std::int64_t i = 0; i < n; ++i) turned[static_cast<std::size_t>(j)].push_back(i == j);
  }
  orthogonalize(columns, turned);
  std::vector<std::size_t> order(columns.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return dot(columns[a], columns[a]) > dot(columns[b], columns[b]);
  });
  Decomposition result{Array({m, n}), Array({n}), Array({n, n})};
  for (std::int64_t j = 0; j < n; ++j) {
    const auto& column = columns[order[static_cast<std::size_t>(j)]];
    const double size = std::sqrt(dot(column, column));
    result.s.at({j}) = size;
    for (std::int64_t i = 0; i < m; ++i)
      result.u.at({i, j}) = column[static_cast<std::size_t>(i)] / size;
    for (std::int64_t i = 0; i < n; ++i) {
      result.vh.at({j, i}) =
          turned[order[static_cast<std::size_t>(j)]][static_cast<std::size_t>(i)];
    }
  }
  return result;
}

Array transposed(const Array& x) {
  Array result({x.shape[1], x.shape[0]});
  for_each_index(x.shape, [&](const Dims& i) { result.at({i[1], i[0]}) = x.at(i); });
  return result;
}

void fix_signs(Array& u, Array* vh) {
  for (std::int64_t j = 0; j < u.shape[1]; ++j) {
    double largest = 0;
    for (std::int64_t i = 0; i < u.shape[0]; ++i) {
      if (std::abs(u.at({i, j})) > std::abs(largest)) largest = u.at({i, j});
    }
    if (largest >= 0) continue;
    for (std::int64_t i = 0; i < u.shape[0]; ++i) u.at({i, j}) *= -1;
    for (std::int64_t i = 0; vh && i < vh->shape[1]; ++i) vh->at({j, i}) *= -1;
  }
}

Decomposition svd_reference(const Array& x) {
  const bool tall = x.shape[0] >= x.shape[1];
  Decomposition parts = svd_of_tall(tall ? x : transposed(x));
  if (!tall) parts = {transposed(parts.vh), parts.s, transposed(parts.u)};
  fix_signs(parts.u, &parts.vh);
  return parts;
}

/// Added to the samples, so that no layout of them has two equal singular values: an expanded one
/// would have many.
Variable spread(const Variable& x) {
  Tensor added = zeros(x.shape(), x.value().options());
  const std::int64_t k = std::min(x.size(-1), x.size(-2));
  for (std::int64_t i = 0; i < k; ++i) {
    added.select(-1, i).select(-1, i).fill_(3.0 * static_cast<double>(i + 1));
  }
  return x + Variable(added);
}

/// f of every matrix of a batch [..,M,N], one after the other.
template <class F>
Tensor of_each(const Tensor& x, const F& f) {
  if (x.ndim() == 2) return f(Array(x)).tensor();
  std::vector<Tensor> parts;
  for (std::int64_t i = 0; i < x.size(0); ++i) parts.push_back(of_each(x.select(0, i), f));
  return tenon::stack(parts);
}

enum Part { kLeft, kValues, kRight };

Sample part_of_svd(std::string name, const Shape& shape, Part part) {
  return {.name = std::move(name),
          .inputs = {values(shape, -1, 1)},
          .call =
              [part](Inputs x) {
                const auto [u, s, vh] = autograd::svd(spread(x[0]));
                return part == kLeft ? u : part == kValues ? s : vh;
              },
          .reference =
              [part](Values in) {
                return of_each(spread(in[0]).value(), [part](const Array& x) {
                  const Decomposition parts = svd_reference(x);
                  return part == kLeft ? parts.u : part == kValues ? parts.s : parts.vh;
                });
              }};
}

Variable symmetric(const Variable& x) { return spread(x + autograd::transpose(x, -1, -2)); }

/// Eigenvalues by way of the singular values of x + c, positive definite for a large enough c.
Array eigh_reference(const Array& x, bool vectors) {
  constexpr double kShift = 100;
  const std::int64_t n = x.shape[0];
  Array shifted = x;
  for (std::int64_t i = 0; i < n; ++i) shifted.at({i, i}) += kShift;
  const Decomposition parts = svd_of_tall(shifted);
  Array values({n}), columns({n, n});
  for (std::int64_t j = 0; j < n; ++j) {  // rising
    values.at({j}) = parts.s.at({n - 1 - j}) - kShift;
    for (std::int64_t i = 0; i < n; ++i) columns.at({i, j}) = parts.u.at({i, n - 1 - j});
  }
  fix_signs(columns, nullptr);
  return vectors ? columns : values;
}

Sample part_of_eigh(std::string name, const Shape& shape, bool vectors) {
  return {.name = std::move(name),
          .inputs = {values(shape, -1, 1)},
          .call =
              [vectors](Inputs x) {
                const auto [l, v] = autograd::eigh(symmetric(x[0]));
                return vectors ? v : l;
              },
          .reference =
              [vectors](Values in) {
                return of_each(symmetric(in[0]).value(),
                               [vectors](const Array& x) { return eigh_reference(x, vectors); });
              }};
}

/// Without elements there is nothing to compute but a shape.
template <class Call>
Sample nothing(std::string name, const Shape& shape, Call call, const Shape& result) {
  return {.name = std::move(name),
          .inputs = {zeros(shape, {.dtype = DType::kF64})},
          .call = [call](Inputs x) { return call(x[0]); },
          .reference = [result](Values) { return zeros(result, {.dtype = DType::kF64}); }};
}

template <class Call>
std::vector<BadInput> decomposition_refusals(Call call) {
  return {refused("1-d", [=] { call(zeros({3})); }, Throws::kShapeError, {"2 dimensions", "[3]"}),
          refused("integers",
                  [=] {
                    call(zeros({2, 2}, {.dtype = DType::kI64}));
                  },
                  Throws::kDTypeError, {"i64"}),
          refused("16 bits",
                  [=] {
                    call(zeros({2, 2}, {.dtype = DType::kBF16}));
                  },
                  Throws::kDTypeError, {"bf16"}),
          refused("NaN",
                  [=] {
                    call(tenon::full({2, 2}, NAN));
                  },
                  Throws::kValueError, {"finite"}),
          refused("infinity",
                  [=] {
                    call(tenon::full({2, 2}, INFINITY));
                  },
                  Throws::kValueError, {"finite"}),
          refused("undefined", [=] { call(Variable()); }, Throws::kValueError, {"undefined"})};
}

}  // namespace

OpRow addmm() {
  const auto sample = [](std::string name, const Shape& input, const Shape& a, const Shape& b,
                         double beta, double alpha) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(input, -1, 1, 1), values(a, -1, 1, 2), values(b, -1, 1, 3)},
            .call = [=](Inputs x) { return autograd::addmm(x[0], x[1], x[2], beta, alpha); },
            .reference =
                [=](Values x) {
                  const Tensor product = einsum_reference({"ik", "kj"}, "ij", x.subspan(1));
                  return map2(x[0], product,
                              [=](double i, double p) { return beta * i + alpha * p; });
                }};
  };
  const auto call = [](const Variable& input, const Variable& a, const Variable& b) {
    return [=] { autograd::addmm(input, a, b); };
  };
  return {
      .name = {},
      .dtypes = floating(),
      .samples = {sample("plain", {3, 5}, {3, 4}, {4, 5}, 1, 1),
                  sample("bias", {5}, {3, 4}, {4, 5}, 1, 1),
                  sample("column", {3, 1}, {3, 4}, {4, 5}, 0.5, -2),
                  sample("0-d", {}, {3, 4}, {4, 5}, 2, 1),
                  sample("no terms", {2, 3}, {2, 0}, {0, 3}, 1, 1),
                  sample("no rows", {3}, {0, 2}, {2, 3}, 1, 1)},
      .bad = {refused("inner sizes", call(zeros({5}), zeros({3, 4}), zeros({3, 5})),
                      Throws::kShapeError, {"4 rows", "[3,5]"}),
              refused("input that does not broadcast",
                      call(zeros({4}), zeros({3, 4}), zeros({4, 5})), Throws::kShapeError,
                      {"[4]", "[3,5]"}),
              refused("input that is larger", call(zeros({2, 3, 5}), zeros({3, 4}), zeros({4, 5})),
                      Throws::kShapeError, {"[2,3,5]", "[3,5]"}),
              refused("batch", call(zeros({5}), zeros({2, 3, 4}), zeros({4, 5})),
                      Throws::kShapeError, {"2 dimensions", "[2,3,4]"}),
              refused("dtypes",
                      call(zeros({5}), zeros({3, 4}), zeros({4, 5}, {.dtype = DType::kF64})),
                      Throws::kDTypeError, {"f32", "f64"}),
              refused("undefined", call(zeros({5}), zeros({3, 4}), Variable()), Throws::kValueError,
                      {"undefined"})},
      .tolerance = 4};
}

OpRow outer() {
  const auto sample = [](std::string name, const Shape& a, const Shape& b) -> Sample {
    return {.name = std::move(name),
            .inputs = {values(a, -9, 9, 1), values(b, -9, 9, 2)},
            .call = [](Inputs x) { return autograd::outer(x[0], x[1]); },
            .reference =
                [](Values x) {
                  return einsum_reference({"i", "j"}, "ij", x);
                }};
  };
  return {
      .name = {},
      .dtypes = numeric(),
      .samples = {sample("3 by 4", {3}, {4}), sample("one", {1}, {1}), sample("empty", {0}, {3})},
      .bad = {refused("2-d",
                      [] {
                        autograd::outer(zeros({2, 3}), zeros({3}));
                      },
                      Throws::kShapeError, {"a", "1 dimensions", "[2,3]"}),
              refused("0-d", [] { autograd::outer(zeros({2}), scalar(1)); }, Throws::kShapeError,
                      {"b", "[]"}),
              refused("undefined", [] { autograd::outer(zeros({2}), Variable()); },
                      Throws::kValueError, {"undefined"})},
      .tolerance = 1};
}

OpRow einsum() {
  const auto call = [](std::string equation, std::vector<Variable> operands) {
    return [=] { autograd::einsum(equation, operands); };
  };
  const Variable x(zeros({2, 3}));
  return {
      .name = {},
      .dtypes = floating(),
      .samples = {sum_of("ik,kj->ij", {{3, 4}, {4, 2}}, {"ik", "kj"}, "ij"),
                  sum_of("ik,kj", {{3, 4}, {4, 2}}, {"ik", "kj"}, "ij"),
                  sum_of("bik,bjk->bij", {{2, 3, 4}, {2, 5, 4}}, {"bik", "bjk"}, "bij"),
                  sum_of("bhid,bhjd->bhij", {{2, 2, 3, 4}, {2, 2, 5, 4}}, {"bhid", "bhjd"}, "bhij"),
                  sum_of("i,i->", {{4}, {4}}, {"i", "i"}, ""),
                  sum_of("i,j->ij", {{3}, {4}}, {"i", "j"}, "ij"),
                  sum_of("ij,ij->ij", {{2, 3}, {2, 3}}, {"ij", "ij"}, "ij"),
                  sum_of("ij->ji", {{2, 3}}, {"ij"}, "ji"),
                  sum_of("ba", {{2, 3}}, {"ba"}, "ab"),
                  sum_of("ij->ij", {{2, 3}}, {"ij"}, "ij"),
                  sum_of("ij->i", {{2, 3}}, {"ij"}, "i"),
                  sum_of("ij->", {{2, 3}}, {"ij"}, ""),
                  sum_of("ii->i", {{3, 3}}, {"ii"}, "i"),
                  sum_of("ii", {{3, 3}}, {"ii"}, ""),
                  sum_of("iji->j", {{3, 2, 3}}, {"iji"}, "j"),
                  sum_of("iij,jk->ki", {{2, 2, 3}, {3, 2}}, {"iij", "jk"}, "ki"),
                  sum_of("...ij,...jk->...ik", {{2, 3, 2}, {2, 2, 4}}, {"bij", "bjk"}, "bik"),
                  sum_of(" ij , jk -> ik ", {{2, 3}, {3, 2}}, {"ij", "jk"}, "ik"),
                  sum_of("ij,jk,kl->il", {{2, 3}, {3, 4}, {4, 2}}, {"ij", "jk", "kl"}, "il"),
                  sum_of("ij,k->j", {{2, 3}, {4}}, {"ij", "k"}, "j"),
                  sum_of("aB,BA->aA", {{2, 3}, {3, 2}}, {"aB", "BA"}, "aA"),
                  sum_of("ij,jk->ik", {{0, 3}, {3, 2}}, {"ij", "jk"}, "ik"),
                  sum_of("ij,jk->ik", {{2, 0}, {0, 2}}, {"ij", "jk"}, "ik"),
                  sum_of(",i->i", {{}, {3}}, {"", "i"}, "i"),
                  sum_of("->", {{}}, {""}, "")},
      .bad = {refused("strange character", call("i?,jk->ik", {x, x}), Throws::kValueError,
                      {"position 1", "i?,jk->ik"}),
              refused("half an arrow", call("ij-ji", {x}), Throws::kValueError, {"position 2"}),
              refused("two arrows", call("ij->ji->ij", {x}), Throws::kValueError, {"position 6"}),
              refused("operands missing", call("ij,jk", {x}), Throws::kValueError,
                      {"1 operands", "ij,jk"}),
              refused("no operands", call("", {}), Throws::kValueError, {"0 operands"}),
              refused("dimensions", call("ijk", {x}), Throws::kShapeError,
                      {"operand 0", "3 dimensions", "[2,3]"}),
              refused("dimensions beside ...", call("...ijk", {x}), Throws::kShapeError,
                      {"3 dimensions or more", "[2,3]"}),
              refused("sizes", call("ij,jk", {x, x}), Throws::kShapeError,
                      {"'j'", "3 and 2", "operand 1", "[2,3]"}),
              refused("sizes of ...", call("...i,...j", {zeros({2, 3}), zeros({4, 3})}),
                      Throws::kShapeError, {"'...'", "2 and 4"}),
              refused("unknown letter", call("ij->ik", {x}), Throws::kValueError,
                      {"'k'", "ij->ik"}),
              refused("letter twice", call("ij->ii", {x}), Throws::kValueError, {"'i'", "ij->ii"}),
              refused("integers", call("ij", {zeros({2, 3}, {.dtype = DType::kI64})}),
                      Throws::kDTypeError, {"i64"}),
              refused("dtypes", call("ij,ij", {x, zeros({2, 3}, {.dtype = DType::kF64})}),
                      Throws::kDTypeError, {"f32", "f64"}),
              refused("undefined", call("i", {Variable()}), Throws::kValueError, {"undefined"})},
      .tolerance = 4};
}

OpRow svd() {
  const auto left = [](const Variable& x) { return std::get<0>(autograd::svd(x)); };
  const auto singular = [](const Variable& x) { return std::get<1>(autograd::svd(x)); };
  return {.name = {},
          .dtypes = {DType::kF32, DType::kF64},
          .samples = {part_of_svd("values", {3, 3}, kValues), part_of_svd("left", {3, 3}, kLeft),
                      part_of_svd("right", {3, 3}, kRight),
                      part_of_svd("values of tall", {4, 2}, kValues),
                      part_of_svd("left of tall", {4, 2}, kLeft),
                      part_of_svd("right of tall", {4, 2}, kRight),
                      part_of_svd("left of wide", {2, 4}, kLeft),
                      part_of_svd("right of wide", {2, 4}, kRight),
                      part_of_svd("batch", {2, 3, 2}, kLeft), part_of_svd("one", {1, 1}, kValues),
                      nothing("no rows", {0, 3}, left, {0, 0}),
                      nothing("empty batch", {0, 3, 2}, singular, {0, 2})},
          .bad = decomposition_refusals([](const Variable& x) { autograd::svd(x); }),
          .tolerance = 20};
}

OpRow eigh() {
  const auto values_of = [](const Variable& x) { return std::get<0>(autograd::eigh(x)); };
  OpRow row{
      .name = {},
      .dtypes = {DType::kF32, DType::kF64},
      .samples = {part_of_eigh("values", {3, 3}, false), part_of_eigh("vectors", {3, 3}, true),
                  part_of_eigh("batch", {2, 2, 2}, true), part_of_eigh("one", {1, 1}, false),
                  nothing("empty", {0, 0}, values_of, {0}),
                  nothing("empty batch", {0, 2, 2}, values_of, {0, 2})},
      .bad = decomposition_refusals([](const Variable& x) { autograd::eigh(x); }),
      .tolerance = 20};
  row.bad.push_back(refused("not square",
                            [] {
                              autograd::eigh(zeros({2, 3}));
                            },
                            Throws::kShapeError, {"square", "[2,3]"}));
  return row;
}

}  // namespace tenon::autograd::testing::rows
