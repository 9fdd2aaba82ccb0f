#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "layers/layers.h"

namespace tenon::layers {
namespace {

using Names = std::vector<std::string>;

StateDict clone(const StateDict& state) {
  StateDict copy;
  for (const auto& [name, tensor] : state) copy.emplace_back(name, tensor.clone());
  return copy;
}

void expect_same(const StateDict& a, const StateDict& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].first, b[i].first);
    EXPECT_EQ(a[i].second.to_vector<float>(), b[i].second.to_vector<float>()) << a[i].first;
  }
}

class StateDictTest : public testing::Test {
 protected:
  StateDictTest() {
    build(net_);
    build(other_);
    before_ = clone(net_.state_dict());
  }

  static void build(Sequential& net) {
    net.add<Conv2d>({.in_channels = 1, .out_channels = 2, .kernel = 3});
    net.add<ReLU>();
    net.add<Linear>({.in_features = 3, .out_features = 4});
  }

  LoadReport load_fails(const StateDict& state, const LoadOptions& options = {}) {
    LoadReport report;
    try {
      net_.load_state_dict(state, options);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const StateDictError& error) {
      report = error.report();
      message_ = error.what();
    }
    expect_same(net_.state_dict(), before_);
    return report;
  }

  Sequential net_;
  Sequential other_;
  StateDict before_;
  std::string message_;
};

TEST_F(StateDictTest, CopiesAllValues) {
  const StateDict source = other_.state_dict();
  const LoadReport report = net_.load_state_dict(source);
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(to_string(report), "all names and shapes agree");
  expect_same(net_.state_dict(), source);
  source[0].second.fill_(7);  // copied, not shared
  EXPECT_NE(net_.state_dict()[0].second.item<float>({0, 0, 0, 0}), 7);
}

TEST_F(StateDictTest, LoadsIntoTheSameParameters) {
  const Variable weight = net_.parameters()[0];
  net_.load_state_dict(other_.state_dict());
  EXPECT_TRUE(weight.same_as(net_.parameters()[0]));
  EXPECT_EQ(weight.value().to_vector<float>(), other_.state_dict()[0].second.to_vector<float>());
}

TEST_F(StateDictTest, TheOrderDoesNotMatter) {
  StateDict source = clone(other_.state_dict());
  std::swap(source.front(), source.back());
  net_.load_state_dict(source);
  expect_same(net_.state_dict(), other_.state_dict());
}

TEST_F(StateDictTest, ConvertsToTheModulesDType) {
  StateDict source;
  for (const auto& [name, value] : other_.state_dict()) {
    source.emplace_back(name, value.to(DType::kF64));
  }
  net_.load_state_dict(source);
  expect_same(net_.state_dict(), other_.state_dict());
}

TEST_F(StateDictTest, MissingAndUnexpectedNames) {
  StateDict source = clone(other_.state_dict());
  source[3].first = "head.bias";
  const LoadReport report = load_fails(source);
  EXPECT_EQ(report.missing, (Names{"2.bias"}));
  EXPECT_EQ(report.unexpected, (Names{"head.bias"}));
  EXPECT_EQ(message_, "[load_state_dict] Sequential: 1 missing (2.bias); 1 unexpected (head.bias)");
}

TEST_F(StateDictTest, MisshapenValues) {
  StateDict source = clone(other_.state_dict());
  source[2].second = zeros({3, 4});
  const LoadReport report = load_fails(source);
  EXPECT_EQ(report.misshapen, (Names{"2.weight: expected [4,3], got [3,4]"}));
  load_fails(source, {.strict = false});  // never skipped in silence
  source[2].second = Tensor();
  EXPECT_EQ(load_fails(source).misshapen,
            (Names{"2.weight: expected [4,3], got an undefined tensor"}));
}

TEST_F(StateDictTest, ANameThatComesTwice) {
  StateDict source = clone(other_.state_dict());
  source.push_back(source[1]);
  load_fails(source);
  EXPECT_EQ(message_, "[load_state_dict] Sequential: the state dict has \"0.bias\" twice");
}

TEST_F(StateDictTest, NotStrictLoadsWhatFits) {
  StateDict source = clone(other_.state_dict());
  source[3].first = "head.bias";
  const LoadReport report = net_.load_state_dict(source, {.strict = false});
  EXPECT_EQ(report.missing, (Names{"2.bias"}));
  EXPECT_EQ(report.unexpected, (Names{"head.bias"}));
  EXPECT_EQ(net_.state_dict()[2].second.to_vector<float>(),
            other_.state_dict()[2].second.to_vector<float>());
  EXPECT_EQ(net_.state_dict()[3].second.to_vector<float>(), before_[3].second.to_vector<float>());
}

TEST_F(StateDictTest, TheStateOfAnotherModel) {
  const Linear stranger({.in_features = 3, .out_features = 4});
  const LoadReport report = load_fails(stranger.state_dict());
  EXPECT_EQ(report.missing, (Names{"0.weight", "0.bias", "2.weight", "2.bias"}));
  EXPECT_EQ(report.unexpected, (Names{"weight", "bias"}));
  load_fails({});
}

TEST_F(StateDictTest, LongListsAreAbridgedInTheMessageOnly) {
  StateDict source = clone(other_.state_dict());
  for (int i = 0; i < 20; ++i) source.emplace_back("extra" + std::to_string(i), ones({1}));
  EXPECT_EQ(load_fails(source).unexpected.size(), 20u);
  EXPECT_NE(message_.find("20 unexpected (extra0, "), std::string::npos) << message_;
  EXPECT_EQ(message_.find("extra8"), std::string::npos) << message_;
}

TEST_F(StateDictTest, ErrorsAreValueErrors) { EXPECT_THROW(net_.load_state_dict({}), ValueError); }

}  // namespace
}  // namespace tenon::layers
