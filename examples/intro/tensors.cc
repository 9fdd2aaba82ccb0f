// The introduction's first half: tensors, products, gradients, pooling and losses, each expression
// beside what PyTorch says (testdata/tensors_torch.py).
//
//   ./bazelw run //examples/intro:tensors
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "autograd/graph.h"
#include "autograd/ops.h"
#include "examples/common/experiment.h"
#include "examples/common/paths.h"
#include "examples/common/result_line.h"
#include "examples/common/table.h"
#include "layers/loss.h"
#include "optim/sgd.h"
#include "tensor/io/atomic_file.h"
#include "tensor/ops.h"

namespace tenon::examples {
namespace {

using autograd::Variable;

// A number with up to four decimals: 2.0404, 0.13, -4.
std::string text(double value) {
  std::array<char, 64> digits;
  std::snprintf(digits.data(), digits.size(), "%.4f", value);
  std::string result = digits.data();
  result.erase(result.find_last_not_of('0') + 1);
  if (result.ends_with('.')) result.pop_back();
  return result;
}

// Nested lists on one line, as testdata/tensors_torch.py writes them.
std::string text(const Tensor& x) {
  if (x.ndim() == 0) {
    if (x.dtype() == DType::kBool) return x.item<double>() != 0 ? "true" : "false";
    return text(x.item<double>());
  }
  std::string list;
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    list += (i == 0 ? "" : ", ") + text(x.select(0, i));
  }
  return "[" + list + "]";
}

// Expressions and their values, ours beside theirs.
class Walk {
 public:
  Walk(std::map<std::string, std::string> theirs, bool quiet)
      : theirs_(std::move(theirs)), quiet_(quiet) {}

  void show(const std::string& expression, const Variable& x) {
    const std::string ours = text(x.value());
    const auto found = theirs_.find(expression);
    const std::string theirs = found == theirs_.end() ? "?" : found->second;
    if (!quiet_) {
      std::printf("%s\n  Tenon    %s\n  PyTorch  %s%s\n", expression.c_str(), ours.c_str(),
                  theirs.c_str(), ours == theirs ? "" : "   <- differs");
    }
    table_.add_row({expression, ours, theirs, ours == theirs ? "yes" : "no"});
    ++rows_;
    equal_ += ours == theirs;
  }

  const Table& table() const { return table_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t equal() const { return equal_; }

 private:
  std::map<std::string, std::string> theirs_;
  bool quiet_;
  Table table_{{"expression", "Tenon", "PyTorch", "equal"}};
  std::int64_t rows_ = 0;
  std::int64_t equal_ = 0;
};

Variable leaf(const Tensor& value) { return Variable(value, /*requires_grad=*/true); }

void tensors(Walk& walk) {
  const Tensor x = arange(0, 12).reshape({3, 4});
  walk.show("x = arange(12).reshape(3, 4)", x);
  walk.show("x.T", x.t());
  walk.show("x[1]", x.select(0, 1));
  walk.show("x[:, 1:3]", x.slice(1, 1, 3));
  walk.show("x.flip(0)", flip(x, {0}));
  walk.show("x.sum()", sum(x));
  walk.show("x.float().mean(dim=0)", mean(x.to(DType::kF32), {0}));
  walk.show("x.max(dim=1).values", max(x, {1}));
  walk.show("x > 5", gt(x, 5));
  walk.show("x[x > 5]", masked_select(x, gt(x, 5)));
  const Tensor column = tensor({1, 2, 3}).unsqueeze(1), row = tensor({10, 20});
  walk.show("column + row", column + row);
  walk.show("linspace(0, 1, 5).exp()", exp(linspace(0, 1, 5)));
  walk.show("tensor([1.9, -1.9]).to(int64)", tensor({1.9F, -1.9F}).to(DType::kI64));
  walk.show("cat([row, row])", cat(std::vector{row, row}));
  walk.show("stack([row, row])", stack(std::vector{row, row}));
}

void products(Walk& walk) {
  const Tensor a = tensor({{1, 2}, {3, 4}}), b = tensor({{5, 6}, {7, 8}});
  const Tensor v = tensor({1, -1});
  walk.show("a * b", a * b);
  walk.show("a @ b", matmul(a, b));
  walk.show("a @ v", matmul(a, v));
  walk.show("v @ v", matmul(v, v));
  walk.show("outer(v, row)", outer(v, tensor({10, 20})));
  walk.show("einsum('ij,ij->i', a, b)", einsum("ij,ij->i", {a, b}));
  walk.show("stack([a, b]) @ v", matmul(stack(std::vector{a, b}), v));
}

// The graph of f is written as a picture for Graphviz.
std::string gradients_of_a_graph(Walk& walk) {
  const Variable x = leaf(scalar(-3)), y = leaf(scalar(5)), z = leaf(scalar(-2));
  const Variable f = (x + y) * z;
  const std::string graph = autograd::to_dot(f, {{"x", x}, {"y", y}, {"z", z}});
  f.backward();
  walk.show("f = (x + y) z, x = -3, y = 5, z = -2", f);
  walk.show("df/dx", x.grad());
  walk.show("df/dy", y.grad());
  walk.show("df/dz", z.grad());
  return graph;
}

void more_gradients(Walk& walk) {
  const Variable w = leaf(tensor({2, -3, -3})), inputs = leaf(tensor({-1, -2, 1}));
  const Variable neuron = sigmoid(matmul(w, inputs));
  neuron.backward();
  walk.show("sigmoid(w . x), w = [2, -3, -3], x = [-1, -2, 1]", neuron);
  walk.show("d sigmoid/dw", w.grad());
  walk.show("d sigmoid/dx", inputs.grad());

  const Variable x = leaf(tensor({1, 2, 3}));
  sum(pow(x, 3)).backward();
  walk.show("d sum(x^3)/dx, x = [1, 2, 3]", x.grad().value().clone());
  sum(square(x)).backward();
  walk.show("… and d sum(x^2)/dx added to it", x.grad());

  const Variable two = leaf(scalar(2)), power = pow(two, 4);
  const Variable first = autograd::grad({&power, 1}, {&two, 1}, {}, {.create_graph = true})[0];
  walk.show("d x^4/dx, x = 2", first);
  walk.show("d^2 x^4/dx^2", autograd::grad({&first, 1}, {&two, 1})[0]);

  const Variable a = leaf(tensor({{1, 2}, {3, 4}}));
  sum(matmul(a, tensor({{5, 6}, {7, 8}}))).backward();
  walk.show("d sum(a @ b)/da", a.grad());
}

void convolution_and_pooling(Walk& walk) {
  const Variable image = leaf(tensor({{1, 1, 2, 4}, {5, 6, 7, 8}, {3, 2, 1, 0}, {1, 2, 3, 4}}));
  const Variable batch = reshape(image, {1, 1, 4, 4});
  const auto plane = [](const Variable& x) { return x.value().select(0, 0).select(0, 0); };

  const Variable pooled = max_pool2d(batch);
  walk.show("max_pool2d(image, 2)", plane(pooled));
  sum(pooled).backward();
  walk.show("its gradient", image.grad());
  walk.show("avg_pool2d(image, 2)", plane(avg_pool2d(batch)));
  walk.show("max_pool2d(image, 3, stride=1)",
            plane(max_pool2d(batch, {.kernel = {3, 3}, .stride = {1, 1}})));

  const Tensor edges = tensor({{-1, 0, 1}, {-1, 0, 1}, {-1, 0, 1}}).reshape({1, 1, 3, 3});
  walk.show("conv2d(image, edges)", plane(conv2d(batch, edges, {})));
  walk.show("conv2d(image, edges, padding=1)",
            plane(conv2d(batch, edges, {}, {.padding = {1, 1}})));
  walk.show("conv2d(image, edges, stride=2, padding=1)",
            plane(conv2d(batch, edges, {}, {.stride = {2, 2}, .padding = {1, 1}})));
}

void losses(Walk& walk) {
  const Variable scores = leaf(tensor({3.2F, 5.1F, -1.7F}).unsqueeze(0));
  walk.show("softmax([3.2, 5.1, -1.7])", select(softmax(scores, 1), 0, 0));
  const Variable loss = cross_entropy(scores, tensor<std::int64_t>({0}));
  loss.backward();
  walk.show("cross_entropy, label 0", loss);
  walk.show("d cross_entropy/d scores", select(scores.grad(), 0, 0));

  const Variable batch = tensor({{3.2F, 5.1F, -1.7F}, {1.3F, 4.9F, 2.0F}, {2.2F, 2.5F, -3.1F}});
  const Tensor labels = tensor<std::int64_t>({0, 1, 2});
  walk.show("cross_entropy of three images", cross_entropy(batch, labels));
  walk.show("… each", cross_entropy(batch, labels, {.reduction = Reduction::kNone}));
  walk.show("… label_smoothing=0.1", cross_entropy(batch, labels, {.label_smoothing = 0.1}));
  walk.show("hinge loss of each (sum over classes)",
            layers::multi_margin_loss(batch, labels, {.reduction = Reduction::kNone}) * 3);
  walk.show("mse_loss(a, b)", layers::mse_loss(tensor({{1, 2}, {3, 4}}), tensor({{5, 6}, {7, 8}})));
}

void a_network(Walk& walk) {
  const Variable weight = leaf(tensor({{0.2F, -0.5F, 0.1F}, {1.5F, 1.3F, 2.1F}}));
  const Variable bias = leaf(tensor({0.5F, -0.5F}));
  const Variable head = leaf(tensor({{1, -1}, {0.5F, 0.25F}}));
  const Variable x = tensor({{1, 2, 3}, {-1, 0.5F, 0}});
  const Tensor labels = tensor<std::int64_t>({0, 1});
  const auto network = [&] { return linear(relu(linear(x, weight, bias)), head); };

  const Variable logits = network();
  const Variable loss = cross_entropy(logits, labels);
  loss.backward();
  walk.show("hidden = relu(linear(x, weight, bias))", relu(linear(x, weight, bias)));
  walk.show("logits = linear(hidden, head)", logits);
  walk.show("loss", loss);
  walk.show("d loss/d weight", weight.grad());

  optim::SGD optimizer({weight, bias, head}, {.lr = 0.1});
  optimizer.step();
  walk.show("weight after a step of SGD, lr=0.1", weight);
  walk.show("bias after it", bias);
  walk.show("loss after it", cross_entropy(network(), labels));
}

// PyTorch's values by expression.
absl::StatusOr<std::map<std::string, std::string>> read_theirs() {
  const auto path = runfile("examples/intro/testdata/tensors_torch.txt");
  if (!path.ok()) return path.status();
  std::map<std::string, std::string> theirs;
  std::ifstream file(*path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) return absl::DataLossError(*path + ": no tab in '" + line + "'");
    theirs[line.substr(0, tab)] = line.substr(tab + 1);
  }
  return theirs;
}

absl::Status run_all(const ExperimentOptions& options) {
  auto theirs = read_theirs();
  if (!theirs.ok()) return theirs.status();
  const std::size_t expected = theirs->size();
  Walk walk(*std::move(theirs), options.quiet);
  tensors(walk);
  products(walk);
  const std::string graph = gradients_of_a_graph(walk);
  more_gradients(walk);
  convolution_and_pooling(walk);
  losses(walk);
  a_network(walk);

  absl::Status status = write_file(options.output("graph.dot"), graph);
  if (status.ok()) status = walk.table().write(options.output("table"));
  if (!status.ok()) return status;
  if (walk.equal() != walk.rows() || walk.rows() != static_cast<std::int64_t>(expected)) {
    return absl::InternalError(std::to_string(walk.equal()) + " of " + std::to_string(expected) +
                               " values equal PyTorch's");
  }
  ResultLine result("intro:tensors", options);
  result.add("expressions", walk.rows());
  result.add("equal", walk.equal());
  result.print();
  return absl::OkStatus();
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options;
  Flags flags("tensors", "Tensors, gradients, pooling and losses, beside PyTorch's values.");
  add(flags, options);
  return flags.run(argc, argv, [&] { return run_all(options); });
}
