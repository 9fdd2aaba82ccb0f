#include "examples/animal_faces/nets.h"

#include "layers/activation.h"

namespace tenon::examples {
namespace {

constexpr std::int64_t kPixels = 3 * 32 * 32;
constexpr std::int64_t kClasses = 3;

}  // namespace

Net leaky_net(const std::vector<std::int64_t>& hidden) {
  return leaky_net(hidden, std::vector<models::AddActivation>(hidden.size()));
}

Net leaky_net(const std::vector<std::int64_t>& hidden,
              const std::vector<models::AddActivation>& before) {
  models::FfnnOptions options{.inputs = kPixels};
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    options.layers.push_back(
        {.features = hidden[i], .activation = [first = before.at(i)](layers::Sequential& net) {
           if (first) first(net);
           net.add<layers::LeakyReLU>();
         }});
  }
  options.layers.push_back({.features = kClasses});
  return std::make_unique<models::Ffnn>(options);
}

}  // namespace tenon::examples
