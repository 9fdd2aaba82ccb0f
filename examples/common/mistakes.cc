#include "examples/common/mistakes.h"

#include <algorithm>
#include <span>

#include "autograd/variable.h"
#include "data/image/contact_sheet.h"
#include "data/image/png.h"
#include "tensor/ops.h"

namespace tenon::examples {
namespace {

constexpr std::size_t kSeenAtOnce = 250;

bool are_images(const data::Batch& batch) {
  const Tensor& x = batch.inputs;
  return x.ndim() == 4 && (x.size(1) == 1 || x.size(1) == 3) && x.dtype() == DType::kF32 &&
         batch.targets.ndim() == 1 && batch.targets.dtype() == DType::kI64;
}

Tensor predict(layers::Module& net, const Tensor& images) {
  const autograd::NoGrad no_grad;
  const auto parameters = net.parameters();
  const Device device = parameters.empty() ? kCpu : parameters.front().value().device();
  return argmax(net(images.to(device)).value(), 1).to(kCpu);
}

// Adds those of a batch.
void add(const data::Batch& batch, const Tensor& predicted, std::int64_t most, Mistakes& found) {
  const std::vector<std::int64_t> truth = batch.targets.to_vector<std::int64_t>();
  const std::vector<std::int64_t> guess = predicted.to_vector<std::int64_t>();
  std::vector<std::int64_t> wrong;
  for (std::size_t i = 0; i < truth.size() && std::ssize(found.labels) < most; ++i) {
    if (truth[i] == guess[i]) continue;
    wrong.push_back(static_cast<std::int64_t>(i));
    found.labels.push_back(truth[i]);
    found.predicted.push_back(guess[i]);
  }
  if (wrong.empty()) return;
  const Tensor images = index_select(batch.inputs, 0, from_vector(wrong));
  found.images = found.images.defined() ? cat(std::vector{found.images, images}) : images;
}

std::string name(std::int64_t label, const std::vector<std::string>& classes) {
  const bool named = label < std::ssize(classes);
  return named ? classes[static_cast<std::size_t>(label)] : std::to_string(label);
}

}  // namespace

Mistakes find_mistakes(layers::Module& net, const data::Dataset& test, std::int64_t most) {
  Mistakes found;
  const bool training = net.training();
  net.eval();
  Generator random(1);  // test sets may be sorted by class
  const auto order = randperm(test.size(), random).to_vector<std::int64_t>();
  for (std::size_t begin = 0; begin < order.size() && std::ssize(found.labels) < most;
       begin += kSeenAtOnce) {
    const data::Batch batch =
        test.get(std::span(order).subspan(begin, std::min(kSeenAtOnce, order.size() - begin)));
    if (!are_images(batch)) break;
    add(batch, predict(net, batch.inputs), most, found);
  }
  net.train(training);
  return found;
}

absl::Status draw_mistakes(const Mistakes& mistakes, const std::vector<std::string>& classes,
                           const std::string& path) {
  if (!mistakes.images.defined()) return absl::OkStatus();
  const Tensor low = min(mistakes.images), high = max(mistakes.images);
  const Tensor unit = (mistakes.images - low) / maximum(high - low, 1e-6);
  std::vector<std::string> captions;
  for (std::size_t i = 0; i < mistakes.labels.size(); ++i) {
    captions.push_back(name(mistakes.labels[i], classes) + " > " +
                       name(mistakes.predicted[i], classes));
  }
  return data::write_png(path, data::contact_sheet(unit, captions, {.title = "true > predicted"}));
}

}  // namespace tenon::examples
