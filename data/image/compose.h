// A chain of changes to images, and how a loader applies it.
//
//   Compose augment{RandomCrop{.height = 32, .width = 32, .padding = 4}, RandomHorizontalFlip{},
//                   Normalize{stats}};
//   DataLoader loader(train, {.batch_size = 128, .shuffle = true, .seed = 1, .workers = 1,
//                             .transform = on_inputs(augment)});
//
// Each link is anything that is called as link(images, generators): those of data/image/random_*.h,
// or a lambda of one's own.
#ifndef TENON_DATA_IMAGE_COMPOSE_H_
#define TENON_DATA_IMAGE_COMPOSE_H_

#include <functional>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "data/random_key.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// images [N,C,H,W] with N generators, or one [C,H,W] with one -> changed images, as many. Image i
/// draws from generators[i] alone, which goes on from link to link: so what happens to an image
/// does not depend on the others. May be called from several threads at once.
using ImageTransform = std::function<Tensor(const Tensor& images, std::span<Generator> generators)>;

/// One link after the other; itself an ImageTransform.
class Compose {
 public:
  Compose(std::initializer_list<ImageTransform> links) : links_(links) {}
  explicit Compose(std::vector<ImageTransform> links) : links_(std::move(links)) {}

  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;

 private:
  std::vector<ImageTransform> links_;
};

/// For DataLoaderOptions::transform: changes each batch's inputs, example i by its own stream.
std::function<void(Batch&, const BatchKey&)> on_inputs(ImageTransform transform);

/// Changes of whole batches, one after the other, for DataLoaderOptions::transform.
std::function<void(Batch&, const BatchKey&)> in_turn(
    std::vector<std::function<void(Batch&, const BatchKey&)>> changes);

/// A link with probability `probability` for each image, which keeps its size and dtype.
/// Throws ValueError outside [0, 1] when it is called.
struct RandomApply {
  ImageTransform transform;
  double probability = 0.5;

  Tensor operator()(const Tensor& images, std::span<Generator> generators) const;
};

/// Throws ValueError unless there is a generator for each image.
void check_generators(const Tensor& images, std::span<Generator> generators, const char* op);

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_COMPOSE_H_
