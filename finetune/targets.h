// Which layers of a model are meant.
#ifndef TENON_FINETUNE_TARGETS_H_
#define TENON_FINETUNE_TARGETS_H_

#include <string>
#include <string_view>
#include <vector>

#include "layers/module.h"

namespace tenon::finetune {

/// A target means a layer whose path is it or ends in "." and it, as in PEFT ("q_proj",
/// "layers.0.fc1"); with `*` or `?` in it, one whose whole path it matches ("*.layers.1?.*_proj");
/// "all-linear" means every linear layer but a head called "lm_head".
struct Targets {
  std::vector<std::string> include = {};
  std::vector<std::string> exclude = {};
};

bool is_target(std::string_view path, std::string_view target);
/// Linear and Embedding layers that are meant, by path, in the order of the tree. Throws ValueError
/// `[op] …` where a target to include means none.
layers::NamedModules find_targets(const char* op, layers::Module& model, const Targets& targets);

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_TARGETS_H_
