// The steps of a small network with each batch dealt among the threads.
//
//   Shards shards(net, options, batch, {.lr = 1e-3});
//   double loss = shards.step(x, targets, order.slice(0, begin, end), loss_of);   // the mean
//
// Products of some hundred rows are too small to be shared by threads one after another: waking the
// threads for each costs what they bring. Here they wake twice a step. First each takes its rows
// through a network of its own over the same parameters, to gradients of its own; then each adds up
// the gradients of its share of the parameters, and brings those up to date.
#ifndef TENON_MODELS_INTERNAL_SHARDS_H_
#define TENON_MODELS_INTERNAL_SHARDS_H_

#include <functional>
#include <memory>
#include <vector>

#include "models/mlp.h"
#include "optim/adam.h"

namespace tenon::models::internal {

class Shards {
 public:
  using Loss = std::function<layers::Variable(const layers::Variable&, const Tensor&)>;

  /// `net`, made with `options`, must outlive this. How many parts a batch of `batch` rows is dealt
  /// into depends on the work there is, not on the threads, and a part is computed by one thread:
  /// where there are several, or so little to do that it is one, results are the same on any number
  /// of threads. Networks of more than 131,072 parameters are not dealt.
  Shards(Mlp& net, const MlpOptions& options, std::int64_t batch, const optim::AdamOptions& adam);

  int count() const { return static_cast<int>(parts_.size()); }

  /// One step of Adam over the rows of x and targets that `rows` [R] i64 names. The mean loss
  /// before it. Throws what the loss throws, and then updates nothing.
  double step(const Tensor& x, const Tensor& targets, const Tensor& rows, const Loss& loss);

 private:
  /// Some elements of a parameter, as a parameter of their own.
  struct Piece {
    std::size_t parameter;
    std::int64_t begin;
    layers::Variable elements;
  };
  struct Part {
    std::unique_ptr<Mlp> twin;  // none for the first, which has the network itself
    Mlp* net = nullptr;
    std::vector<layers::Variable> parameters;
    std::vector<Piece> pieces;               // none where there is one part
    std::unique_ptr<optim::Adam> optimizer;  // of the pieces, if any
  };

  std::vector<layers::Variable> share_of_parameters(std::size_t k);
  double backward(std::size_t k, const Tensor& x, const Tensor& targets, const Tensor& rows,
                  const Loss& loss) const;
  void add_gradients(const Piece& piece) const;

  std::vector<Part> parts_;
  bool alone_;  // whether a part is computed by one thread
};

}  // namespace tenon::models::internal

#endif  // TENON_MODELS_INTERNAL_SHARDS_H_
