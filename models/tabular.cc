#include "models/tabular.h"

#include <array>

#include "autograd/ops.h"

namespace tenon::models {
namespace {

using layers::Variable;

Variable joined(const Variable& a, const Variable& b) {
  const std::array<Variable, 2> parts = {a, b};
  return autograd::cat(parts, 1);
}

}  // namespace

TabularInput::TabularInput(layers::Module* parent, std::string_view name,
                           const TabularOptions& options)
    : Module(parent, name),
      embeddings(this, "embeddings"),
      numbers_(options.numbers),
      features_(options.numbers) {
  if (options.numbers < 0 || (options.numbers == 0 && options.categories.empty())) {
    throw ValueError(where() + "expected columns of numbers or categories, got " +
                     std::to_string(options.numbers) + " and none");
  }
  for (const CategoryOptions& category : options.categories) {
    tables_.push_back(&embeddings.add<layers::Embedding>(
        {.num_embeddings = category.values, .embedding_dim = category.width}));
    features_ += category.width;
  }
}

Variable TabularInput::forward(const Variable& rows) {
  const std::int64_t columns = numbers_ + embeddings.size();
  if (rows.ndim() != 2 || rows.size(1) != columns) {
    throw ShapeError(where() + "expected rows [N," + std::to_string(columns) + "] (" +
                     std::to_string(numbers_) + " numbers, " + std::to_string(embeddings.size()) +
                     " categories), got " + to_string(rows.shape()));
  }
  std::vector<Variable> tables;
  for (const layers::Embedding* table : tables_) {
    if (table->update() || table->has_forward_hooks()) return one_by_one(rows);
    tables.push_back(table->weight());
  }
  return autograd::embed_columns(rows, numbers_, tables);
}

Variable TabularInput::one_by_one(const Variable& rows) {
  std::vector<Variable> parts;
  if (numbers_ > 0) parts.push_back(autograd::slice(rows, 1, 0, numbers_));
  for (int i = 0; i < embeddings.size(); ++i) {
    parts.push_back(embeddings[i](rows.value().select(1, numbers_ + i).to(DType::kI64)));
  }
  return autograd::cat(parts, 1);
}

TabularTrunk::TabularTrunk(layers::Module* parent, std::string_view name, std::int64_t in_features,
                           const TabularOptions& options)
    : Module(parent, name),
      linears(this, "linears"),
      norms(this, "norms"),
      dropout(this, "dropout", {.p = options.dropout}),
      features_(in_features) {
  for (const std::int64_t hidden : options.hidden) {
    linears.add<layers::Linear>({.in_features = features_, .out_features = hidden});
    activated_.push_back(&norms.add<layers::BatchNorm1d>({.features = hidden}));
    features_ = hidden;
  }
}

Variable TabularTrunk::forward(const Variable& x) {
  Variable y = x;
  for (int i = 0; i < linears.size(); ++i) {
    layers::BatchNorm1d& norm = *activated_[static_cast<std::size_t>(i)];
    y = dropout(norm(linears[i](y), Activation::kRelu));
  }
  return y;
}

TabularMlp::TabularMlp(layers::Module* parent, std::string_view name, const TabularOptions& options)
    : Module(parent, name),
      input(this, "input", options),
      trunk(this, "trunk", input.features(), options),
      head(this, "head", {.in_features = trunk.features(), .out_features = options.classes}) {}

Variable TabularMlp::forward(const Variable& rows) { return head(trunk(input(rows))); }

WideDeep::WideDeep(layers::Module* parent, std::string_view name, const TabularOptions& options)
    : Module(parent, name),
      deep(this, "deep", options),
      wide(this, "wide", options),
      trunk(this, "trunk", deep.features(), options),
      head(this, "head",
           {.in_features = wide.features() + trunk.features(), .out_features = options.classes}) {}

Variable WideDeep::forward(const Variable& rows) {
  return head(joined(wide(rows), trunk(deep(rows))));
}

DeepCross::DeepCross(layers::Module* parent, std::string_view name, const TabularOptions& options)
    : Module(parent, name),
      input(this, "input", options),
      crosses(this, "crosses"),
      norm(this, "norm", {.features = input.features()}),
      trunk(this, "trunk", input.features(), options),
      head(this, "head",
           {.in_features = input.features() + trunk.features(), .out_features = options.classes}) {
  if (options.crosses < 0) {
    throw ValueError(where() + "expected 0 or more crosses, got " +
                     std::to_string(options.crosses));
  }
  for (int i = 0; i < options.crosses; ++i) {
    crosses.add<layers::Linear>(
        {.in_features = input.features(), .out_features = input.features()});
  }
}

Variable DeepCross::forward(const Variable& rows) {
  const Variable x0 = input(rows);
  Variable x = x0;
  for (int i = 0; i < crosses.size(); ++i) x = x0 * crosses[i](x) + x;
  return head(joined(norm(x), trunk(x0)));
}

}  // namespace tenon::models
