#include "finetune/lora_layers.h"

#include <cmath>

#include "init/init.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::finetune {
namespace {

using layers::Embedding;
using layers::Linear;

LoraOperator& lora_of(Linear& layer) {
  if (auto* lora = dynamic_cast<LoraOperator*>(&layer.linear_operator())) return *lora;
  // The layer has an operator at all times, so the old one is wrapped in two steps.
  auto stand_in = std::make_unique<layers::DenseOperator>(
      Variable(zeros({}).expand({layer.out_features(), layer.in_features()})));
  auto lora = std::make_unique<LoraOperator>(layer.exchange_operator(std::move(stand_in)));
  LoraOperator& made = *lora;
  layer.exchange_operator(std::move(lora));
  return made;
}

LoraEmbedding& lora_of(Embedding& layer) {
  if (auto* lora = dynamic_cast<LoraEmbedding*>(layer.update())) return *lora;
  if (layer.update()) throw ValueError("[Lora] expected an embedding without another update");
  auto lora = std::make_unique<LoraEmbedding>();
  LoraEmbedding& made = *lora;
  layer.exchange_update(std::move(lora));
  return made;
}

LoraSlot new_slot(const std::string& adapter, const std::string& path, const LoraOptions& options) {
  LoraSlot slot;
  slot.name = adapter;
  slot.scaling = scaling_of(options, path);
  slot.dropout = options.dropout;
  return slot;
}

/// Where the weight lies, in whichever form it is kept.
Device device_of(const layers::LinearOperator& op) {
  const layers::NamedVariables parameters = op.parameters();
  return parameters.empty() ? op.buffers().at(0).second.device() : parameters[0].second.device();
}

/// A and B from the largest singular values of W, which keeps the others (PiSSA, §3).
void start_as_pissa(LoraOperator& lora, LoraSlot& slot, std::int64_t rank) {
  auto* dense = dynamic_cast<layers::DenseOperator*>(&lora.base());
  if (!dense) {
    throw ValueError("[Lora] expected a dense weight for PiSSA, got one that is " +
                     lora.base().describe());
  }
  const Tensor weight = dense->weight().value();
  const auto [u, s, vh] = tenon::svd(weight.to(DType::kF32));
  const std::int64_t kept = std::min(rank, s.size(0));
  const Tensor roots = tenon::sqrt(s.narrow(0, 0, kept) / slot.scaling);
  slot.a = Variable((vh.narrow(0, 0, kept) * roots.unsqueeze(1)).contiguous(), true);
  slot.b = Variable((u.narrow(1, 0, kept) * roots).contiguous(), true);
  slot.first_a = slot.a.value().clone();
  slot.first_b = slot.b.value().clone();
  weight.copy_(weight.to(DType::kF32) - lora_delta(slot));
}

void add_to_linear(Linear& layer, const std::string& path, const std::string& adapter,
                   const LoraOptions& options) {
  LoraOperator& lora = lora_of(layer);
  LoraSlot slot = new_slot(adapter, path, options);
  const std::int64_t rank = rank_of(options, path);
  if (options.init == LoraInit::kPissa) {
    start_as_pissa(lora, slot, rank);
  } else {
    Tensor a = empty({rank, layer.in_features()});  // drawn on the CPU: the same on every device
    init::kaiming_uniform_(
        a, default_generator(),
        {.nonlinearity = init::Nonlinearity::kLeakyRelu, .slope = std::sqrt(5.0)});
    const Device device = device_of(lora.base());
    slot.a = Variable(a.to(device), true);
    slot.b = Variable(zeros({layer.out_features(), rank}, {.device = device}), true);
  }
  if (options.dora) {
    const Tensor sum = lora.base().dense_weight().to(DType::kF32) + lora_delta(slot);
    slot.magnitude = Variable(tenon::sqrt(tenon::sum(tenon::square(sum), {1})), true);
  }
  lora.slots().push_back(std::move(slot));
  layer.refresh_parameters();
}

void add_to_embedding(Embedding& layer, const std::string& path, const std::string& adapter,
                      const LoraOptions& options) {
  if (options.dora || options.init == LoraInit::kPissa) {
    throw ValueError("[Lora] expected a linear layer for DoRA and PiSSA, got the embedding " +
                     path);
  }
  LoraEmbedding& lora = lora_of(layer);
  LoraSlot slot = new_slot(adapter, path, options);
  const std::int64_t rank = rank_of(options, path);
  const Device device = layer.weight().device();
  const Tensor b = randn({layer.options().embedding_dim, rank}, default_generator());
  slot.a = Variable(zeros({rank, layer.options().num_embeddings}, {.device = device}), true);
  slot.b = Variable(b.to(device), true);
  lora.slots().push_back(std::move(slot));
  layer.refresh_parameters();
}

}  // namespace

std::vector<LoraLayer> lora_layers(layers::Module& model) {
  std::vector<LoraLayer> found;
  for (const auto& [path, module] : model.named_modules()) {
    LoraLayer layer{.path = path};
    layer.linear = dynamic_cast<Linear*>(module);
    layer.embedding = dynamic_cast<Embedding*>(module);
    if (layer.linear) layer.lora = dynamic_cast<LoraOperator*>(&layer.linear->linear_operator());
    if (layer.embedding) layer.update = dynamic_cast<LoraEmbedding*>(layer.embedding->update());
    if (layer.lora || layer.update) found.push_back(layer);
  }
  return found;
}

void add_slot(layers::Module& module, const std::string& path, const std::string& adapter,
              const LoraOptions& options) {
  if (auto* linear = dynamic_cast<Linear*>(&module)) {
    add_to_linear(*linear, path, adapter, options);
  } else {
    add_to_embedding(dynamic_cast<Embedding&>(module), path, adapter, options);
  }
}

}  // namespace tenon::finetune
