// The pictures of cats, dogs and wild animals that the experiments of this folder learn from.
//
//   absl::StatusOr<Animals> animals = load_animals(options);
//   if (!animals.ok()) return animals.status();
//   absl::StatusOr<Parts> parts = deal(*animals, {.train = 100, .validation = 100}, options.seed);
#ifndef TENON_EXAMPLES_ANIMAL_FACES_ANIMALS_H_
#define TENON_EXAMPLES_ANIMAL_FACES_ANIMALS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "examples/common/experiment.h"
#include "examples/common/image_problem.h"

namespace tenon::examples {

/// Inputs are f32 [N,3,32,32] from -1 to 1, as (x - 0.5) / 0.5 gives them.
struct Animals {
  Examples train, test;              ///< the folders train and val of the data set
  std::vector<std::string> classes;  ///< cat, dog, wild
  std::string name;                  ///< "afhq", or "afhq_like": a stand-in
};

/// Animal Faces HQ where the user has it, as a folder or .zip named afhq among the data sets (or
/// wants it by --download); else the folder afhq_like, which has its layout and other pictures. For
/// --quick, 500 of each class.
absl::StatusOr<Animals> load_animals(const ExperimentOptions& options);

/// The few genuine faces of the folder afhq_sample. NotFound where it is not there.
absl::StatusOr<Examples> load_sample(const CommonOptions& options);

struct Deal {
  std::int64_t train = 0;
  std::int64_t validation = 0;
};

struct Parts {
  Examples train, validation, test;
};

/// Random pictures of animals.train, none twice, and all of animals.test. InvalidArgument where
/// there are too few.
absl::StatusOr<Parts> deal(const Animals& animals, const Deal& counts, std::uint64_t seed);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_ANIMAL_FACES_ANIMALS_H_
