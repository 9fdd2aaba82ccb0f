// Merges dimensions: images to vectors before the first Linear.
//
//   Flatten flatten;                  // [N,C,H,W] -> [N,C H W]
#ifndef TENON_LAYERS_FLATTEN_H_
#define TENON_LAYERS_FLATTEN_H_

#include "layers/module.h"

namespace tenon::layers {

struct FlattenOptions {
  int first = 1;
  int last = -1;
};

/// Merges dimensions first..last, from the end where negative. forward throws IndexError.
class Flatten final : public Module {
 public:
  using Options = FlattenOptions;

  explicit Flatten(const FlattenOptions& options = {}) : options_(options) {}
  Flatten(Module* parent, std::string_view name, const FlattenOptions& options = {})
      : Module(parent, name), options_(options) {}

  Variable forward(const Variable& x) override;

 private:
  FlattenOptions options_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_FLATTEN_H_
