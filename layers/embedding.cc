#include "layers/embedding.h"

#include "autograd/ops.h"
#include "init/init.h"
#include "layers/placeholders.h"

namespace tenon::layers {

void Embedding::init() {
  const EmbeddingOptions& o = options_;
  if (o.num_embeddings < 1 || o.embedding_dim < 1) {
    throw ValueError(where() + "expected num_embeddings and embedding_dim of at least 1, got " +
                     std::to_string(o.num_embeddings) + " and " + std::to_string(o.embedding_dim));
  }
  if (o.padding_index >= o.num_embeddings) {
    throw ValueError(where() + "expected a padding_index below " +
                     std::to_string(o.num_embeddings) + ", got " + std::to_string(o.padding_index));
  }
  if (Placeholders::wanted()) {
    weight_ = parameter("weight", Placeholders::make({o.num_embeddings, o.embedding_dim}));
    return;
  }
  Tensor table = empty({o.num_embeddings, o.embedding_dim});
  init::normal_(table, default_generator());
  if (o.padding_index >= 0) table.select(0, o.padding_index).fill_(0);
  weight_ = parameter("weight", std::move(table));
}

Variable Embedding::forward(const Variable& ids) {
  const Variable rows = autograd::embedding(weight_, ids.value(), options_.padding_index);
  return update_ ? update_->apply(rows, ids.value()) : rows;
}

std::unique_ptr<EmbeddingUpdate> Embedding::exchange_update(std::unique_ptr<EmbeddingUpdate> next) {
  update_.swap(next);
  refresh_parameters();
  return next;
}

void Embedding::refresh_parameters() {
  NamedVariables parameters = {{"weight", weight_}};
  if (update_) {
    for (auto& parameter : update_->parameters()) parameters.push_back(std::move(parameter));
  }
  replace_registered(std::move(parameters), {});
}

std::string Embedding::describe() const {
  const EmbeddingOptions& o = options_;
  return "Embedding(" + std::to_string(o.num_embeddings) + " x " + std::to_string(o.embedding_dim) +
         (o.padding_index < 0 ? "" : ", padding " + std::to_string(o.padding_index)) + ")";
}

}  // namespace tenon::layers
