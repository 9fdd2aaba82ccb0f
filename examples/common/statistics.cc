#include "examples/common/statistics.h"

#include <cmath>
#include <limits>

#include "examples/common/table.h"

namespace tenon::examples {

Spread spread(const std::vector<double>& values) {
  Spread result{.mean = std::numeric_limits<double>::quiet_NaN(),
                .count = static_cast<int>(values.size())};
  if (values.empty()) return result;
  double sum = 0;
  for (const double value : values) sum += value;
  result.mean = sum / result.count;
  if (result.count == 1) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / (result.count - 1));
  return result;
}

std::string percent(const Spread& shares, int digits) {
  const std::string mean = percent(shares.mean, digits);
  return shares.count < 2 ? mean : mean + " ± " + percent(shares.deviation, digits);
}

std::string fixed(const Spread& values, int digits) {
  const std::string mean = fixed(values.mean, digits);
  return values.count < 2 ? mean : mean + " ± " + fixed(values.deviation, digits);
}

}  // namespace tenon::examples
