// The example of README.md.
#include "tensor/testing/readme.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "models/lm/folder.h"
#include "models/lm/generate.h"
#include "models/lm/loss.h"

namespace {

using namespace tenon;

TEST(Readme, LoadGenerateLearn) {
  const std::string folder = "models/lm/testdata/llama";
  const std::vector<std::int32_t> prompt = {3, 4, 5};
  const Tensor tokens = arange(3, 9).unsqueeze(0);

  auto model = models::load_causal_lm(folder).value();
  std::vector<std::int32_t> ids = models::generate(*model, prompt, {.max_new_tokens = 8});
  autograd::Variable loss = models::causal_lm_loss(*model, tokens);
  loss.backward();

  EXPECT_LE(ids.size(), 8u);
  EXPECT_TRUE(model->parameters()[0].grad().defined());
}

TEST(Readme, ShowsThisCode) {
  tenon::testing::expect_examples_shown("models/lm/README.md", "models/lm/readme_test.cc");
}

}  // namespace
