// The layers of a model that have adapters.
#ifndef TENON_FINETUNE_LORA_LAYERS_H_
#define TENON_FINETUNE_LORA_LAYERS_H_

#include <string>

#include "finetune/lora_embedding.h"
#include "finetune/lora_operator.h"
#include "finetune/lora_options.h"
#include "layers/embedding.h"
#include "layers/linear.h"

namespace tenon::finetune {

/// One layer with adapters: a linear one, or an embedding.
struct LoraLayer {
  std::string path;
  layers::Linear* linear = nullptr;
  LoraOperator* lora = nullptr;
  layers::Embedding* embedding = nullptr;
  LoraEmbedding* update = nullptr;

  std::vector<LoraSlot>& slots() const { return lora ? lora->slots() : update->slots(); }
  /// After its slots have changed.
  void refresh() const {
    if (linear) {
      linear->refresh_parameters();
    } else {
      embedding->refresh_parameters();
    }
  }
};

std::vector<LoraLayer> lora_layers(layers::Module& model);
/// Puts an adapter into a layer.
void add_slot(layers::Module& module, const std::string& path, const std::string& adapter,
              const LoraOptions& options);

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_LORA_LAYERS_H_
