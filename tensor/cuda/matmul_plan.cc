#include "tensor/cuda/matmul_plan.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "tensor/cuda/per_device.h"
#include "tensor/cuda/relu_mask.h"
#include "tensor/cuda/runtime.h"
#include "tensor/cuda/submit.h"

namespace tenon::cuda::blas {
namespace {

/// What the library may use beside its operands; its documentation advises this much for Hopper.
constexpr std::int64_t kWorkspaceBytes = INT64_C(32) << 20;

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

/// Bytes that the address is a multiple of.
std::int64_t alignment(const void* data) {
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  return address == 0
             ? 256
             : static_cast<std::int64_t>(std::min<std::uintptr_t>(address & -address, 256));
}

bool is_row_major(const Tensor& x) {
  return (x.strides()[2] == 1 || x.shape()[2] == 1) &&
         (x.shape()[1] == 1 || x.strides()[1] >= x.shape()[2]);
}
bool is_column_major(const Tensor& x) {
  return (x.strides()[1] == 1 || x.shape()[1] == 1) &&
         (x.shape()[2] == 1 || x.strides()[2] >= x.shape()[1]);
}

template <class Value>
void set(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute, const Value& value) {
  check("take an attribute",
        library().cublasLtMatmulDescSetAttribute(desc, attribute, &value, sizeof(value)));
}

Handle<cublasLtMatrixLayout_t> layout(const Matrix& m, std::int64_t batch) {
  cublasLtMatrixLayout_t made = nullptr;
  check("describe a matrix", library().cublasLtMatrixLayoutCreate(
                                 &made, data_type(m.dtype), static_cast<std::uint64_t>(m.rows),
                                 static_cast<std::uint64_t>(m.columns), m.pitch));
  Handle<cublasLtMatrixLayout_t> handle(made, library().cublasLtMatrixLayoutDestroy);
  const auto count = static_cast<std::int32_t>(batch);
  check("take a batch", library().cublasLtMatrixLayoutSetAttribute(
                            made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof(count)));
  check("take a stride", library().cublasLtMatrixLayoutSetAttribute(
                             made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &m.batch_stride,
                             sizeof(m.batch_stride)));
  return handle;
}

cublasComputeType_t compute_type(const Problem& problem) {
  if (problem.left.dtype == DType::kF64) return CUBLAS_COMPUTE_64F;
  const bool tf32 = problem.numerics.tf32 && problem.left.dtype == DType::kF32;
  return tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
}

/// A plan, or why there is none.
struct Entry {
  std::optional<Plan> plan;
  cublasStatus_t status = CUBLAS_STATUS_NOT_INITIALIZED;
};

/// Whether it is the arguments that the library does not take.
bool is_refusal(cublasStatus_t status) {
  return status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_INVALID_VALUE ||
         status == CUBLAS_STATUS_ARCH_MISMATCH;
}

/// The library's handle on a device, and the plans made there.
struct OnDevice {
  std::mutex mutex;  // a plan holds addresses while it is started
  cublasLtHandle_t handle = nullptr;
  std::map<std::vector<std::int64_t>, Entry> plans;
};
OnDevice& on_device() {
  static auto* all = new PerDevice<OnDevice>;
  return all->here();
}
/// Under its lock.
cublasLtHandle_t handle() {
  cublasLtHandle_t& handle = on_device().handle;
  if (!handle) check("start", library().cublasLtCreate(&handle));
  return handle;
}

}  // namespace

bool is_plain(const Tensor& x) { return is_row_major(x) || is_column_major(x); }

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

std::vector<std::int64_t> Problem::key() const {
  std::vector<std::int64_t> key{
      batch,      epilogue.code(), alignment(vector),     alignment(second),
      accumulate, numerics.tf32,   numerics.deterministic};
  for (const Matrix* m : {&left, &right, &out}) {
    key.insert(key.end(), {static_cast<std::int64_t>(m->dtype), m->transposed, m->rows, m->columns,
                           m->pitch, m->batch_stride, alignment(m->data)});
  }
  return key;
}

Plan::Plan(const Problem& problem)
    : desc_(nullptr, library().cublasLtMatmulDescDestroy),
      left_(layout(problem.left, problem.batch)),
      right_(layout(problem.right, problem.batch)),
      out_(layout(problem.out, problem.batch)),
      wide_(problem.left.dtype == DType::kF64) {
  cublasLtMatmulDesc_t desc = nullptr;
  check("describe a product", library().cublasLtMatmulDescCreate(&desc, compute_type(problem),
                                                                 wide_ ? CUDA_R_64F : CUDA_R_32F));
  desc_.reset(desc);
  set(desc, CUBLASLT_MATMUL_DESC_TRANSA, problem.left.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(desc, CUBLASLT_MATMUL_DESC_TRANSB, problem.right.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(desc, CUBLASLT_MATMUL_DESC_EPILOGUE, problem.epilogue.code());
  if (problem.epilogue.has_matrix()) {
    const std::int64_t rows = problem.out.rows;
    const std::int64_t pitch = problem.epilogue.mask ? relu_mask_pitch(rows) : rows;
    set(desc, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, pitch);
    set(desc, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, pitch * problem.out.columns);
  }
  set_addresses(problem);
}

void Plan::set_addresses(const Problem& problem) const {
  if (problem.vector) set(desc_.get(), CUBLASLT_MATMUL_DESC_BIAS_POINTER, problem.vector);
  if (problem.second) set(desc_.get(), CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, problem.second);
}

cublasStatus_t Plan::choose(const Problem& problem) {
  cublasLtMatmulPreference_t made = nullptr;
  check("take preferences", library().cublasLtMatmulPreferenceCreate(&made));
  const Handle<cublasLtMatmulPreference_t> preference(made,
                                                      library().cublasLtMatmulPreferenceDestroy);
  const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, auto value) {
    check("take a preference",
          library().cublasLtMatmulPreferenceSetAttribute(made, attribute, &value, sizeof(value)));
  };
  const auto bytes = [](const Matrix& m) { return static_cast<std::uint32_t>(alignment(m.data)); };
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
  const cublasStatus_t status =
      library().cublasLtMatmulAlgoGetHeuristic(handle(), desc_.get(), left_.get(), right_.get(),
                                               out_.get(), out_.get(), made, 1, &choice_, &found);
  return status == CUBLAS_STATUS_SUCCESS && found == 0 ? CUBLAS_STATUS_NOT_SUPPORTED : status;
}

cublasStatus_t Plan::run(const Problem& problem) const {
  const double wide[2] = {1, problem.accumulate ? 1.0 : 0.0};
  const float narrow[2] = {1, problem.accumulate ? 1.0f : 0.0f};
  const void* alpha = wide_ ? static_cast<const void*>(&wide[0]) : &narrow[0];
  const void* beta = wide_ ? static_cast<const void*>(&wide[1]) : &narrow[1];
  set_addresses(problem);
  const auto bytes = static_cast<std::int64_t>(choice_.workspaceSize);
  const Tensor workspace = bytes > 0 ? call_workspace(bytes) : Tensor();
  void* out = const_cast<void*>(problem.out.data);
  return library().cublasLtMatmul(
      handle(), desc_.get(), alpha, problem.left.data, left_.get(), problem.right.data,
      right_.get(), beta, out, out_.get(), out, out_.get(), &choice_.algo,
      bytes > 0 ? workspace.raw_data() : nullptr, choice_.workspaceSize, current_stream());
}

bool multiply(const Problem& problem, std::string* reason) {
  OnDevice& here = on_device();
  const std::lock_guard lock(here.mutex);
  const auto [found, is_new] = here.plans.try_emplace(problem.key());
  Entry& entry = found->second;
  if (is_new) {
    entry.plan.emplace(problem);
    entry.status = entry.plan->choose(problem);
  }
  // What the library chose it may still refuse to run.
  if (entry.status == CUBLAS_STATUS_SUCCESS && begin_call())
    entry.status = entry.plan->run(problem);
  if (entry.status == CUBLAS_STATUS_SUCCESS) return true;
  if (problem.epilogue == Epilogue{} || !is_refusal(entry.status)) {
    const cublasStatus_t status = entry.status;
    here.plans.erase(found);  // the next one may do better
    check("multiply", status);
  }
  entry.plan.reset();
  *reason = std::string("cuBLASLt says ") + library().cublasLtGetStatusString(entry.status);
  return false;
}

}  // namespace tenon::cuda::blas
