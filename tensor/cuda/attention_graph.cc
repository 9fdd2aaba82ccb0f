#include "tensor/cuda/attention_graph.h"

#include <utility>

namespace tenon::cuda {
namespace {

using cudnn::Graph;
using Value = Graph::Value;

Dims swapped(Dims dims) {
  std::swap(dims[2], dims[3]);
  return dims;
}

/// What both directions describe.
struct Builder {
  Builder(const char* op, const AttentionProblem& problem)
      : p(problem),
        graph(op),
        scores{p.q[0], p.q[1], p.q[2], p.k[2]},
        rows{p.q[0], p.q[1], p.q[2], 1},
        y{p.q[0], p.q[1], p.q[2], p.v[3]} {}

  Value memory(std::int64_t id, const Shape& shape, const Strides& strides) {
    return graph.memory(id, {p.dtype, shape, strides});
  }
  Value wide_memory(std::int64_t id, const Shape& shape) {
    return graph.memory(id, {DType::kF32, shape, row_major_strides(shape)});
  }
  Value pointwise(cudnnPointwiseMode_t mode, const Graph::PointwiseArgs& args, const Shape& shape,
                  cudnnDataType_t type = CUDNN_DATA_FLOAT) {
    const Value out = graph.intermediate(shape, type);
    graph.pointwise(mode, args, out);
    return out;
  }
  Value product(Value a, Value b, const Shape& shape) {
    const Value out = graph.intermediate(shape);
    graph.matmul(a, b, out);
    return out;
  }
  Value reduce(cudnnReduceTensorOp_t op, Value x) {
    const Value out = graph.intermediate(rows);
    graph.reduce(op, x, out);
    return out;
  }

  /// The number of each score's row (axis 2) or column (axis 3).
  Value index(Value like, std::int64_t axis) {
    return pointwise(CUDNN_POINTWISE_GEN_INDEX, {.x = like, .axis = axis}, scores,
                     CUDNN_DATA_INT32);
  }
  /// -infinity where a query does not see a key.
  Value masked(Value x) {
    if (p.mask == AttentionMask::kNone) return x;
    Value row = index(x, 2);
    const Value column = index(x, 3);
    const auto shift = [&](cudnnPointwiseMode_t mode, AttentionId by) {
      row = pointwise(
          mode, {.x = row, .b = graph.number(by, CUDNN_DATA_INT32), .precision = CUDNN_DATA_INT32},
          scores, CUDNN_DATA_INT32);
    };
    if (p.mask == AttentionMask::kCausalFromEnd) {
      shift(CUDNN_POINTWISE_ADD, kAttentionKeys);
      shift(CUDNN_POINTWISE_SUB, kAttentionQueries);
    }
    const Value seen =
        pointwise(CUDNN_POINTWISE_CMP_GE, {.x = row, .b = column, .precision = CUDNN_DATA_BOOLEAN},
                  scores, CUDNN_DATA_BOOLEAN);
    return pointwise(CUDNN_POINTWISE_BINARY_SELECT,
                     {.x = x, .b = graph.number(kAttentionHidden, CUDNN_DATA_FLOAT), .t = seen},
                     scores);
  }

  const AttentionProblem& p;
  Graph graph;
  Shape scores, rows, y;
};

}  // namespace

std::vector<std::int64_t> AttentionProblem::key() const {
  std::vector<std::int64_t> key{static_cast<std::int64_t>(dtype), static_cast<std::int64_t>(mask),
                                deterministic};
  for (const Dims* dims : {&q, &k, &v, &q_strides, &k_strides, &v_strides, &y_strides,
                           &grad_strides, &q_grad_strides, &k_grad_strides, &v_grad_strides}) {
    key.insert(key.end(), dims->begin(), dims->end());
  }
  return key;
}

Graph attention_graph(const AttentionProblem& p) {
  Builder b("attention", p);
  const Value q = b.memory(kAttentionQ, p.q, p.q_strides);
  const Value k = b.memory(kAttentionK, swapped(p.k), swapped(p.k_strides));
  const Value v = b.memory(kAttentionV, p.v, p.v_strides);
  const Value y = b.memory(kAttentionY, b.y, p.y_strides);
  const Value logsumexp = b.wide_memory(kAttentionLogsumexp, b.rows);
  const Value scale = b.graph.number(kAttentionScale, CUDNN_DATA_FLOAT);

  Value scores = b.product(q, k, b.scores);
  scores = b.pointwise(CUDNN_POINTWISE_MUL, {.x = scores, .b = scale}, b.scores);
  scores = b.masked(scores);
  const Value largest = b.reduce(CUDNN_REDUCE_TENSOR_MAX, scores);
  Value weights = b.pointwise(CUDNN_POINTWISE_SUB, {.x = scores, .b = largest}, b.scores);
  weights = b.pointwise(CUDNN_POINTWISE_EXP, {.x = weights}, b.scores);
  const Value sum = b.reduce(CUDNN_REDUCE_TENSOR_ADD, weights);
  const Value log = b.pointwise(CUDNN_POINTWISE_LOG, {.x = sum}, b.rows);
  b.graph.pointwise(CUDNN_POINTWISE_ADD, {.x = largest, .b = log}, logsumexp);
  weights = b.pointwise(CUDNN_POINTWISE_DIV, {.x = weights, .b = sum}, b.scores,
                        cudnn::data_type(p.dtype));
  b.graph.matmul(weights, v, y);
  return std::move(b.graph);
}

Graph attention_grad_graph(const AttentionProblem& p) {
  Builder b("attention_grad", p);
  const cudnnDataType_t narrow = cudnn::data_type(p.dtype);
  const Value q = b.memory(kAttentionQ, p.q, p.q_strides);
  const Value k = b.memory(kAttentionK, swapped(p.k), swapped(p.k_strides));
  const Value v = b.memory(kAttentionV, swapped(p.v), swapped(p.v_strides));
  const Value y = b.memory(kAttentionY, b.y, p.y_strides);
  const Value grad = b.memory(kAttentionGrad, b.y, p.grad_strides);
  const Value logsumexp = b.wide_memory(kAttentionLogsumexp, b.rows);
  const Value q_grad = b.memory(kAttentionQGrad, p.q, p.q_grad_strides);
  const Value k_grad = b.memory(kAttentionKGrad, p.k, p.k_grad_strides);
  const Value v_grad = b.memory(kAttentionVGrad, p.v, p.v_grad_strides);
  const Value scale = b.graph.number(kAttentionScale, CUDNN_DATA_FLOAT);
  const Value one = b.graph.number(kAttentionOne, CUDNN_DATA_FLOAT);

  // The transposes that both products with keys on the left are of.
  const Shape turned = swapped(b.scores);
  const auto transposed = [&](Value x) {
    const Value out = b.graph.intermediate(turned, swapped(row_major_strides(b.scores)), narrow);
    b.graph.reshape(x, out);
    return out;
  };
  // to [B,G,S,·] = x^T [B,H,S,T] against `other` [B,H,T,·], summed over the heads that share one.
  const auto against = [&](Value x, Value other, const Shape& shape, Value to) {
    if (p.q[1] == p.k[1]) return b.graph.matmul(transposed(x), other, to);
    const Shape each{p.q[0], p.q[1], p.k[2], shape[3]};
    const Value all = b.graph.intermediate(each, narrow);
    b.graph.matmul(transposed(x), other, all);
    b.graph.reduce(CUDNN_REDUCE_TENSOR_ADD, all, to);
  };

  const Value products = b.pointwise(CUDNN_POINTWISE_MUL, {.x = grad, .b = y}, b.y);
  const Value summed = b.reduce(CUDNN_REDUCE_TENSOR_ADD, products);
  const Value along = b.wide_memory(kAttentionRows, b.rows);
  b.graph.pointwise(CUDNN_POINTWISE_MUL, {.x = summed, .b = one}, along);

  Value weights = b.product(q, k, b.scores);
  weights = b.pointwise(CUDNN_POINTWISE_MUL, {.x = weights, .b = scale}, b.scores);
  weights = b.pointwise(CUDNN_POINTWISE_SUB, {.x = weights, .b = logsumexp}, b.scores);
  weights = b.masked(weights);
  weights = b.pointwise(CUDNN_POINTWISE_EXP, {.x = weights}, b.scores);
  against(weights, grad, p.v, v_grad);

  Value slopes = b.product(grad, v, b.scores);
  slopes = b.pointwise(CUDNN_POINTWISE_SUB, {.x = slopes, .b = along}, b.scores);
  slopes = b.pointwise(CUDNN_POINTWISE_MUL, {.x = slopes, .b = weights}, b.scores);
  slopes = b.pointwise(CUDNN_POINTWISE_MUL, {.x = slopes, .b = scale}, b.scores);
  against(slopes, q, p.k, k_grad);

  const Value keys = b.graph.intermediate(p.k, p.k_strides, narrow);
  b.graph.reshape(k, keys);
  if (p.deterministic) {
    b.graph.matmul(slopes, keys, q_grad);
  } else {
    const Value sums = b.wide_memory(kAttentionSums, p.q);
    b.graph.matmul(slopes, keys, sums);
    b.graph.pointwise(CUDNN_POINTWISE_IDENTITY, {.x = sums}, q_grad);
  }
  return std::move(b.graph);
}

}  // namespace tenon::cuda
