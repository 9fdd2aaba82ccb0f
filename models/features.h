// What the layers within a model compute.
//
//   models::Features features(net, {"layer3", "fc1"});
//   std::vector<Variable> f = features(images);        // outputs of those two layers
//
// Made without gradients (`NoGrad`) where only the values are wanted: for projections, nearest
// neighbours, or a classifier on top. With gradients, losses on features may be trained
// (distillation, style).
#ifndef TENON_MODELS_FEATURES_H_
#define TENON_MODELS_FEATURES_H_

#include <string>
#include <utility>
#include <vector>

#include "layers/module.h"

namespace tenon::models {

/// Watches layers of a model, by the names of named_modules(), as long as it lives; the model must
/// outlive it. An activation that a layer's kernel applies is part of the layer's output.
class Features {
 public:
  /// Throws ValueError that lists the model's layers where it has none of that name, or for no
  /// names.
  Features(layers::Module& model, std::vector<std::string> layers);
  ~Features();
  Features(const Features&) = delete;
  Features& operator=(const Features&) = delete;

  /// Runs the model and returns the output of each layer, in the order of the names; of a layer
  /// that runs several times the last. Throws ValueError for a layer that did not run.
  std::vector<layers::Variable> operator()(const layers::Variable& x);

  /// What the model itself returned in the last call.
  const layers::Variable& output() const { return output_; }

 private:
  struct Tap {
    std::string name;
    layers::Module* module;
    int hook;
  };

  void tap(layers::Module& model, const std::string& name);
  void remove_hooks();

  layers::Module& model_;
  std::vector<Tap> taps_;
  std::vector<layers::Variable> seen_;
  layers::Variable output_;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_FEATURES_H_
