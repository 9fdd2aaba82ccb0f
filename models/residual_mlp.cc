#include "models/residual_mlp.h"

#include "autograd/ops.h"

namespace tenon::models {
namespace {

using layers::Variable;

layers::LinearOptions head_options(const std::vector<std::int64_t>& sizes) {
  if (sizes.size() < 2) {
    throw ValueError("[ResidualMlp] expected at least an input and an output size, got " +
                     std::to_string(sizes.size()) + " sizes");
  }
  return {.in_features = sizes[sizes.size() - 2], .out_features = sizes.back()};
}

}  // namespace

ResidualMlpBlock::ResidualMlpBlock(layers::Module* parent, std::string_view name,
                                   const Options& options)
    : Module(parent, name),
      linear1(this, "linear1",
              {.in_features = options.in_features, .out_features = options.out_features}),
      norm1(this, "norm1", {.features = options.out_features}),
      linear2(this, "linear2",
              {.in_features = options.out_features, .out_features = options.out_features}),
      norm2(this, "norm2", {.features = options.out_features}) {
  if (options.in_features == options.out_features) return;
  shortcut =
      std::make_unique<layers::Linear>(this, "shortcut",
                                       layers::LinearOptions{.in_features = options.in_features,
                                                             .out_features = options.out_features});
}

Variable ResidualMlpBlock::forward(const Variable& x) {
  const Variable y = norm2(linear2(norm1(linear1(x), Activation::kRelu)));
  return autograd::relu(y + (shortcut ? (*shortcut)(x) : x));
}

ResidualMlp::ResidualMlp(layers::Module* parent, std::string_view name,
                         const ResidualMlpOptions& options)
    : Module(parent, name),
      blocks(this, "blocks"),
      head(this, "head", head_options(options.sizes)) {
  for (std::size_t i = 0; i + 2 < options.sizes.size(); ++i) {
    blocks.add<ResidualMlpBlock>(
        {.in_features = options.sizes[i], .out_features = options.sizes[i + 1]});
  }
}

Variable ResidualMlp::forward(const Variable& x) {
  Variable y = x.ndim() > 2 ? autograd::flatten(x, 1) : x;
  for (int i = 0; i < blocks.size(); ++i) y = blocks[i](y);
  return head(y);
}

}  // namespace tenon::models
