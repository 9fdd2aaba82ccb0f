// Networks for tables: numbers and categories in, classes out.
//
//   const models::TabularOptions options{
//       .numbers = 10, .categories = {{.values = 40, .width = 6}, {.values = 4, .width = 2}}};
//   models::WideDeep net(options);
//   Variable logits = net(rows);        // rows [N,12]: 10 numbers, then 2 categories -> [N,7]
//
// A row is one f32 tensor, so that any data set and fit() will do: the numbers, then each category
// as a whole number from 0. Numbers should be scaled to about -1..1.
#ifndef TENON_MODELS_TABULAR_H_
#define TENON_MODELS_TABULAR_H_

#include <vector>

#include "layers/batch_norm.h"
#include "layers/container.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/linear.h"

namespace tenon::models {

struct CategoryOptions {
  std::int64_t values = 0;  ///< 0 … values - 1
  std::int64_t width = 0;   ///< of the vector that is learnt for each
};

struct TabularOptions {
  std::int64_t numbers = 0;
  std::vector<CategoryOptions> categories = {};
  std::vector<std::int64_t> hidden = {32, 32};
  double dropout = 0.1;  ///< after each hidden layer
  int crosses = 2;       ///< layers of DeepCross's cross network
  std::int64_t classes = 7;
};

/// Replaces each category by its vector: rows [N,numbers+K] -> [N,numbers+widths]. Parameters
/// "0.weight" [values,width], …, N(0,1) at first. Throws ValueError for a negative number of
/// numbers, no columns at all, values or a width below 1; forward throws ShapeError, IndexError for
/// a value that is not there.
class TabularInput : public layers::Module {
 public:
  TabularInput(layers::Module* parent, std::string_view name, const TabularOptions& options);
  layers::Variable forward(const layers::Variable& rows) override;
  std::int64_t features() const { return features_; }

  layers::ModuleList embeddings;

 private:
  /// By calls of the embeddings, where somebody adapts or watches them.
  layers::Variable one_by_one(const layers::Variable& rows);

  std::vector<layers::Embedding*> tables_;  // the elements of `embeddings`
  std::int64_t numbers_;
  std::int64_t features_;
};

/// Linear, batch normalization, ReLU and dropout for each hidden size: [N,F] -> [N,features()].
class TabularTrunk : public layers::Module {
 public:
  TabularTrunk(layers::Module* parent, std::string_view name, std::int64_t in_features,
               const TabularOptions& options);
  layers::Variable forward(const layers::Variable& x) override;
  std::int64_t features() const { return features_; }

  layers::ModuleList linears;
  layers::ModuleList norms;
  layers::Dropout dropout;

 private:
  std::vector<layers::BatchNorm1d*> activated_;  // the elements of `norms`
  std::int64_t features_;
};

/// input, trunk, head: the baseline. Throws ValueError for sizes below 1.
class TabularMlp : public layers::Module {
 public:
  using Options = TabularOptions;

  explicit TabularMlp(const TabularOptions& options) : TabularMlp(nullptr, "", options) {}
  TabularMlp(layers::Module* parent, std::string_view name, const TabularOptions& options);
  layers::Variable forward(const layers::Variable& rows) override;

  TabularInput input;
  TabularTrunk trunk;
  layers::Linear head;
};

/// head([wide(rows), trunk(deep(rows))]): embeddings of their own for the linear part and for the
/// deep one, trained together. (Cheng et al. 2016, "Wide & deep learning for recommender systems",
/// §3.3, with embeddings instead of crossed columns)
class WideDeep : public layers::Module {
 public:
  using Options = TabularOptions;

  explicit WideDeep(const TabularOptions& options) : WideDeep(nullptr, "", options) {}
  WideDeep(layers::Module* parent, std::string_view name, const TabularOptions& options);
  layers::Variable forward(const layers::Variable& rows) override;

  TabularInput deep;
  TabularInput wide;
  TabularTrunk trunk;
  layers::Linear head;
};

/// head([norm(cross network), trunk(x0)]) with x0 = input(rows) and x ← x0 · (W x + b) + x for each
/// cross layer. (Wang et al. 2021, "DCN V2: improved deep & cross network", §3.2, equation 1)
class DeepCross : public layers::Module {
 public:
  using Options = TabularOptions;

  explicit DeepCross(const TabularOptions& options) : DeepCross(nullptr, "", options) {}
  DeepCross(layers::Module* parent, std::string_view name, const TabularOptions& options);
  layers::Variable forward(const layers::Variable& rows) override;

  TabularInput input;
  layers::ModuleList crosses;
  layers::BatchNorm1d norm;
  TabularTrunk trunk;
  layers::Linear head;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_TABULAR_H_
