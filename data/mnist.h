// MNIST (LeCun, Cortes, Burges 1998) and Fashion-MNIST (Xiao, Rasul, Vollgraf 2017,
// arXiv:1708.07747) from their four IDX files, which have the same names and sizes.
//
//   absl::StatusOr<Mnist> mnist = load_mnist(folder);
//   if (!mnist.ok()) return mnist.status();
//   TensorDataset train(mnist->train.images, mnist->train.labels);
#ifndef TENON_DATA_MNIST_H_
#define TENON_DATA_MNIST_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/labeled_images.h"

namespace tenon::data {

struct Mnist {
  LabeledImages train;  ///< images [60000,1,28,28] u8, 0 black to 255 white; labels 0..9
  LabeledImages test;   ///< 10,000 of the same
};

/// How many images to read of each part, at most: the first ones. To read a few takes a moment, to
/// unpack all of them a third of a second.
struct MnistOptions {
  std::int64_t train = std::numeric_limits<std::int64_t>::max();
  std::int64_t test = std::numeric_limits<std::int64_t>::max();
};

/// Reads `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each plain or with `.gz`, of either data set. Any number of images is
/// taken, so that samples load too. Errors name the file, and where it is wrong: missing or
/// damaged files (as read_idx), sizes other than 28x28, more or fewer labels than images, a label
/// above 9.
absl::StatusOr<Mnist> load_mnist(const std::string& folder, const MnistOptions& options = {});

/// What Fashion-MNIST's labels 0..9 mean: "T-shirt/top" … "Ankle boot" (the paper's table 2).
const std::vector<std::string>& fashion_mnist_class_names();

}  // namespace tenon::data

#endif  // TENON_DATA_MNIST_H_
