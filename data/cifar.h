// CIFAR-10 and CIFAR-100 (Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny
// Images"), in the binary version of https://www.cs.toronto.edu/~kriz/cifar.html.
//
//   absl::StatusOr<Cifar10> cifar = load_cifar10("cifar-10-binary.tar.gz");   // or its folder
//   TensorDataset train(cifar->train.images, cifar->train.labels);   // u8 [50000,3,32,32], [50000]
//   std::string name = cifar->class_names[3];                        // "cat"
//
// Pixels stay u8, planes red, green, blue: 184 MB for all 60,000 images.
#ifndef TENON_DATA_CIFAR_H_
#define TENON_DATA_CIFAR_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/labeled_images.h"
#include "tensor/tensor.h"

namespace tenon::data {

struct Cifar10 {
  LabeledImages train;                   ///< data_batch_1 to _5, in this order; labels 0..9
  LabeledImages test;                    ///< test_batch
  std::vector<std::string> class_names;  ///< 10: "airplane" …
};

struct Cifar100Images {
  Tensor images;         ///< [N,3,32,32] u8
  Tensor labels;         ///< [N] i64, the class, 0..99
  Tensor coarse_labels;  ///< [N] i64, the superclass, 0..19
};

struct Cifar100 {
  Cifar100Images train;
  Cifar100Images test;
  std::vector<std::string> class_names;         ///< 100: "apple" …
  std::vector<std::string> coarse_class_names;  ///< 20: "aquatic_mammals" …
};

/// `path` is the archive as it is published (.tar.gz, or any that data/archive.h reads), the folder
/// it unpacks to, or the folder in which either is. In a folder the .bin files may be gzipped, with
/// .gz at the end of their names. Errors name the file and the byte: those of the system and of the
/// archive; NotFound for a missing file; DataLoss where a file ends within a record;
/// InvalidArgument for a label out of range, an empty file, training files of different lengths, or
/// a wrong number of names. The published files hold 10,000 records each; any number is taken.
absl::StatusOr<Cifar10> load_cifar10(const std::string& path);
absl::StatusOr<Cifar100> load_cifar100(const std::string& path);

/// The records of a single .bin file, plain or gzipped. Errors as above.
absl::StatusOr<LabeledImages> read_cifar10_file(const std::string& path);
absl::StatusOr<Cifar100Images> read_cifar100_file(const std::string& path);

}  // namespace tenon::data

#endif  // TENON_DATA_CIFAR_H_
