// Picks parameters by their names, and keeps them from being trained.
//
//   freeze(net, "*");                 // everything
//   unfreeze(net, "fc.*");            // but the head
//   NamedVariables weights = parameters_matching(net, "*weight");
//
// In a pattern `*` stands for any characters (dots too) and `?` for one; it has to match a whole
// name.
#ifndef TENON_LAYERS_FREEZE_H_
#define TENON_LAYERS_FREEZE_H_

#include <string_view>

#include "layers/module.h"

namespace tenon::layers {

/// Whether `pattern` matches `name`.
bool matches_pattern(std::string_view name, std::string_view pattern);

/// The named_parameters() whose names match. Throws ValueError where none does.
NamedVariables parameters_matching(const Module& module, std::string_view pattern);

/// Stops gradients of every parameter whose name matches `pattern`; their gradients so far are
/// forgotten, so that an optimizer leaves them alone. Returns how many parameters matched. Throws
/// ValueError where none does.
int freeze(const Module& module, std::string_view pattern);
/// Lets gradients flow to them again.
int unfreeze(const Module& module, std::string_view pattern);

}  // namespace tenon::layers

#endif  // TENON_LAYERS_FREEZE_H_
