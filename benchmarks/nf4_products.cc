#include "benchmarks/nf4_products.h"

#include <cstdio>
#include <functional>
#include <string>

#include "benchmarks/measure.h"
#include "tensor/ops.h"
#include "tensor/quant/quant.h"
#include "tensor/random.h"

namespace tenon::benchmarks {
namespace {

constexpr std::int64_t kMostRows = 1024;

struct Ways {
  std::function<void()> codes;  ///< empty where there is no such kernel
  std::function<void()> written_out;
};

std::string microseconds(const std::function<void()>& run, double budget, Device device) {
  if (!run) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", 1e6 * median_seconds(run, budget, device));
  return text;
}

void print(const char* what, std::int64_t rows, const quant::QuantizedTensor& q, const char* kernel,
           const Ways& ways, double budget) {
  const Device device = q.codes.device();
  std::printf("%-16s %5lld rows  %s: %s us, written out: %s us\n",
              (std::string(what) + " " + to_string(q.shape)).c_str(), static_cast<long long>(rows),
              kernel, microseconds(ways.codes, budget, device).c_str(),
              microseconds(ways.written_out, budget, device).c_str());
  std::fflush(stdout);
}

}  // namespace

void print_nf4_products(const Shape& shape, double budget, Device device) {
  const quant::QuantizedTensor q = quant::quantize(randn(shape, default_generator()).to(device));
  const auto dtype = DType::kBF16;
  for (std::int64_t rows = 1; rows <= kMostRows; rows *= 2) {
    const bool few = rows <= quant::kMultiplyRows;
    const Tensor x = randn({rows, shape[1]}, default_generator()).to(dtype).to(device);
    Ways ways{.codes = {}, .written_out = [&] { matmul(x, quant::dequantize(q, dtype).t()); }};
    if (few || !device.is_cpu()) ways.codes = [&] { quant::multiply(x, q); };
    print("NF4", rows, q, few ? "by threads" : "by tensor cores", ways, budget);

    const Tensor y = randn({rows, shape[0]}, default_generator()).to(dtype).to(device);
    Ways back{.codes = {}, .written_out = [&] { matmul(y, quant::dequantize(q, dtype)); }};
    if (!device.is_cpu()) back.codes = [&] { quant::multiply_transposed(y, q); };
    print("NF4, gradient", rows, q, "by tensor cores", back, budget);
  }
}

}  // namespace tenon::benchmarks
