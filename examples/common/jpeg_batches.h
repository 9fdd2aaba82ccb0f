// CIFAR-10 as an archive of JPEG files.
#ifndef TENON_EXAMPLES_COMMON_JPEG_BATCHES_H_
#define TENON_EXAMPLES_COMMON_JPEG_BATCHES_H_

#include <string>

#include "absl/status/statusor.h"
#include "data/cifar.h"
#include "examples/common/image_problem.h"

namespace tenon::examples {

/// Reads `<batch>/<number>_<label>.jpg` from any archive that data/archive.h reads, in the order in
/// which they lie there: those of `test_batch` are the test images; and the classes' names from
/// `batches.meta.txt`, a line each, where it is there. JPEG changed the pixels. What is not `taken`
/// is not decoded. Errors name the archive and the file in it: one with another kind of name, or
/// that is no image; an archive without training or without test images.
absl::StatusOr<data::Cifar10> read_jpeg_batches(const std::string& archive,
                                                const Taken& taken = {});

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_JPEG_BATCHES_H_
