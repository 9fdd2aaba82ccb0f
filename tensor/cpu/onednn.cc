#include "tensor/cpu/onednn.h"

#include <unordered_map>

namespace tenon::cpu::onednn {
namespace {

/// FNV-1a over whole words, with a final mix.
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const std::int64_t value : key.values) {
      hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x100000001b3u;
    }
    return hash ^ (hash >> 29);
  }
};

}  // namespace

dnnl::engine& engine() {
  static auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

dnnl::stream& stream() {
  thread_local dnnl::stream stream(engine());
  return stream;
}

std::string effective_isa() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
      return "sse41";
    case dnnl::cpu_isa::avx:
      return "avx";
    case dnnl::cpu_isa::avx2:
      return "avx2";
    case dnnl::cpu_isa::avx2_vnni:
      return "avx2_vnni";
    case dnnl::cpu_isa::avx512_core:
      return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "avx512_core_vnni";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "avx512_core_bf16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "avx512_core_amx";
    default:
      return "other";
  }
}

std::string version() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

bool supports(DType dtype) {
  if (dtype == DType::kF32) return true;
  if (dtype != DType::kBF16) return false;
  static const bool bf16 = [] {
    switch (dnnl::get_effective_cpu_isa()) {
      case dnnl::cpu_isa::avx512_core:
      case dnnl::cpu_isa::avx512_core_vnni:
      case dnnl::cpu_isa::avx512_core_bf16:
      case dnnl::cpu_isa::avx512_core_amx:
        return true;
      default:
        return false;
    }
  }();
  return bf16;
}

dnnl::memory::data_type data_type(DType dtype) {
  return dtype == DType::kBF16 ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
}

void Execution::add_source(int id, const dnnl::memory::desc& user,
                           const dnnl::memory::desc& wanted) {
  Argument argument;
  argument.id = id;
  argument.user = dnnl::memory(user, engine(), nullptr);
  if (user != wanted) {
    argument.internal = dnnl::memory(wanted, engine());
    argument.reorder = dnnl::reorder(argument.user, *argument.internal);
  }
  const dnnl::memory& seen = argument.internal ? *argument.internal : argument.user;
  raw_.push_back({id, seen.get()});
  arguments_.push_back(std::move(argument));
}

void Execution::add_result(int id, const dnnl::memory::desc& user,
                           const dnnl::memory::desc& given) {
  Argument argument;
  argument.id = id;
  argument.is_result = true;
  argument.user = dnnl::memory(user, engine(), nullptr);
  if (user != given) {
    argument.internal = dnnl::memory(given, engine());
    argument.reorder = dnnl::reorder(*argument.internal, argument.user);
  }
  const dnnl::memory& seen = argument.internal ? *argument.internal : argument.user;
  raw_.push_back({id, seen.get()});
  arguments_.push_back(std::move(argument));
}

void Execution::run(std::initializer_list<void*> addresses) {
  dnnl::stream& on = stream();
  auto address = addresses.begin();
  for (Argument& argument : arguments_) {
    argument.user.set_data_handle(*address++);
    if (argument.reorder && !argument.is_result) {
      argument.reorder->execute(on, argument.user, *argument.internal);
    }
  }
  dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive_.get(), on.get(),
                                                 static_cast<int>(raw_.size()), raw_.data()),
                          "could not run a primitive");
  for (Argument& argument : arguments_) {
    if (argument.reorder && argument.is_result) {
      argument.reorder->execute(on, *argument.internal, argument.user);
    }
  }
}

namespace {

using Executions = std::unordered_map<Key, Execution, KeyHash>;

Executions& executions() {
  thread_local Executions executions;
  return executions;
}

}  // namespace

Execution* find(const Key& key) {
  const auto found = executions().find(key);
  return found == executions().end() ? nullptr : &found->second;
}

Execution& insert(const Key& key, Execution execution) {
  if (executions().size() >= kMaxCached) executions().clear();
  return executions().emplace(key, std::move(execution)).first->second;
}

}  // namespace tenon::cpu::onednn
