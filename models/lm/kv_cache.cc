#include "models/lm/kv_cache.h"

namespace tenon::models {

KvCache::KvCache(const LmConfig& config, std::int64_t capacity, std::int64_t batch)
    : shape_{batch, config.num_key_heads(), capacity, config.size_of_head()},
      capacity_(capacity),
      layers_(static_cast<std::size_t>(config.layers)) {
  if (capacity < 1 || batch < 1) {
    throw ValueError("[KvCache] expected capacity and batch of at least 1, got " +
                     std::to_string(capacity) + " and " + std::to_string(batch));
  }
}

std::pair<Tensor, Tensor> KvCache::append(std::int64_t layer, const Tensor& keys,
                                          const Tensor& values) {
  const std::int64_t count = keys.size(2);
  const Shape wanted = {shape_[0], shape_[1], count, shape_[3]};
  if (keys.shape() != wanted || values.shape() != wanted || length_ + count > capacity_) {
    throw ShapeError("[KvCache] expected keys " + to_string(wanted) + ", up to position " +
                     std::to_string(capacity_) + ", got " + to_string(keys.shape()) + " from " +
                     std::to_string(length_));
  }
  Layer& own = layers_.at(static_cast<std::size_t>(layer));
  if (!own.keys.defined()) {
    own.keys = empty(shape_, keys.options());
    own.values = empty(shape_, values.options());
  }
  own.keys.narrow(2, length_, count).copy_(keys);
  own.values.narrow(2, length_, count).copy_(values);
  return {own.keys.narrow(2, 0, length_ + count), own.values.narrow(2, 0, length_ + count)};
}

}  // namespace tenon::models
