// Keeps parameters from being trained, by their names.
//
//   freeze(net, "*");                 // everything
//   unfreeze(net, "fc.*");            // but the head
#ifndef TENON_LAYERS_FREEZE_H_
#define TENON_LAYERS_FREEZE_H_

#include <string_view>

#include "layers/module.h"

namespace tenon::layers {

/// Stops gradients of every parameter whose whole name matches `pattern`, in which `*` stands for
/// any characters (dots too) and `?` for one; their gradients so far are forgotten, so that an
/// optimizer leaves them alone. Returns how many parameters matched. Throws ValueError where none
/// does.
int freeze(const Module& module, std::string_view pattern);
/// Lets gradients flow to them again.
int unfreeze(const Module& module, std::string_view pattern);

}  // namespace tenon::layers

#endif  // TENON_LAYERS_FREEZE_H_
