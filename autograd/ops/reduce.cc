#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

/// `shape` with the reduced dimensions at size 1: what a reduction with keepdim gives.
Shape kept_shape(const Shape& shape, DimList dims) {
  if (dims.empty()) return Shape::filled(shape.size(), 1);
  Shape kept = shape;
  for (const int dim : dims) kept[normalize_dim(dim, shape.size(), "reduce")] = 1;
  return kept;
}

Variable number_like(const Variable& x, double value) {
  return tenon::scalar(value, {.dtype = x.dtype(), .device = x.device()});
}

using Reduce = Tensor (*)(const Tensor&, DimList, bool);

Variable extremum(const char* name, Reduce reduce, const Variable& x, DimList dims, bool keepdim) {
  Tensor y = reduce(x.value(), dims, keepdim);
  if (!recording(x)) return y;
  const SavedVariable saved_y = save_output(y);
  const Shape kept = kept_shape(x.shape(), dims);
  return record(
      name, std::move(y),
      [x = save(x), y = saved_y, kept](Gradients& g) {
        const Tensor& values = x.get(g).value();
        const Tensor best = tenon::eq(values, y.get(g).value().reshape(kept)).to(values.dtype());
        const Tensor share = tenon::div(best, tenon::sum_to(best, kept));
        g.set(0, mul(reshape(g.output(), kept), share));
      },
      x);
}

/// `value`, and 0 where y is 0.
Variable zero_where_zero(const Variable& y, const Variable& value) {
  return where(tenon::eq(y.value(), 0), number_like(y, 0), value);
}

/// y to divide by, where the quotient is then not used.
Variable or_one_where_zero(const Variable& y) {
  return where(tenon::eq(y.value(), 0), number_like(y, 1), y);
}

/// The variance's derivative, 2 (x - mean) / (count - correction), times `upstream` of shape kept.
Variable deviations(const Variable& x, const Variable& upstream, double correction) {
  const auto results = static_cast<double>(std::max<std::int64_t>(1, numel(upstream.shape())));
  const double count = static_cast<double>(numel(x.shape())) / results;
  const Variable mean = div(sum_to(x, upstream.shape()), count);
  return mul(sub(x, mean), upstream * (2 / std::max(0.0, count - correction)));
}

/// sign(x) |x|^(p-1) / norm^(p-1), times `upstream`; it and the norm have shape kept.
Variable norm_grad(const Variable& upstream, const Variable& x, const Variable& norm, double p) {
  const Tensor sign = tenon::sign(x.value());
  if (p == 0) return mul(upstream, zeros_like(x.value()));
  if (p == 1) return mul(upstream, sign);
  if (p == 2) {
    return mul(x, zero_where_zero(norm, div(upstream, or_one_where_zero(norm))));
  }
  if (std::isinf(p)) {
    const Tensor extreme = tenon::eq(tenon::abs(x.value()), norm.value()).to(x.dtype());
    return mul(upstream,
               tenon::mul(sign, tenon::div(extreme, tenon::sum_to(extreme, norm.shape()))));
  }
  // |x| / norm is at most 1 for p > 0: its powers do not overflow.
  const Variable ratio = div(abs(x), or_one_where_zero(norm));
  const Variable slope = zero_where_zero(x, pow(or_one_where_zero(ratio), p - 1));
  return mul(zero_where_zero(norm, upstream), mul(slope, sign));
}

/// The product of all elements before each along the last dimension, by doubling: the k-th step
/// multiplies by what is 2^k places to the left.
Variable product_before(const Variable& rows, bool backwards) {
  const std::int64_t count = rows.size(0), size = rows.size(1);
  const auto shifted = [&](const Variable& x, std::int64_t by) {
    const Variable ones(tenon::ones({count, by}, x.value().options()));
    return backwards ? cat(std::vector{slice(x, 1, by), ones}, 1)
                     : cat(std::vector{ones, slice(x, 1, 0, size - by)}, 1);
  };
  Variable products = shifted(rows, 1);
  for (std::int64_t by = 1; by < size; by *= 2) products = mul(products, shifted(products, by));
  return products;
}

/// For each element of x the product of the others that were reduced to the same element of `kept`:
/// without dividing, so that zeros do no harm.
Variable product_of_others(const Variable& x, const Shape& kept) {
  std::vector<int> order, back(static_cast<std::size_t>(x.ndim()));
  for (const bool reduced : {false, true}) {
    for (int d = 0; d < x.ndim(); ++d) {
      if ((kept[d] == 1 && x.size(d) != 1) == reduced) order.push_back(d);
    }
  }
  for (std::size_t i = 0; i < order.size(); ++i)
    back[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  const Variable sorted = permute(x, order);
  const Variable rows = reshape(sorted, {numel(kept), -1});
  const Variable others = mul(product_before(rows, false), product_before(rows, true));
  return permute(reshape(others, sorted.shape()), back);
}

}  // namespace

Variable sum(const Variable& x, DimList dims, bool keepdim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("sum"), [&](const Variable& high) { return sum(high, dims, keepdim); },
        x);
  }
  Tensor y = tenon::sum(x.value(), dims, keepdim);
  if (!recording(x)) return y;
  return record(
      "sum", std::move(y),
      [kept = kept_shape(x.shape(), dims)](Gradients& g) {
        g.set(0, expand(reshape(g.output(), kept), g.shape(0)));
      },
      x);
}

Variable mean(const Variable& x, DimList dims, bool keepdim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("mean"), [&](const Variable& high) { return mean(high, dims, keepdim); },
        x);
  }
  Tensor y = tenon::mean(x.value(), dims, keepdim);
  if (!recording(x)) return y;
  return record(
      "mean", std::move(y),
      [kept = kept_shape(x.shape(), dims)](Gradients& g) {
        const std::int64_t elements = numel(g.shape(0));
        // At least one per result: the mean of nothing has no derivative to divide.
        const auto count =
            std::max<std::int64_t>(1, elements / std::max<std::int64_t>(1, numel(kept)));
        g.set(0, expand(div(reshape(g.output(), kept), static_cast<double>(count)), g.shape(0)));
      },
      x);
}

Variable max(const Variable& x, DimList dims, bool keepdim) {
  return extremum("max", &tenon::max, x, dims, keepdim);
}

Variable min(const Variable& x, DimList dims, bool keepdim) {
  return extremum("min", &tenon::min, x, dims, keepdim);
}

Variable prod(const Variable& x, DimList dims, bool keepdim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("prod"), [&](const Variable& high) { return prod(high, dims, keepdim); },
        x);
  }
  Tensor y = tenon::prod(x.value(), dims, keepdim);
  if (!recording(x)) return y;
  const SavedVariable saved_y = save_output(y);
  return record(
      "prod", std::move(y),
      [x = save(x), y = saved_y, kept = kept_shape(x.shape(), dims)](Gradients& g) {
        const Variable& input = x.get(g);
        const Variable upstream = reshape(g.output(), kept);
        if (tenon::all(input.value()).item<bool>()) {
          return g.set(0, mul(mul(upstream, reshape(y.get(g), kept)), reciprocal(input)));
        }
        g.set(0, mul(upstream, product_of_others(input, kept)));
      },
      x);
}

Variable var(const Variable& x, DimList dims, double correction, bool keepdim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("var"),
        [&](const Variable& high) { return var(high, dims, correction, keepdim); }, x);
  }
  Tensor y = tenon::var(x.value(), dims, correction, keepdim);
  if (!recording(x)) return y;
  return record(
      "var", std::move(y),
      [x = save(x), kept = kept_shape(x.shape(), dims), correction](Gradients& g) {
        g.set(0, deviations(x.get(g), reshape(g.output(), kept), correction));
      },
      x);
}

Variable stddev(const Variable& x, DimList dims, double correction, bool keepdim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("stddev"),
        [&](const Variable& high) { return stddev(high, dims, correction, keepdim); }, x);
  }
  Tensor y = tenon::stddev(x.value(), dims, correction, keepdim);
  if (!recording(x)) return y;
  const SavedVariable saved_y = save_output(y);
  return record(
      "stddev", std::move(y),
      [x = save(x), y = saved_y, kept = kept_shape(x.shape(), dims), correction](Gradients& g) {
        const Variable half = div(g.output(), 2 * or_one_where_zero(y.get(g)));
        const Variable upstream = zero_where_zero(y.get(g), half);
        g.set(0, deviations(x.get(g), reshape(upstream, kept), correction));
      },
      x);
}

Variable norm(const Variable& x, DimList dims, double p, bool keepdim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("norm"),
        [&](const Variable& high) { return norm(high, dims, p, keepdim); }, x);
  }
  Tensor y = tenon::norm(x.value(), dims, p, keepdim);
  if (!recording(x)) return y;
  const SavedVariable saved_y = save_output(y);
  return record(
      "norm", std::move(y),
      [x = save(x), y = saved_y, kept = kept_shape(x.shape(), dims), p](Gradients& g) {
        const Variable upstream = reshape(g.output(), kept);
        g.set(0, norm_grad(upstream, x.get(g), reshape(y.get(g), kept), p));
      },
      x);
}

Variable logsumexp(const Variable& x, DimList dims, bool keepdim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("logsumexp"),
        [&](const Variable& high) { return logsumexp(high, dims, keepdim); }, x);
  }
  Tensor y = tenon::logsumexp(x.value(), dims, keepdim);
  if (!recording(x)) return y;
  const SavedVariable saved_y = save_output(y);
  return record(
      "logsumexp", std::move(y),
      [x = save(x), y = saved_y, kept = kept_shape(x.shape(), dims)](Gradients& g) {
        const Variable shares = exp(sub(x.get(g), reshape(y.get(g), kept)));
        g.set(0, mul(reshape(g.output(), kept), shares));
      },
      x);
}

Variable cumsum(const Variable& x, int dim, bool reverse) {
  if (autocasting()) {
    return autocast(
        autocast_precision("cumsum"),
        [&](const Variable& high) { return cumsum(high, dim, reverse); }, x);
  }
  Tensor y = tenon::cumsum(x.value(), dim, reverse);
  if (!recording(x)) return y;
  return record(
      "cumsum", std::move(y),
      [dim, reverse](Gradients& g) { g.set(0, cumsum(g.output(), dim, !reverse)); }, x);
}

Variable sum_to(const Variable& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  Tensor y = tenon::sum_to(x.value(), shape);
  if (!recording(x)) return y;
  return record(
      "sum_to", std::move(y), [](Gradients& g) { g.set(0, expand(g.output(), g.shape(0))); }, x);
}

}  // namespace tenon::autograd
