// Runs another program to its end, without a shell and without files of its own.
#ifndef TENON_TRAIN_INTERNAL_RUN_PROGRAM_H_
#define TENON_TRAIN_INTERNAL_RUN_PROGRAM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tenon::train::internal {

struct ProgramResult {
  int exit_code = 0;   ///< 128 + the signal where one ended it
  std::string output;  ///< what it wrote to standard output
  std::string errors;  ///< and to standard error
};

/// Finds `arguments[0]` on the PATH and gives it `input` on standard input.
/// NotFoundError where there is no such program.
absl::StatusOr<ProgramResult> run_program(const std::vector<std::string>& arguments,
                                          const std::string& input);

}  // namespace tenon::train::internal

#endif  // TENON_TRAIN_INTERNAL_RUN_PROGRAM_H_
