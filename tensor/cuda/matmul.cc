// Matrix products through cuBLASLt, the bias added in the product's epilogue. What the library's
// heuristic chooses for a shape is kept: asking it costs more than a small product.
//
// A row-major product is a column-major one of the transposes: out' = b' a'. ReLU follows as a
// kernel of its own: the library's turns NaN into 0, and would hide that a training has diverged.
#include <cublasLt.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tensor/cuda/dynamic_library.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce.h"
#include "tensor/cuda/submit.h"
#include "tensor/numerics.h"

namespace tenon::cuda {
namespace {

/// What the library may use beside its operands; its documentation advises this much for Hopper.
constexpr std::int64_t kWorkspaceBytes = INT64_C(32) << 20;

// The functions of the library that are used here.
#define TENON_CUBLASLT_FUNCTIONS(F)       \
  F(cublasLtCreate)                       \
  F(cublasLtGetStatusString)              \
  F(cublasLtMatmul)                       \
  F(cublasLtMatmulAlgoGetHeuristic)       \
  F(cublasLtMatmulDescCreate)             \
  F(cublasLtMatmulDescDestroy)            \
  F(cublasLtMatmulDescSetAttribute)       \
  F(cublasLtMatmulPreferenceCreate)       \
  F(cublasLtMatmulPreferenceDestroy)      \
  F(cublasLtMatmulPreferenceSetAttribute) \
  F(cublasLtMatrixLayoutCreate)           \
  F(cublasLtMatrixLayoutDestroy)          \
  F(cublasLtMatrixLayoutSetAttribute)
struct CublasLt {
#define TENON_DECLARE(name) decltype(&::name) name;
  TENON_CUBLASLT_FUNCTIONS(TENON_DECLARE)
#undef TENON_DECLARE
};

const CublasLt& lt() {
  static const DynamicLibrary library("matmul",
                                      "libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR));
  static const CublasLt functions{
#define TENON_RESOLVE(name) library.function<decltype(&::name)>(#name),
      TENON_CUBLASLT_FUNCTIONS(TENON_RESOLVE)
#undef TENON_RESOLVE
  };
  return functions;
}
#undef TENON_CUBLASLT_FUNCTIONS

void check(const char* what, cublasStatus_t status) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw DeviceError("[matmul] expected cuBLASLt to " + std::string(what) + ", got " +
                    lt().cublasLtGetStatusString(status));
}

cudaDataType_t data_type(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return CUDA_R_64F;
    case DType::kBF16:
      return CUDA_R_16BF;
    case DType::kF16:
      return CUDA_R_16F;
    default:
      return CUDA_R_32F;
  }
}

/// A library's object with its own way to destroy it.
template <class T>
using Handle = std::unique_ptr<std::remove_pointer_t<T>, cublasStatus_t (*)(T)>;

cublasLtHandle_t library() {
  static auto* handles = new std::map<int, cublasLtHandle_t>;
  static auto* mutex = new std::mutex;
  const std::lock_guard lock(*mutex);
  cublasLtHandle_t& handle = (*handles)[current_device()];
  if (!handle) check("start", lt().cublasLtCreate(&handle));
  return handle;
}

/// A matrix as the library sees it: columns dense, `pitch` elements apart.
struct Matrix {
  const void* data;
  DType dtype;
  bool transposed;  // of the memory as column-major: what is multiplied is its transpose
  std::int64_t rows, columns, pitch;  // of the memory
  std::int64_t batch_stride;

  std::int64_t alignment() const {
    const auto address = reinterpret_cast<std::uintptr_t>(data);
    return address == 0 ? 256 : std::min<std::int64_t>(address & -address, 256);
  }
};

bool is_row_major(const Tensor& x) {
  return (x.strides()[2] == 1 || x.shape()[2] == 1) &&
         (x.shape()[1] == 1 || x.strides()[1] >= x.shape()[2]);
}
bool is_column_major(const Tensor& x) {
  return (x.strides()[1] == 1 || x.shape()[1] == 1) &&
         (x.shape()[2] == 1 || x.strides()[2] >= x.shape()[1]);
}

/// x [B,R,C], whose transpose column-major memory of dense rows is.
Matrix matrix(const Tensor& x) {
  const std::int64_t rows = x.shape()[1], columns = x.shape()[2];
  const std::int64_t batch = x.shape()[0] == 1 ? rows * columns : x.strides()[0];
  if (is_row_major(x)) {
    const std::int64_t pitch = rows == 1 ? columns : x.strides()[1];
    return {x.raw_data(), x.dtype(), false, columns, rows, pitch, batch};
  }
  const std::int64_t pitch = columns == 1 ? rows : x.strides()[2];
  return {x.raw_data(), x.dtype(), true, rows, columns, pitch, batch};
}

/// x or a copy that the library takes.
Tensor as_plain(const Tensor& x) {
  return is_row_major(x) || is_column_major(x) ? x : x.contiguous();
}

struct Problem {
  Matrix left, right, out;  // of the column-major product: from b, from a, out
  std::int64_t batch;
  const void* bias;
  bool accumulate;
  Numerics numerics;

  std::vector<std::int64_t> key() const {
    std::vector<std::int64_t> key{current_device(), batch,         bias != nullptr,
                                  accumulate,       numerics.tf32, numerics.deterministic};
    for (const Matrix* m : {&left, &right, &out}) {
      key.insert(key.end(), {static_cast<std::int64_t>(m->dtype), m->transposed, m->rows,
                             m->columns, m->pitch, m->batch_stride, m->alignment()});
    }
    return key;
  }
};

template <class Value>
void set(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute, const Value& value) {
  check("take an attribute",
        lt().cublasLtMatmulDescSetAttribute(desc, attribute, &value, sizeof(value)));
}

Handle<cublasLtMatrixLayout_t> layout(const Matrix& m, std::int64_t batch) {
  cublasLtMatrixLayout_t made = nullptr;
  check("describe a matrix", lt().cublasLtMatrixLayoutCreate(
                                 &made, data_type(m.dtype), static_cast<std::uint64_t>(m.rows),
                                 static_cast<std::uint64_t>(m.columns), m.pitch));
  Handle<cublasLtMatrixLayout_t> handle(made, lt().cublasLtMatrixLayoutDestroy);
  const auto count = static_cast<std::int32_t>(batch);
  check("take a batch", lt().cublasLtMatrixLayoutSetAttribute(
                            made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof(count)));
  check("take a stride",
        lt().cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                              &m.batch_stride, sizeof(m.batch_stride)));
  return handle;
}

/// A product that was prepared: everything but the addresses.
class Plan {
 public:
  explicit Plan(const Problem& problem)
      : desc_(nullptr, lt().cublasLtMatmulDescDestroy),
        left_(layout(problem.left, problem.batch)),
        right_(layout(problem.right, problem.batch)),
        out_(layout(problem.out, problem.batch)),
        wide_(problem.left.dtype == DType::kF64) {
    cublasLtMatmulDesc_t desc = nullptr;
    check("describe a product", lt().cublasLtMatmulDescCreate(&desc, compute_type(problem),
                                                              wide_ ? CUDA_R_64F : CUDA_R_32F));
    desc_.reset(desc);
    set(desc, CUBLASLT_MATMUL_DESC_TRANSA, problem.left.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(desc, CUBLASLT_MATMUL_DESC_TRANSB, problem.right.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
    if (problem.bias) {
      set(desc, CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
      set(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, problem.bias);
    }
    choose(problem);
  }

  void run(const Problem& problem) const {
    const double wide[2] = {1, problem.accumulate ? 1.0 : 0.0};
    const float narrow[2] = {1, problem.accumulate ? 1.0f : 0.0f};
    const void* alpha = wide_ ? static_cast<const void*>(&wide[0]) : &narrow[0];
    const void* beta = wide_ ? static_cast<const void*>(&wide[1]) : &narrow[1];
    if (problem.bias) set(desc_.get(), CUBLASLT_MATMUL_DESC_BIAS_POINTER, problem.bias);
    const auto bytes = static_cast<std::int64_t>(choice_.workspaceSize);
    const Tensor workspace = bytes > 0 ? reduce_workspace(bytes) : Tensor();
    void* out = const_cast<void*>(problem.out.data);
    check("multiply",
          lt().cublasLtMatmul(library(), desc_.get(), alpha, problem.left.data, left_.get(),
                              problem.right.data, right_.get(), beta, out, out_.get(), out,
                              out_.get(), &choice_.algo, bytes > 0 ? workspace.raw_data() : nullptr,
                              choice_.workspaceSize, current_stream()));
  }

 private:
  static cublasComputeType_t compute_type(const Problem& problem) {
    if (problem.left.dtype == DType::kF64) return CUBLAS_COMPUTE_64F;
    const bool tf32 = problem.numerics.tf32 && problem.left.dtype == DType::kF32;
    return tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  }

  void choose(const Problem& problem) {
    cublasLtMatmulPreference_t made = nullptr;
    check("take preferences", lt().cublasLtMatmulPreferenceCreate(&made));
    const Handle<cublasLtMatmulPreference_t> preference(made, lt().cublasLtMatmulPreferenceDestroy);
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, auto value) {
      check("take a preference",
            lt().cublasLtMatmulPreferenceSetAttribute(made, attribute, &value, sizeof(value)));
    };
    const auto bytes = [](const Matrix& m) { return static_cast<std::uint32_t>(m.alignment()); };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, static_cast<std::uint64_t>(kWorkspaceBytes));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, bytes(problem.left));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, bytes(problem.right));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, bytes(problem.out));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, bytes(problem.out));
    if (problem.numerics.deterministic) {  // parts of sums meet in memory of their own, in order
      prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
             static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE |
                                        CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE));
    }
    int found = 0;
    check("choose an algorithm",
          lt().cublasLtMatmulAlgoGetHeuristic(library(), desc_.get(), left_.get(), right_.get(),
                                              out_.get(), out_.get(), made, 1, &choice_, &found));
    if (found == 0) throw DeviceError("[matmul] expected cuBLASLt to have an algorithm, got none");
  }

  Handle<cublasLtMatmulDesc_t> desc_;
  Handle<cublasLtMatrixLayout_t> left_, right_, out_;
  bool wide_;
  cublasLtMatmulHeuristicResult_t choice_{};
};

void run(const Problem& problem) {
  if (!begin_call()) return;
  static auto* plans = new std::map<std::vector<std::int64_t>, Plan>;
  static auto* mutex = new std::mutex;
  const std::lock_guard lock(*mutex);  // a plan holds the bias's address while it is started
  const auto key = problem.key();
  auto found = plans->find(key);
  if (found == plans->end()) found = plans->try_emplace(key, problem).first;
  found->second.run(problem);
}

/// No inner dimension: the product is zero, and what is left is activation(bias).
void matmul_of_nothing(const MatmulArgs& args, const Tensor& out) {
  if (args.accumulate) return;
  fill(0, out);
  if (args.bias) copy(args.bias->expand(out.shape()), out);
}

}  // namespace

void matmul(const MatmulArgs& args, const Tensor& out) {
  if (out.numel() == 0) return;
  if (args.a.shape()[2] == 0) {
    matmul_of_nothing(args, out);
  } else {
    const Tensor a = as_plain(args.a), b = as_plain(args.b);
    const bool fused = args.bias && out.dtype() != DType::kF64;  // which has no epilogues
    const Tensor bias = fused ? args.bias->to(out.dtype()).contiguous() : Tensor();
    run({matrix(b), matrix(a), matrix(out), out.shape()[0], fused ? bias.raw_data() : nullptr,
         args.accumulate, numerics()});
    if (args.bias && !fused) binary(BinaryOp::kAdd, out, args.bias->expand(out.shape()), out);
  }
  if (args.activation == Activation::kRelu) unary(UnaryOp::kRelu, out, out);
}

}  // namespace tenon::cuda
