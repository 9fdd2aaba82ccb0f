#include "autograd/graph.h"

#include <string>

#include "autograd/ops.h"
#include "gtest/gtest.h"

namespace tenon::autograd {
namespace {

constexpr char kHead[] = "digraph {\n  node [fontname=\"sans-serif\", fontsize=10];\n";

TEST(ToDot, DrawsOperationsAndLeaves) {
  const Variable x(zeros({4, 2})), w(zeros({2, 3}), true), b(zeros({3}), true);
  const Variable hidden = matmul(x, w) + b;
  EXPECT_EQ(to_dot(sum(hidden * hidden), {{"w", w}, {"h", hidden}}),
            std::string(kHead) +
                "  v0 [shape=box, label=\"sum\\nf32 []\"];\n"
                "  v1 [shape=box, label=\"mul\\nf32 [4,3]\"];\n"
                "  v1 -> v0;\n"
                "  v2 [shape=box, label=\"add\\nh f32 [4,3]\"];\n"
                "  v2 -> v1;\n"
                "  v2 -> v1;\n"
                "  v3 [shape=box, label=\"matmul\\nf32 [4,3]\"];\n"
                "  v3 -> v2;\n"
                "  v4 [shape=ellipse, label=\"f32 [3]\"];\n"
                "  v4 -> v2;\n"
                "  v5 [shape=ellipse, label=\"w\\nf32 [2,3]\"];\n"
                "  v5 -> v3;\n"
                "}\n");
}

TEST(ToDot, OfALeafIsThatLeaf) {
  const Variable x(zeros({2}), true);
  EXPECT_EQ(to_dot(x, {{"x", x}}),
            std::string(kHead) + "  v0 [shape=ellipse, label=\"x\\nf32 [2]\"];\n}\n");
}

TEST(ToDot, QuotesNames) {
  const Variable x(zeros({}), true);
  EXPECT_NE(to_dot(x, {{"a \"b\" \\ c\nd", x}}).find("label=\"a \\\"b\\\" \\\\ c\\nd\\nf32 []\""),
            std::string::npos);
}

TEST(ToDot, ShowsAllResultsAndWhatWasReleased) {
  const Variable x(zeros({3}), true);
  const auto parts = split(x, 2);
  const Variable y = sum(parts[0]);
  EXPECT_NE(to_dot(y).find("label=\"split\\nf32 [2]\\nf32 [1]\""), std::string::npos);
  y.backward();
  EXPECT_NE(to_dot(y).find("label=\"sum (released)\\nf32 []\""), std::string::npos);
}

TEST(ToDot, OfADeepGraph) {
  Variable y(scalar(1), true);
  for (int i = 0; i < 20000; ++i) y = y * 1;
  EXPECT_GT(to_dot(y).size(), 20000u * 40);
}

TEST(ToDot, NeedsAVariable) { EXPECT_THROW(to_dot(Variable()), AutogradError); }

}  // namespace
}  // namespace tenon::autograd
