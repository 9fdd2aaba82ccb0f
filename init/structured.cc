#include "init/structured.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "init/init.h"
#include "init/internal/check.h"
#include "tensor/ops.h"

namespace tenon::init {
namespace {

/// Rows that are made orthogonal to those before by one product of matrices.
constexpr std::int64_t kPanel = 64;

void check_matrix(const Tensor& weight, const char* op) {
  internal::check_floating(weight, op);
  if (weight.ndim() == 2) return;
  throw ShapeError("[" + std::string(op) + "] expected a matrix [out,in], got " +
                   to_string(weight.shape()));
}

/// Takes from `rows` what lies in the span of the orthonormal `basis`. Twice is enough: the second
/// time removes what rounding left (Giraud, Langou & Rozložník 2005).
void project_out(const Tensor& rows, const Tensor& basis) {
  if (basis.size(0) == 0) return;
  for (int i = 0; i < 2; ++i) {
    rows.copy_(rows - matmul(matmul(rows, basis.t()), basis));
  }
}

/// Gram-Schmidt over the rows of a matrix [R,C], R <= C, f64: panel by panel against those before,
/// then row by row within.
void orthonormalize(const Tensor& matrix) {
  const std::int64_t rows = matrix.size(0);
  for (std::int64_t begin = 0; begin < rows; begin += kPanel) {
    const std::int64_t count = std::min(kPanel, rows - begin);
    const Tensor panel = matrix.narrow(0, begin, count);
    project_out(panel, matrix.narrow(0, 0, begin));
    for (std::int64_t i = 0; i < count; ++i) {
      const Tensor row = panel.narrow(0, i, 1);
      project_out(row, panel.narrow(0, 0, i));
      row.copy_(row * (1 / total_norm({&row, 1})));
    }
  }
}

}  // namespace

void orthogonal_(const Tensor& weight, Generator& generator, const OrthogonalOptions& options) {
  internal::check_floating(weight, "orthogonal_");
  if (weight.ndim() < 2) {
    throw ShapeError("[orthogonal_] expected a weight [out,in,...], got " +
                     to_string(weight.shape()));
  }
  if (weight.numel() == 0) return;
  const std::int64_t rows = weight.size(0), columns = weight.numel() / rows;
  const bool tall = rows > columns;
  Tensor matrix = normal({std::min(rows, columns), std::max(rows, columns)}, 0, 1, generator,
                         {.dtype = DType::kF64});
  orthonormalize(matrix);
  matrix = matrix * options.gain;
  if (tall) matrix = matrix.t();
  weight.copy_(matrix.reshape(weight.shape()).to(weight.device()));
}

void eye_(const Tensor& weight) {
  check_matrix(weight, "eye_");
  weight.fill_(0);
  for (std::int64_t i = 0; i < std::min(weight.size(0), weight.size(1)); ++i) {
    weight.narrow(0, i, 1).narrow(1, i, 1).fill_(1);
  }
}

void dirac_(const Tensor& weight, const DiracOptions& options) {
  internal::check_floating(weight, "dirac_");
  const int ndim = weight.ndim();
  if (ndim < 3 || ndim > 5) {
    throw ShapeError(
        "[dirac_] expected a weight [out,in/groups,kernel...] of 3 to 5 dimensions, got " +
        to_string(weight.shape()));
  }
  const std::int64_t groups = options.groups, out = weight.size(0);
  if (groups < 1 || out % groups != 0) {
    throw ValueError("[dirac_] expected groups that divide the " + std::to_string(out) +
                     " outputs, got " + std::to_string(groups));
  }
  weight.fill_(0);
  if (weight.numel() == 0) return;
  const std::int64_t per_group = out / groups, handed_on = std::min(per_group, weight.size(1));
  for (std::int64_t i = 0; i < groups * handed_on; ++i) {
    const std::int64_t channel = i % handed_on;
    Tensor kernel = weight.select(0, i / handed_on * per_group + channel).select(0, channel);
    while (kernel.ndim() > 0) kernel = kernel.select(0, kernel.size(0) / 2);
    kernel.fill_(1);
  }
}

void sparse_(const Tensor& weight, Generator& generator, const SparseOptions& options) {
  check_matrix(weight, "sparse_");
  if (!(options.sparsity >= 0 && options.sparsity <= 1)) {
    throw ValueError("[sparse_] expected a sparsity in [0,1], got " +
                     std::to_string(options.sparsity));
  }
  if (!(options.deviation >= 0)) {
    throw ValueError("[sparse_] expected a deviation of at least 0, got " +
                     std::to_string(options.deviation));
  }
  const std::int64_t rows = weight.size(0), columns = weight.size(1);
  const auto zeros =
      static_cast<std::int64_t>(std::ceil(options.sparsity * static_cast<double>(rows)));
  const Tensor values =
      normal(weight.shape(), 0, options.deviation, generator, {.dtype = DType::kF64});
  double* const elements = values.data<double>();
  for (std::int64_t column = 0; column < columns; ++column) {
    const Tensor order = randperm(rows, generator);
    const std::int64_t* const row = order.data<std::int64_t>();
    for (std::int64_t i = 0; i < zeros; ++i) elements[row[i] * columns + column] = 0;
  }
  weight.copy_(values.to(weight.device()));
}

}  // namespace tenon::init
