// Names, shapes and numbers of parameters of published models, by their configs alone, as
// Transformers has them (testdata/make_published.py).
#include <cctype>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "gtest/gtest.h"
#include "layers/placeholders.h"
#include "models/lm/causal_lm.h"
#include "tensor/io/scratch_file.h"

namespace tenon::models {
namespace {

using nlohmann::json;

std::unique_ptr<CausalLm> make_without_memory(const json& fields) {
  const ScratchFolder folder;
  std::ofstream(folder.path("config.json")) << fields;
  const auto config = read_lm_config(folder.path("config.json"));
  EXPECT_TRUE(config.ok()) << config.status();
  const layers::Placeholders scope;
  return make_causal_lm(*config);
}

/// "h.11.ln_1.weight" -> "h.*.ln_1.weight".
std::string without_layer(const std::string& name) {
  std::string general;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool starts = i > 0 && name[i - 1] == '.' && std::isdigit(name[i]);
    if (!starts) {
      general += name[i];
      continue;
    }
    general += '*';
    while (i + 1 < name.size() && std::isdigit(name[i + 1])) ++i;
  }
  return general;
}

struct Seen {
  Shape shape;
  std::int64_t count = 0;
};

std::map<std::string, Seen> tensors_of(const CausalLm& model) {
  std::map<std::string, Seen> tensors;
  for (const auto& [name, parameter] : model.named_parameters()) {
    Seen& seen = tensors[without_layer(name)];
    EXPECT_TRUE(seen.count == 0 || seen.shape == parameter.shape()) << name;
    seen.shape = parameter.shape();
    ++seen.count;
  }
  return tensors;
}

TEST(PublishedModelsTest, HaveTransformersTensors) {
  std::ifstream file("models/lm/testdata/published.json");
  const json published = json::parse(file);
  EXPECT_EQ(published.size(), 12u);
  for (const auto& [name, entry] : published.items()) {
    const auto model = make_without_memory(entry["config"]);
    EXPECT_EQ(model->num_parameters(), entry["parameters"].get<std::int64_t>()) << name;
    const auto tensors = tensors_of(*model);
    EXPECT_EQ(tensors.size(), entry["tensors"].size()) << name;
    for (const auto& [tensor, shape] : entry["tensors"].items()) {
      const auto found = tensors.find(tensor);
      ASSERT_NE(found, tensors.end()) << name << " " << tensor;
      EXPECT_EQ(
          json(std::vector<std::int64_t>(found->second.shape.begin(), found->second.shape.end())),
          shape)
          << name << " " << tensor;
      const bool of_layer = tensor.find('*') != std::string::npos;
      EXPECT_EQ(found->second.count, of_layer ? model->config().layers : 1)
          << name << " " << tensor;
    }
  }
}

}  // namespace
}  // namespace tenon::models
