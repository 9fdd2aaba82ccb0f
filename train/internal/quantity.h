// What the names in records say.
#ifndef TENON_TRAIN_INTERNAL_QUANTITY_H_
#define TENON_TRAIN_INTERNAL_QUANTITY_H_

#include <string>
#include <utility>
#include <vector>

#include "train/figure.h"
#include "train/history.h"

namespace tenon::train::internal {

/// "val_loss" -> {"val", "loss"}; a name without a known prefix has no label.
std::pair<std::string, std::string> split_name(const std::string& name);

/// "top5_accuracy" -> "top5 accuracy", "lr" -> "learning rate".
std::string readable(std::string name);

/// Worth a picture: there is something finite, costs aside, and a learning rate that moves.
bool is_drawn(const std::string& name, const std::vector<double>& values);

/// The quantity of that name over the epochs.
Series over_epochs(const History& history, const std::string& name, const std::string& label);

}  // namespace tenon::train::internal

#endif  // TENON_TRAIN_INTERNAL_QUANTITY_H_
