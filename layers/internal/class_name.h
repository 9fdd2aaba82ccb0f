// The name of an object's class, for messages and tables.
#ifndef TENON_LAYERS_INTERNAL_CLASS_NAME_H_
#define TENON_LAYERS_INTERNAL_CLASS_NAME_H_

#include <string>
#include <typeinfo>

namespace tenon::layers::internal {

/// "Linear" for tenon::layers::Linear: the last component of the demangled name.
std::string class_name(const std::type_info& type);

}  // namespace tenon::layers::internal

#endif  // TENON_LAYERS_INTERNAL_CLASS_NAME_H_
