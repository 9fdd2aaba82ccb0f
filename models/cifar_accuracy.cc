#include "models/cifar_accuracy.h"

#include "data/gzip.h"
#include "tensor/io/safetensors.h"
#include "tensor/ops.h"

namespace tenon::models::internal {

absl::StatusOr<CifarBatch> read_cifar_batch(const std::string& path) {
  constexpr std::size_t kRecord = 3073;
  constexpr std::size_t kMaxRecords = 10'000;
  const auto bytes = data::read_maybe_gzipped(path, kMaxRecords * kRecord);
  if (!bytes.ok()) return bytes.status();
  if (bytes->empty() || bytes->size() % kRecord != 0) {
    return absl::InvalidArgumentError(path + ": expected records of 3073 bytes, got " +
                                      std::to_string(bytes->size()) + " bytes");
  }
  const auto count = static_cast<std::int64_t>(bytes->size() / kRecord);
  const Tensor records =
      from_span(std::span(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()),
                Shape{count, static_cast<std::int64_t>(kRecord)});
  const Tensor pixels = records.slice(1, 1).contiguous().reshape({count, 3, 32, 32});
  const Tensor mean = tensor({0.485, 0.456, 0.406}).reshape({3, 1, 1});
  const Tensor deviation = tensor({0.229, 0.224, 0.225}).reshape({3, 1, 1});
  return CifarBatch{.images = (pixels.to(DType::kF32) / 255.0 - mean) / deviation,
                    .labels = records.select(1, 0).to(DType::kI64)};
}

absl::Status load_trained(const std::string& folder, int depth, ResNet& net) {
  const std::string path = folder + "/resnet" + std::to_string(depth) + ".safetensors";
  const auto file = read_safetensors(path);
  if (!file.ok()) return file.status();
  try {
    net.load_state_dict(file->tensors);
  } catch (const layers::StateDictError& error) {
    return absl::InvalidArgumentError(path + ": " + error.what());
  }
  net.eval();
  return absl::OkStatus();
}

std::int64_t count_correct(ResNet& net, const CifarBatch& batch) {
  constexpr std::int64_t kStep = 50;  // whose activations fit the caches
  const autograd::NoGrad guard;
  std::int64_t correct = 0;
  for (std::int64_t begin = 0; begin < batch.labels.numel(); begin += kStep) {
    const layers::Variable logits = net(batch.images.slice(0, begin, begin + kStep));
    const Tensor hits = eq(argmax(logits.value(), 1), batch.labels.slice(0, begin, begin + kStep));
    correct += sum(hits).item<std::int64_t>();
  }
  return correct;
}

}  // namespace tenon::models::internal
