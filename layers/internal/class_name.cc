#include "layers/internal/class_name.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace tenon::layers::internal {
namespace {

/// Where the last component begins: after the last "::" outside of template arguments.
std::size_t last_component(const std::string& name) {
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<' || name[i] == '(') ++depth;
    if (name[i] == '>' || name[i] == ')') --depth;
    if (depth == 0 && name[i] == ':') begin = i + 1;
  }
  return begin;
}

}  // namespace

std::string class_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  const std::string name = demangled ? demangled.get() : type.name();
  return name.substr(last_component(name));
}

}  // namespace tenon::layers::internal
