// Holds a page's example to the code that is compiled and run as its test.
#ifndef TENON_DATA_README_EXAMPLE_H_
#define TENON_DATA_README_EXAMPLE_H_

#include <gtest/gtest.h>

#include <string>

#include "tensor/io/scratch_file.h"

namespace tenon::data {

/// What lies between two marks.
inline std::string between(const std::string& text, const std::string& begin,
                           const std::string& end) {
  const std::size_t first = text.find(begin);
  EXPECT_NE(first, std::string::npos) << begin;
  if (first == std::string::npos) return "";
  const std::size_t start = first + begin.size();
  return text.substr(start, text.find(end, start) - start);
}

/// The page's first C++ example is what `test` has between its marks "example begins" and "… ends".
inline void expect_example_shown(const std::string& page, const std::string& test) {
  const std::string here = between(slurp(test), "// example begins\n", "// example ends");
  EXPECT_FALSE(here.empty());
  EXPECT_EQ(between(slurp(page), "```cpp\n", "```"), here);
}

}  // namespace tenon::data

#endif  // TENON_DATA_README_EXAMPLE_H_
