// Keys and values of the positions seen so far, so that the next token costs one position.
//
//   KvCache cache(model.config(), /*capacity=*/256);
//   const NoGrad guard;
//   Variable first = model.logits(prompt, {.cache = &cache});     // prompt [1,T]
//   Variable next = model.logits(token, {.cache = &cache});       // token [1,1]
#ifndef TENON_MODELS_LM_KV_CACHE_H_
#define TENON_MODELS_LM_KV_CACHE_H_

#include <utility>
#include <vector>

#include "models/lm/config.h"
#include "tensor/tensor.h"

namespace tenon::models {

class KvCache {
 public:
  /// For `batch` texts of up to `capacity` positions. Memory is taken with the first keys.
  explicit KvCache(const LmConfig& config, std::int64_t capacity, std::int64_t batch = 1);

  /// Positions in it, the same for all layers once a model's forward is done.
  std::int64_t length() const { return length_; }
  std::int64_t capacity() const { return capacity_; }
  void clear() { length_ = 0; }

  /// Adds keys and values [B,G,T,D] of a layer behind those there; returns all of it, [B,G,S,D].
  /// Throws ShapeError where the cache is full or the sizes differ from its own.
  std::pair<Tensor, Tensor> append(std::int64_t layer, const Tensor& keys, const Tensor& values);
  /// Counts the positions that every layer has now appended.
  void advance(std::int64_t positions) { length_ += positions; }

 private:
  struct Layer {
    Tensor keys;
    Tensor values;
  };

  Shape shape_;  // [B,G,capacity,D]
  std::int64_t capacity_;
  std::int64_t length_ = 0;
  std::vector<Layer> layers_;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_KV_CACHE_H_
