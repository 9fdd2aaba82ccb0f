// A step of a small network with the batch dealt among the threads.
//
//   Shards shards(net, options, batch);
//   double loss = shards.backward(x, targets, loss_of);   // the mean; gradients are in net
//
// Products of some hundred rows are too small to be shared by threads one after another: waking the
// threads for each costs what they bring. Here they wake once a step. Each has a network of its own
// over the same parameters, and its own gradients, which are added up at the end.
#ifndef TENON_MODELS_INTERNAL_SHARDS_H_
#define TENON_MODELS_INTERNAL_SHARDS_H_

#include <functional>
#include <memory>
#include <vector>

#include "models/mlp.h"

namespace tenon::models::internal {

class Shards {
 public:
  using Loss = std::function<layers::Variable(const layers::Variable&, const Tensor&)>;

  /// `net`, made with `options`, must outlive this. As many parts as threads, where batches of
  /// `batch` rows give each enough to do, else one.
  Shards(Mlp& net, const MlpOptions& options, std::int64_t batch);

  /// How many parts a batch is dealt into.
  int count() const { return static_cast<int>(nets_.size()); }

  /// Gives the parameters of the network the gradients of the mean loss, which it returns. Throws
  /// what the loss throws.
  double backward(const Tensor& x, const Tensor& targets, const Loss& loss);

 private:
  double part(int k, const Tensor& x, const Tensor& targets, const Loss& loss) const;

  std::vector<std::unique_ptr<Mlp>> twins_;
  std::vector<Mlp*> nets_;  // the network itself, and its twins
  std::vector<std::vector<layers::Variable>> parameters_;
};

}  // namespace tenon::models::internal

#endif  // TENON_MODELS_INTERNAL_SHARDS_H_
