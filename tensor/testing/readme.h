// Holds the examples of a page to the code that is compiled and run as its test.
//
//   TEST(Readme, ShowsThisExample) {
//     testing::expect_examples_shown("init/README.md", "init/init_test.cc");
//   }
#ifndef TENON_TENSOR_TESTING_README_H_
#define TENON_TENSOR_TESTING_README_H_

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace tenon::testing {

/// A line without comment and spaces, which clang-format may change.
inline std::string bare_line(const std::string& line) {
  std::string bare = line.substr(0, line.find("//"));
  std::erase(bare, ' ');
  return bare;
}

using Statements = std::vector<std::string>;

/// A page's C++ blocks as statements, each without spaces, whatever lines it is broken into.
inline std::vector<Statements> examples_of(const std::string& page) {
  std::ifstream file(page);
  std::vector<Statements> examples;
  std::string statement;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = line == "```cpp";
      if (inside) examples.emplace_back();
      continue;
    }
    if (!inside) continue;
    statement += bare_line(line);
    const bool ends = statement.starts_with('#') || statement.ends_with(';') ||
                      statement.ends_with('{') || statement.ends_with('}');
    if (ends) examples.back().push_back(std::exchange(statement, ""));
  }
  EXPECT_EQ(statement, "") << page << ": a statement does not end";
  return examples;
}

/// Every statement of each C++ block of the page comes in `test`, in the block's order; in between
/// may be what the page leaves out.
inline void expect_examples_shown(const std::string& page, const std::string& test) {
  std::ifstream file(test);
  std::string code;
  for (std::string line; std::getline(file, line);) code += bare_line(line);
  const std::vector<Statements> examples = examples_of(page);
  EXPECT_FALSE(examples.empty()) << page;
  for (const Statements& example : examples) {
    std::size_t at = 0;
    for (const std::string& statement : example) {
      const std::size_t found = code.find(statement, at);
      ASSERT_NE(found, std::string::npos)
          << page << ": not in " << test << ", or not in this order: " << statement;
      at = found + statement.size();
    }
  }
}

}  // namespace tenon::testing

#endif  // TENON_TENSOR_TESTING_README_H_
