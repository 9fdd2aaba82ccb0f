// What this binary was built with and what it found on this machine.
#ifndef TENON_TENSOR_BUILD_INFO_H_
#define TENON_TENSOR_BUILD_INFO_H_

#include <string>

namespace tenon {

struct BuildInfo {
  bool optimized = false;          ///< built with optimization
  std::string compiler;            ///< "gcc 12.2.0"
  std::string compiled_for;        ///< widest vector instructions compiled in: "avx512"
  std::string matmul_kernels;      ///< instruction set that oneDNN chose: "avx512_core_amx"
  std::string onednn_version;      ///< "2.6.3"
  int threads = 1;                 ///< threads that CPU kernels use
};

BuildInfo build_info();

/// One line for logs: "gcc 12.2.0, optimized, avx512; oneDNN 2.6.3 (avx512_core_amx); 2 threads".
std::string to_string(const BuildInfo& info);

/// Threads that CPU kernels use, from OMP_NUM_THREADS or the number of processors.
int num_threads();
/// Throws ValueError below 1.
void set_num_threads(int threads);

}  // namespace tenon

#endif  // TENON_TENSOR_BUILD_INFO_H_
