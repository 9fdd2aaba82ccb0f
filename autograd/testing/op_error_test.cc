// Every operation refuses what its row says, with the error and the message that it says.
#include <string>

#include "autograd/testing/op_table.h"
#include "gtest/gtest.h"
#include "tensor/error.h"

namespace tenon::autograd::testing {
namespace {

bool is(const Error& error, Throws wanted) {
  switch (wanted) {
    case Throws::kShapeError:
      return dynamic_cast<const ShapeError*>(&error) != nullptr;
    case Throws::kDTypeError:
      return dynamic_cast<const DTypeError*>(&error) != nullptr;
    case Throws::kIndexError:
      return dynamic_cast<const IndexError*>(&error) != nullptr;
    case Throws::kValueError:
      return dynamic_cast<const ValueError*>(&error) != nullptr;
  }
  return false;
}

class OpErrors : public ::testing::TestWithParam<const OpRow*> {};

TEST_P(OpErrors, AreTypedAndSayWhy) {
  const OpRow& row = *GetParam();
  EXPECT_FALSE(row.bad.empty());
  for (const BadInput& bad : row.bad) {
    SCOPED_TRACE(bad.name);
    try {
      bad.call();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_TRUE(is(error, bad.error)) << message;
      EXPECT_EQ(message.rfind("[" + row.name + "] expected ", 0), 0u) << message;
      for (const std::string& part : bad.message) {
        EXPECT_NE(message.find(part), std::string::npos) << "no " << part << " in: " << message;
      }
    }
  }
}

std::vector<const OpRow*> rows() {
  std::vector<const OpRow*> rows;
  for (const OpRow& row : op_table()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpErrors, ::testing::ValuesIn(rows()),
                         [](const auto& info) { return info.param->name; });

}  // namespace
}  // namespace tenon::autograd::testing
