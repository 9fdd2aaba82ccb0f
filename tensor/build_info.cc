#include "tensor/build_info.h"

#include "tensor/cpu/onednn.h"
#include "tensor/cpu/parallel.h"
#include "tensor/error.h"

namespace tenon {
namespace {

constexpr const char* kCompiledFor =
#if defined(__AVX512F__)
    "avx512";
#elif defined(__AVX2__)
    "avx2";
#elif defined(__AVX__)
    "avx";
#else
    "baseline";
#endif

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

#if defined(__OPTIMIZE__)
constexpr bool kOptimized = true;
#else
constexpr bool kOptimized = false;
#endif

}  // namespace

BuildInfo build_info() {
  return {.optimized = kOptimized,
          .compiler = kCompiler,
          .compiled_for = kCompiledFor,
          .matmul_kernels = cpu::onednn::effective_isa(),
          .onednn_version = cpu::onednn::version(),
          .threads = num_threads()};
}

std::string to_string(const BuildInfo& info) {
  return info.compiler + (info.optimized ? ", optimized, " : ", NOT optimized, ") +
         info.compiled_for + "; oneDNN " + info.onednn_version + " (" + info.matmul_kernels +
         "); " + std::to_string(info.threads) + (info.threads == 1 ? " thread" : " threads");
}

int num_threads() { return cpu::max_threads(); }

void set_num_threads(int threads) {
  if (threads < 1) {
    throw ValueError("[set_num_threads] expected at least 1, got " + std::to_string(threads));
  }
  cpu::set_max_threads(threads);
}

}  // namespace tenon
