// A multilayer perceptron whose layers go around in pairs: deep, and still easy to train.
//
//   models::ResidualMlp net({.sizes = {784, 128, 64, 10}});      // [N,784] or [N,1,28,28] ->
//   [N,10]
#ifndef TENON_MODELS_RESIDUAL_MLP_H_
#define TENON_MODELS_RESIDUAL_MLP_H_

#include <memory>
#include <vector>

#include "layers/batch_norm.h"
#include "layers/container.h"
#include "layers/linear.h"

namespace tenon::models {

/// relu(norm2(linear2(relu(norm1(linear1(x))))) + shortcut(x)), where the shortcut is x itself, or
/// a Linear where the number of features changes. (He, Zhang, Ren & Sun 2016, "Deep residual
/// learning for image recognition", §3.2, equations 1 and 2, with batch normalization)
class ResidualMlpBlock : public layers::Module {
 public:
  struct Options {
    std::int64_t in_features = 0;
    std::int64_t out_features = 0;
  };

  ResidualMlpBlock(layers::Module* parent, std::string_view name, const Options& options);
  /// x [N,in_features] -> [N,out_features].
  layers::Variable forward(const layers::Variable& x) override;

  layers::Linear linear1;
  layers::BatchNorm1d norm1;
  layers::Linear linear2;
  layers::BatchNorm1d norm2;
  std::unique_ptr<layers::Linear> shortcut;  ///< null where x goes around as it is
};

struct ResidualMlpOptions {
  /// Features of the input, after each block, of the output.
  std::vector<std::int64_t> sizes = {};
};

/// A ResidualMlpBlock from each size to the next, "blocks.0", "blocks.1", …, and the Linear "head"
/// to the last. Inputs of more than two dimensions are flattened to [N,sizes[0]]. Throws ValueError
/// for fewer than two sizes, or one below 1.
class ResidualMlp : public layers::Module {
 public:
  using Options = ResidualMlpOptions;

  explicit ResidualMlp(const ResidualMlpOptions& options) : ResidualMlp(nullptr, "", options) {}
  ResidualMlp(layers::Module* parent, std::string_view name, const ResidualMlpOptions& options);

  layers::Variable forward(const layers::Variable& x) override;

  layers::ModuleList blocks;
  layers::Linear head;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_RESIDUAL_MLP_H_
