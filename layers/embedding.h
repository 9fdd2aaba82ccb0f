// A table of vectors looked up by number: words, users, categories.
//
//   Embedding words({.num_embeddings = 50257, .embedding_dim = 768});
//   Variable vectors = words.forward(ids);    // ids [B,T] i64 -> [B,T,768]
#ifndef TENON_LAYERS_EMBEDDING_H_
#define TENON_LAYERS_EMBEDDING_H_

#include <memory>

#include "layers/module.h"

namespace tenon::layers {

/// What is added to the rows that an Embedding reads, such as a low-rank update of its table.
class EmbeddingUpdate {
 public:
  virtual ~EmbeddingUpdate() = default;
  /// rows [..,D], those that were read for ids [..] -> [..,D].
  virtual Variable apply(const Variable& rows, const Tensor& ids) = 0;
  /// Under the names they have within the layer.
  virtual NamedVariables parameters() const = 0;
};

struct EmbeddingOptions {
  std::int64_t num_embeddings = 0;  ///< rows of the table
  std::int64_t embedding_dim = 0;
  /// A row that starts as zeros and is not trained; none where negative.
  std::int64_t padding_index = -1;
};

/// ids [..] i64 in [0, num_embeddings) -> [..,embedding_dim]. Parameter "weight" [V,D], N(0,1) from
/// default_generator() at first, as in PyTorch. Throws ValueError for options that make no sense;
/// forward throws DTypeError for ids that are not i64 and IndexError for one outside the table.
class Embedding : public Module {
 public:
  using Options = EmbeddingOptions;

  explicit Embedding(const EmbeddingOptions& options) : options_(options) { init(); }
  Embedding(Module* parent, std::string_view name, const EmbeddingOptions& options)
      : Module(parent, name), options_(options) {
    init();
  }

  /// The value of `ids` is read; no gradient flows to it.
  Variable forward(const Variable& ids) override;

  const EmbeddingOptions& options() const { return options_; }
  const Variable& weight() const { return weight_; }

  /// Null where there is none.
  EmbeddingUpdate* update() const { return update_.get(); }
  /// Puts `next`, which may be null, in the place of the update, which it returns. Its parameters
  /// are the layer's from now on.
  std::unique_ptr<EmbeddingUpdate> exchange_update(std::unique_ptr<EmbeddingUpdate> next);
  /// Registers the update's parameters again, after they have changed.
  void refresh_parameters();

  std::string describe() const override;

 private:
  void init();

  EmbeddingOptions options_;
  Variable weight_;
  std::unique_ptr<EmbeddingUpdate> update_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_EMBEDDING_H_
