// A RunState and a random stream's position as text, for the metadata of a checkpoint.
#ifndef TENON_TRAIN_INTERNAL_RUN_STATE_JSON_H_
#define TENON_TRAIN_INTERNAL_RUN_STATE_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "tensor/random.h"
#include "train/checkpoint.h"

namespace tenon::train::internal {

struct SavedRun {
  RunState state;
  Generator generator;
};

/// Every number reads back as the same bits.
std::string to_json(const SavedRun& run);

/// DataLossError that says what is wrong with the text.
absl::StatusOr<SavedRun> from_json(const std::string& text);

}  // namespace tenon::train::internal

#endif  // TENON_TRAIN_INTERNAL_RUN_STATE_JSON_H_
