// What PyTorch computes for a model (models/testdata/make_models.py), for tests to compare with.
#ifndef TENON_MODELS_INTERNAL_GOLDEN_H_
#define TENON_MODELS_INTERNAL_GOLDEN_H_

#include <string>

#include "layers/module.h"

namespace tenon::models::internal {

/// Gives the network the fixture's weights and compares logits, loss and all gradients in
/// evaluation mode; the mean over each plane where the network returns images. `tolerance` is
/// relative to the largest logit, and to the norm of each gradient. PyTorch in f32 is up to 7e-6
/// away from PyTorch in double precision on the shallow networks.
void expect_golden(layers::Module& net, const std::string& name, double tolerance = 2e-5);

}  // namespace tenon::models::internal

#endif  // TENON_MODELS_INTERNAL_GOLDEN_H_
