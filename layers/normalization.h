// Normalization of each item by itself: nothing depends on the batch, or on training.
//
//   LayerNorm norm({.shape = {768}});                    // [..,768] -> the same shape
//   RMSNorm rms({.shape = {2048}, .eps = 1e-6});
//   GroupNorm group({.groups = 8, .channels = 64});      // [N,64,..] -> the same shape
#ifndef TENON_LAYERS_NORMALIZATION_H_
#define TENON_LAYERS_NORMALIZATION_H_

#include "layers/module.h"

namespace tenon::layers {

struct LayerNormOptions {
  Shape shape{};  ///< the last dimensions of x, over which it is normalized
  double eps = 1e-5;
  bool affine = true;  ///< whether there is a weight
  bool bias = true;    ///< whether there is a bias beside the weight
};

/// (x - mean) / sqrt(variance + eps) weight + bias over the last dimensions. Parameters "weight"
/// and "bias" of `shape`, ones and zeros at first. Throws ValueError for an empty shape or one
/// without elements; forward throws ShapeError where x does not end in it. (Ba, Kiros & Hinton
/// 2016, "Layer normalization", §3)
class LayerNorm final : public Module {
 public:
  using Options = LayerNormOptions;

  explicit LayerNorm(const LayerNormOptions& options) : options_(options) { init(); }
  LayerNorm(Module* parent, std::string_view name, const LayerNormOptions& options)
      : Module(parent, name), options_(options) {
    init();
  }

  Variable forward(const Variable& x) override;
  const LayerNormOptions& options() const { return options_; }
  std::string describe() const override;

 private:
  void init();

  LayerNormOptions options_;
  Variable weight_;
  Variable bias_;
};

struct RMSNormOptions {
  Shape shape{};      ///< the last dimensions of x
  double eps = 1e-6;  ///< as language models have it
  bool affine = true;
};

/// x / sqrt(mean(x^2) + eps) weight over the last dimensions. Parameter "weight" of `shape`, ones
/// at first. Errors as LayerNorm's. (Zhang & Sennrich 2019, "Root mean square layer normalization",
/// §3)
class RMSNorm final : public Module {
 public:
  using Options = RMSNormOptions;

  explicit RMSNorm(const RMSNormOptions& options) : options_(options) { init(); }
  RMSNorm(Module* parent, std::string_view name, const RMSNormOptions& options)
      : Module(parent, name), options_(options) {
    init();
  }

  Variable forward(const Variable& x) override;
  const RMSNormOptions& options() const { return options_; }
  std::string describe() const override;

 private:
  void init();

  RMSNormOptions options_;
  Variable weight_;
};

struct GroupNormOptions {
  int groups = 1;
  std::int64_t channels = 0;
  double eps = 1e-5;
  bool affine = true;  ///< whether there are a weight and a bias
};

/// As LayerNorm, over each of `groups` groups of neighbouring channels of x [N,C,..] with all of
/// their positions. Parameters "weight" and "bias" [C]. Throws ValueError for groups that do not
/// divide the channels; forward throws ShapeError. (Wu & He 2018, "Group normalization", §3)
class GroupNorm final : public Module {
 public:
  using Options = GroupNormOptions;

  explicit GroupNorm(const GroupNormOptions& options) : options_(options) { init(); }
  GroupNorm(Module* parent, std::string_view name, const GroupNormOptions& options)
      : Module(parent, name), options_(options) {
    init();
  }

  Variable forward(const Variable& x) override;
  const GroupNormOptions& options() const { return options_; }
  std::string describe() const override;

 private:
  void init();

  GroupNormOptions options_;
  Variable weight_;
  Variable bias_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_NORMALIZATION_H_
