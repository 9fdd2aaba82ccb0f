// oneDNN behind a cache of primitives: building one costs 50 µs to several ms, running it a few µs.
#ifndef TENON_TENSOR_CPU_ONEDNN_H_
#define TENON_TENSOR_CPU_ONEDNN_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tensor/cpu/parallel.h"
#include "tensor/tensor.h"

#include <oneapi/dnnl/dnnl.hpp>

namespace tenon::cpu::onednn {

dnnl::engine& engine();
dnnl::stream& stream();

/// Instruction set that oneDNN dispatches to on this machine: "avx512_core_amx".
std::string effective_isa();
std::string version();

/// Whether products and convolutions run in this dtype (bf16 wants AVX-512).
bool supports(DType dtype);

dnnl::memory::data_type data_type(DType dtype);

/// One argument of a primitive: a tensor whose address changes from call to call. Where the
/// primitive wants another layout than the tensor has, a reorder and a buffer stand between.
struct Argument {
  int id = 0;                              // DNNL_ARG_…
  dnnl::memory user;                       // in the tensor's own layout
  std::optional<dnnl::memory> internal;    // in the primitive's, where that differs
  std::optional<dnnl::reorder> reorder;    // user -> internal for sources, back for results
  bool is_result = false;
};

/// A primitive ready to run on tensors of the shapes and layouts it was built for.
class Execution {
 public:
  Execution() = default;
  explicit Execution(dnnl::primitive primitive) : primitive_(std::move(primitive)) {}

  /// `user` is the tensor's layout, `wanted` the primitive's.
  void add_source(int id, const dnnl::memory::desc& user, const dnnl::memory::desc& wanted);
  void add_result(int id, const dnnl::memory::desc& user, const dnnl::memory::desc& given);

  /// Addresses in the order in which the arguments were added.
  void run(std::initializer_list<void*> addresses);

 private:
  dnnl::primitive primitive_;
  std::vector<Argument> arguments_;
  std::vector<dnnl_exec_arg_t> raw_;
};

/// Everything that decides which primitive is wanted, as numbers.
struct Key {
  std::array<std::int64_t, 24> values{};
  bool operator==(const Key&) const = default;
};

Execution* find(const Key& key);
Execution& insert(const Key& key, Execution execution);

/// The execution for `key` on this thread, built by `make` the first time. Per thread, because an
/// execution holds addresses while it runs. When kMaxCached are held, all are dropped: a program
/// that keeps inventing shapes pays for building again, but its memory stays bounded.
inline constexpr std::size_t kMaxCached = 1024;
template <class F>
Execution& cached(Key key, const F& make) {
  key.values.back() = max_threads();  // a primitive's plan and buffers are for so many threads
  if (Execution* found = find(key)) return *found;
  try {
    return insert(key, make());
  } catch (const dnnl::error& error) {  // a shape or dtype that oneDNN does not take
    throw DeviceError("[onednn] " + std::string(error.what()));
  }
}

}  // namespace tenon::cpu::onednn

#endif  // TENON_TENSOR_CPU_ONEDNN_H_
