// What several seeds say together.
//
//   const Spread accuracy = spread({0.974, 0.978, 0.976});
//   std::printf("%s %%\n", percent(accuracy).c_str());   // 97.60 ± 0.20 %
#ifndef TENON_EXAMPLES_COMMON_STATISTICS_H_
#define TENON_EXAMPLES_COMMON_STATISTICS_H_

#include <string>
#include <vector>

namespace tenon::examples {

struct Spread {
  double mean = 0;       ///< NaN of no values
  double deviation = 0;  ///< of the sample (n - 1 in the divisor); 0 of a single value
  int count = 0;
};

Spread spread(const std::vector<double>& values);

/// Shares from 0 to 1 in percent: "97.60 ± 0.20", or "97.60" of a single value.
std::string percent(const Spread& shares, int digits = 2);

/// "3.42 ± 0.11" for 2 digits after the point, or "3.42" of a single value.
std::string fixed(const Spread& values, int digits);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_STATISTICS_H_
