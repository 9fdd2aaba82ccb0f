// The snippets of tutorial.md, compiled and run; the last test holds the page to them.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "autograd/graph.h"
#include "autograd/ops.h"
#include "data/data_loader.h"
#include "data/digits.h"
#include "data/split.h"
#include "data/tensor_dataset.h"
#include "layers/layers.h"
#include "models/mlp.h"
#include "optim/adam.h"
#include "tensor/io/safetensors.h"
#include "tensor/io/scratch_file.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "train/train.h"

namespace {

using namespace tenon;
using autograd::Variable;

TEST(Tutorial, Tensors) {
  // snippet begins
  Tensor x = arange(0, 12).reshape({3, 4});     // [[0, 1, 2, 3], [4, …], [8, …]], i64
  Tensor row = x.select(0, 1);                  // [4, 5, 6, 7]: a view, no bytes move
  Tensor middle = x.slice(1, 1, 3);             // columns 1 and 2: [3,2]
  Tensor means = mean(x.to(DType::kF32), {0});  // [4, 5, 6, 7], f32
  Tensor large = masked_select(x, gt(x, 5));    // [6, 7, 8, 9, 10, 11]
  Tensor column = tensor({1, 2, 3}).unsqueeze(1);
  Tensor grid = column + tensor({10, 20});  // [3,1] + [2] -> [3,2]: [[11, 21], …]
  // snippet ends
  EXPECT_EQ(row.to_vector<std::int64_t>(), (std::vector<std::int64_t>{4, 5, 6, 7}));
  EXPECT_EQ(middle.shape(), Shape({3, 2}));
  EXPECT_EQ(means.item<float>({3}), 7);
  EXPECT_EQ(large.numel(), 6);
  EXPECT_EQ(grid.item<float>({2, 1}), 23);
  // snippet begins
  row.fill_(0);  // x.select(0, 1) is zero now, too
  // snippet ends
  EXPECT_EQ(x.item<std::int64_t>({1, 2}), 0);
}

TEST(Tutorial, Errors) {
  // snippet begins
  std::string message;
  try {
    matmul(zeros({2, 3}), zeros({2, 3}));
  } catch (const ShapeError& error) {
    message = error.what();
  }
  // snippet ends
  EXPECT_NE(message.find("[matmul]"), std::string::npos) << message;
  EXPECT_NE(message.find("[2,3]"), std::string::npos) << message;
}

TEST(Tutorial, Products) {
  // snippet begins
  Tensor a = tensor({{1, 2}, {3, 4}}), b = tensor({{5, 6}, {7, 8}}), v = tensor({1, -1});
  Tensor elementwise = a * b;                         // [[5, 12], [21, 32]]
  Tensor product = matmul(a, b);                      // [[19, 22], [43, 50]]
  Tensor applied = matmul(a, v);                      // [-1, -1]
  Tensor both = matmul(stack(std::vector{a, b}), v);  // a batch of two: [2,2]
  Tensor rows = einsum("ij,ij->i", {a, b});           // dot products of rows: [17, 53]
  // snippet ends
  EXPECT_EQ(elementwise.item<float>({1, 1}), 32);
  EXPECT_EQ(product.to_vector<float>(), (std::vector<float>{19, 22, 43, 50}));
  EXPECT_EQ(applied.to_vector<float>(), (std::vector<float>{-1, -1}));
  EXPECT_EQ(both.shape(), Shape({2, 2}));
  EXPECT_EQ(rows.to_vector<float>(), (std::vector<float>{17, 53}));
}

TEST(Tutorial, Gradients) {
  // snippet begins
  Variable x(scalar(-3), /*requires_grad=*/true);
  Variable y(scalar(5), true), z(scalar(-2), true);
  Variable f = (x + y) * z;                                                 // -4
  std::string graph = autograd::to_dot(f, {{"x", x}, {"y", y}, {"z", z}});  // for Graphviz
  f.backward();
  double dx = x.grad().item<double>();  // -2: df/dx = z
  double dz = z.grad().item<double>();  //  2: df/dz = x + y
  // snippet ends
  EXPECT_EQ(f.item<double>(), -4);
  EXPECT_NE(graph.find("digraph"), std::string::npos);
  EXPECT_EQ(dx, -2);
  EXPECT_EQ(y.grad().item<double>(), -2);
  EXPECT_EQ(dz, 2);
}

TEST(Tutorial, Pooling) {
  // snippet begins
  Variable image(tensor({{1, 1, 2, 4}, {5, 6, 7, 8}, {3, 2, 1, 0}, {1, 2, 3, 4}}), true);
  Variable batch = reshape(image, {1, 1, 4, 4});  // N,C,H,W
  Variable pooled = max_pool2d(batch);            // windows of 2x2: [[6, 8], [3, 4]]
  sum(pooled).backward();                         // image.grad(): 1 at each largest pixel, else 0
  Tensor edges = tensor({{-1, 0, 1}, {-1, 0, 1}, {-1, 0, 1}}).reshape({1, 1, 3, 3});
  Variable filtered = conv2d(batch, edges, /*bias=*/{}, {.padding = {1, 1}});  // [1,1,4,4]
  // snippet ends
  EXPECT_EQ(pooled.value().flatten().contiguous().to_vector<float>(),
            (std::vector<float>{6, 8, 3, 4}));
  EXPECT_EQ(image.grad().value().item<float>({1, 3}), 1);
  EXPECT_EQ(filtered.value().item<float>({0, 0, 0, 0}), 7);
}

TEST(Tutorial, CrossEntropy) {
  // snippet begins
  Variable scores(tensor({3.2F, 5.1F, -1.7F}).unsqueeze(0), true);   // one image, three classes
  Variable p = softmax(scores, 1);                                   // [0.13, 0.869, 0.001]
  Variable loss = cross_entropy(scores, tensor<std::int64_t>({0}));  // -log 0.13 = 2.0404
  loss.backward();                                                   // p, less 1 at the label
  // snippet ends
  EXPECT_NEAR(p.value().item<double>({0, 1}), 0.869, 5e-4);
  EXPECT_NEAR(loss.item<double>(), 2.0404, 5e-5);
  EXPECT_NEAR(scores.grad().value().item<double>({0, 0}), -0.87, 5e-4);
}

TEST(Tutorial, Descent) {
  // snippet begins
  manual_seed(0);
  Tensor x = randn({64, 3});
  Tensor y = matmul(x, tensor({1, -2, 3}).unsqueeze(1));
  Variable w(zeros({3, 1}), /*requires_grad=*/true);
  for (int step = 0; step < 100; ++step) {
    Variable loss = mean(square(matmul(Variable(x), w) - y));
    w.zero_grad();
    loss.backward();
    const autograd::NoGrad no_grad;  // what follows is not part of the graph
    w.sub_(0.1 * w.grad());
  }  // w is [1, -2, 3] now
  // snippet ends
  EXPECT_NEAR(w.value().item<float>({1, 0}), -2, 1e-3);
}

TEST(Tutorial, Perceptron) {
  // snippet begins
  models::Mlp mlp({.sizes = {64, 32, 10}});       // Linear, ReLU, Linear
  std::string table = mlp.summary({1, 1, 8, 8});  // layers, shapes, parameters, operations
  // snippet ends
  EXPECT_EQ(mlp.num_parameters(), 2410);
  EXPECT_FALSE(table.empty());
}

// snippet begins
struct DigitNet : layers::Module {
  layers::Conv2d conv1{
      this, "conv1", {.in_channels = 1, .out_channels = 16, .kernel = 3, .padding = 1}};
  layers::Conv2d conv2{
      this, "conv2", {.in_channels = 16, .out_channels = 32, .kernel = 3, .padding = 1}};
  layers::MaxPool2d pool{this, "pool", {.kernel = 2}};
  layers::Dropout dropout{this, "dropout", {.p = 0.25}};
  layers::Linear fc{this, "fc", {.in_features = 32 * 4 * 4, .out_features = 10}};

  // images [N,1,8,8] -> logits [N,10]
  Variable forward(const Variable& images) override {
    Variable x = relu(conv1(images));
    x = pool(relu(conv2(x)));
    return fc(dropout(flatten(x, 1)));
  }
};
// snippet ends

TEST(Tutorial, DataTrainingAndSaving) {
  const auto digits = data::load_digits("data/testdata/digits.csv.gz");
  ASSERT_TRUE(digits.ok()) << digits.status();
  // snippet begins
  Tensor images = digits->images.to(DType::kF32) / 16.0;  // u8 [1797,1,8,8] -> 0 to 1
  data::TensorDataset all(images, digits->labels);
  auto parts = data::stratified_split(digits->labels, {0.8, 0.2}, /*seed=*/1);
  data::Subset train_set(all, parts[0]), test_set(all, parts[1]);
  data::DataLoader train_loader(train_set, {.batch_size = 32, .shuffle = true, .seed = 1});
  data::DataLoader test_loader(test_set, {.batch_size = 500});
  // snippet ends

  // snippet begins
  manual_seed(1);  // first weights and dropout repeat
  DigitNet net;
  optim::Adam optimizer(net.parameters(), {.lr = 2e-3});
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (const data::Batch& batch : train_loader) {
      optimizer.zero_grad();
      Variable loss = cross_entropy(net(batch.inputs), batch.targets);
      loss.backward();
      optimizer.step();
    }
  }
  // snippet ends

  // snippet begins
  train::Accuracy accuracy;
  train::ProgressBar bar({.style = train::ProgressStyle::kSilent});
  absl::StatusOr<train::History> history = train::fit(
      net, train_loader, optimizer,
      {.epochs = 5, .metrics = {&accuracy}, .validation = &test_loader, .callbacks = {&bar}});
  train::evaluate(net, test_loader, {.metrics = {&accuracy}});
  double right = accuracy.value();  // about 0.98 of the digits it has not seen
  // snippet ends
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_GT(right, 0.96);

  const std::string path = testing::TempDir() + "/digits.safetensors";
  // snippet begins
  absl::Status saved = write_safetensors(path, {.tensors = net.state_dict(), .metadata = {}});
  DigitNet fresh;
  absl::StatusOr<SafetensorsFile> file = read_safetensors(path);
  if (file.ok()) fresh.load_state_dict(file->tensors);
  fresh.eval();  // no dropout from here on
  // snippet ends
  ASSERT_TRUE(saved.ok() && file.ok());
  net.eval();
  const autograd::NoGrad no_grad;
  EXPECT_EQ(net(images).value().to_vector<float>(), fresh(images).value().to_vector<float>());
}

// Lines without the indentation that all of them share.
std::string outdented(const std::vector<std::string>& lines) {
  std::size_t indent = std::string::npos;
  for (const std::string& line : lines) {
    if (!line.empty()) indent = std::min(indent, line.find_first_not_of(' '));
  }
  std::string text;
  for (const std::string& line : lines) text += (line.empty() ? "" : line.substr(indent)) + "\n";
  return text;
}

// What lies between lines that begin with these marks, blanks aside.
std::vector<std::string> blocks(const std::string& text, const std::string& begin,
                                const std::string& end) {
  std::vector<std::string> found, lines;
  bool inside = false;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t first = std::min(line.find_first_not_of(' '), line.size());
    if (!inside && line.compare(first, std::string::npos, begin) == 0) {
      inside = true;
      lines.clear();
    } else if (inside && line.compare(first, std::string::npos, end) == 0) {
      inside = false;
      found.push_back(outdented(lines));
    } else if (inside) {
      lines.push_back(line);
    }
  }
  return found;
}

TEST(Tutorial, ShowsThisCode) {
  const auto page = blocks(slurp("docs/tutorial.md"), "```cpp", "```");
  const auto code = blocks(slurp("docs/tutorial_test.cc"), "// snippet begins", "// snippet ends");
  ASSERT_EQ(page.size(), code.size());
  for (std::size_t i = 0; i < page.size(); ++i) EXPECT_EQ(page[i], code[i]) << "snippet " << i + 1;
}

}  // namespace
