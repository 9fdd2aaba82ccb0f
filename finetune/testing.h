// What the tests of this package share.
#ifndef TENON_FINETUNE_TESTING_H_
#define TENON_FINETUNE_TESTING_H_

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "autograd/variable.h"
#include "gtest/gtest.h"
#include "models/lm/causal_lm.h"
#include "models/lm/folder.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::finetune {

/// A model of models/lm/testdata.
inline std::unique_ptr<models::CausalLm> fixture_model(const std::string& name) {
  auto model = models::load_causal_lm("models/lm/testdata/" + name);
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

/// Two layers of 64 numbers, whose weights are whole blocks.
inline std::unique_ptr<models::CausalLm> small_model(double dropout = 0) {
  manual_seed(9);
  auto model = models::make_causal_lm({.family = models::Family::kOpt,
                                       .vocab_size = 40,
                                       .hidden_size = 64,
                                       .layers = 2,
                                       .heads = 4,
                                       .feed_forward = 128,
                                       .positions = 24,
                                       .dropout = dropout,
                                       .init_deviation = 0.2});
  model->eval();
  return model;
}

inline Tensor some_tokens(std::int64_t batch = 2, std::int64_t length = 9) {
  Generator generator(11);
  return randint(0, 40, {batch, length}, generator);
}

inline Tensor logits_of(models::CausalLm& model, const Tensor& tokens) {
  const autograd::NoGrad guard;
  return model.logits(tokens).value().to(DType::kF32);
}

/// Largest difference over the largest magnitude.
inline double relative_error(const Tensor& got, const Tensor& expected) {
  EXPECT_EQ(to_string(got.shape()), to_string(expected.shape()));
  const double scale = max(abs(expected)).item<double>();
  return max(abs(got.to(DType::kF32) - expected.to(DType::kF32))).item<double>() /
         std::max(scale, 1e-12);
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.to(DType::kF32).to_vector<float>() == b.to(DType::kF32).to_vector<float>();
}

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_TESTING_H_
