// The data sets of images that the experiments learn from, as tensors in memory.
//
//   absl::StatusOr<ImageProblem> mnist = load_mnist_problem(options);
//   if (!mnist.ok()) return mnist.status();
//   const data::TensorDataset train_set = dataset(head(mnist->train, 10'000));
#ifndef TENON_EXAMPLES_COMMON_IMAGE_PROBLEM_H_
#define TENON_EXAMPLES_COMMON_IMAGE_PROBLEM_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/cifar.h"
#include "data/tensor_dataset.h"
#include "examples/common/flags.h"
#include "tensor/tensor.h"

namespace tenon::examples {

struct Examples {
  Tensor inputs;  ///< f32 [N,C,H,W], from 0 to 1
  Tensor labels;  ///< i64 [N]

  std::int64_t size() const { return labels.size(0); }
};

/// How many examples to load of each part, at most: the first ones.
struct Taken {
  std::int64_t train = std::numeric_limits<std::int64_t>::max();
  std::int64_t test = std::numeric_limits<std::int64_t>::max();
};

struct ImageProblem {
  Examples train, test;
  std::vector<std::string> classes;
};

/// 1,438 + 359 handwritten digits of 1x8x8 (data/digits.h), in the folder `digits` of --data_dir,
/// else those that come with the program; a fifth of each class is for testing.
absl::StatusOr<ImageProblem> load_digits_problem(const CommonOptions& options);

/// 60,000 + 10,000 images of 1x28x28 in the folder `mnist` (data/mnist.h).
absl::StatusOr<ImageProblem> load_mnist_problem(const CommonOptions& options,
                                                const Taken& taken = {});

/// As many of clothes, in `fashion_mnist`, else where Debian's dataset-fashion-mnist puts them.
absl::StatusOr<ImageProblem> load_fashion_mnist_problem(const CommonOptions& options,
                                                        const Taken& taken = {});

/// 50,000 + 10,000 images of 3x32x32 in the folder `cifar10`: the published binary version
/// (data/cifar.h), packed or unpacked, else `cifar10-jpeg.tar.xz`, which holds each as
/// <batch>/<number>_<label>.jpg, and so not to the exact pixel.
absl::StatusOr<ImageProblem> load_cifar10_problem(const CommonOptions& options,
                                                  const Taken& taken = {});
/// The same images as they are stored, u8 from 0 to 255.
absl::StatusOr<data::Cifar10> load_cifar10_pixels(const CommonOptions& options,
                                                  const Taken& taken = {});

/// As many of 100 classes, in `cifar100`: the published binary version, packed or unpacked.
absl::StatusOr<ImageProblem> load_cifar100_problem(const CommonOptions& options,
                                                   const Taken& taken = {});

/// The first `count` examples, or all where there are fewer: views.
Examples head(const Examples& examples, std::int64_t count);
/// Copies of the rows at `indices`. Throws IndexError.
Examples rows(const Examples& examples, const std::vector<std::int64_t>& indices);
/// For a loader; shares the tensors.
data::TensorDataset dataset(const Examples& examples);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_IMAGE_PROBLEM_H_
