// Kernels beside what limits them: those that memory limits as a share of a copy's bandwidth, large
// products beside cuBLASLt's fastest algorithm; and the ways to multiply with NF4 weights.
//
//   ./bazelw run //benchmarks:kernel_limits -- --device=cuda
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/cublaslt_best.h"
#include "benchmarks/measure.h"
#include "benchmarks/nf4_products.h"
#include "tensor/build_info.h"
#include "tensor/numerics.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::benchmarks {
namespace {

struct Options {
  std::string device = "cuda";
  double budget = 0.5;
  bool quick = false;
};

struct Kernel {
  std::string name;
  double bytes;  ///< that have to be read and written, at the least
  std::function<void()> run;
};

double bytes_of(std::initializer_list<Tensor> tensors) {
  double bytes = 0;
  for (const Tensor& x : tensors) bytes += static_cast<double>(x.bytes());
  return bytes;
}

/// What is done with rows [R,C] of activations.
std::vector<Kernel> row_kernels(const Tensor& x, const Tensor& y) {
  const double once = bytes_of({x});
  const Tensor weight = ones({x.size(1)}, x.options());
  const Tensor labels = zeros({x.size(0)}, {.dtype = DType::kI64, .device = x.device()});
  const Tensor one = ones({}, {.device = x.device()});
  const auto normalized = layer_norm(x, {x.size(1)}, weight, weight);
  auto generator = std::make_shared<Generator>(1);
  return {
      {"relu", 2 * once, [=] { relu(x); }},
      {"gelu", 2 * once, [=] { gelu(x); }},
      {"add", 3 * once, [=] { add(x, y); }},
      {"add a row", 2 * once, [=] { add(x, weight); }},
      {"sum of rows", once, [=] { sum(x, {1}); }},
      {"sum of columns", once, [=] { sum(x, {0}); }},
      {"transpose", 2 * once, [=] { x.t().contiguous(); }},
      {"softmax", 2 * once, [=] { softmax(x, 1); }},
      {"layer_norm", 2 * once, [=] { layer_norm(x, {x.size(1)}, weight, weight); }},
      {"layer_norm_grad", 3 * once,
       [=] { layer_norm_grad(y, x, {x.size(1)}, weight, normalized.mean, normalized.rstd); }},
      {"cross_entropy", once, [=] { cross_entropy(x, labels); }},
      {"cross_entropy_grad", 2 * once,
       [=] { cross_entropy_grad(one.to(x.dtype()), x, labels, {}); }},
      // The mask is a byte an element.
      {"dropout", 2 * once + static_cast<double>(x.numel()), [=] { dropout(x, 0.1, *generator); }},
  };
}

/// A conversion, and AdamW over one list.
std::vector<Kernel> list_kernels(const Tensor& x) {
  const Tensor low = x.to(DType::kBF16);
  const std::vector<Tensor> parameters = {zeros_like(x)}, grads = {x};
  const std::vector<std::vector<Tensor>> states = {{zeros_like(x)}, {zeros_like(x)}};
  return {
      {"f32 to bf16", bytes_of({x, low}), [=] { x.to(DType::kBF16); }},
      {"bf16 to f32", bytes_of({x, low}), [=] { low.to(DType::kF32); }},
      {"AdamW", 7 * bytes_of({x}),
       [=] {
         optimizer_update_({.parameters = parameters, .grads = grads, .states = states},
                           AdamStep{.weight_decay = 0.01, .decoupled = true});
       }},
  };
}

void print_kernels(const std::vector<Kernel>& kernels, const std::string& what, double limit,
                   const Options& options, Device device) {
  for (const Kernel& kernel : kernels) {
    const double rate = kernel.bytes / median_seconds(kernel.run, options.budget, device);
    std::printf("%-24s %-6s %10.1f GB/s %8.1f %% of a copy's %.1f GB/s\n", kernel.name.c_str(),
                what.c_str(), 1e-9 * rate, 100 * rate / limit, 1e-9 * limit);
    std::fflush(stdout);
  }
}

void memory_bound(const Options& options, Device device) {
  const Shape shape = options.quick ? Shape{64, 256} : Shape{65536, 4096};
  const Tensor x = randn(shape, default_generator()).to(device);
  const double limit = copy_rate(device, static_cast<std::int64_t>(x.bytes()));
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    const Tensor rows = x.to(dtype);
    print_kernels(row_kernels(rows, rows.clone()), std::string(name(dtype)), limit, options,
                  device);
  }
  print_kernels(list_kernels(x), "", limit, options, device);
}

void print_product(const Shape& sizes, DType dtype, bool tf32, const Options& options,
                   Device device) {
  const std::int64_t m = sizes[0], k = sizes[1], n = sizes[2];
  const Tensor a = randn({m, k}, default_generator()).to(device).to(dtype);
  const Tensor b = randn({k, n}, default_generator()).to(device).to(dtype);
  const NumericsScope scope({.tf32 = tf32});
  const double flop = 2.0 * static_cast<double>(m) * static_cast<double>(k * n);
  const double own = median_seconds([&] { matmul(a, b); }, options.budget, device);
  const std::string what = tf32 ? "tf32" : std::string(name(dtype));
  std::printf("matmul %5lldx%5lldx%5lld %-6s %8.1f TFLOP/s", static_cast<long long>(m),
              static_cast<long long>(k), static_cast<long long>(n), what.c_str(),
              1e-12 * flop / own);
  if (!device.is_cpu()) {
    if (const auto best = fastest_cublaslt(a, b, matmul(a, b), tf32)) {
      std::printf(" %8.1f %% of cuBLASLt's best %.1f TFLOP/s", 100 * *best / own,
                  1e-12 * flop / *best);
    }
  }
  std::printf("\n");
  std::fflush(stdout);
}

void products(const Options& options, Device device) {
  const std::vector<Shape> shapes =
      options.quick
          ? std::vector<Shape>{{64, 64, 64}}
          : std::vector<Shape>{
                {4096, 4096, 4096}, {8192, 8192, 8192}, {16384, 2048, 8192}, {2048, 8192, 2048}};
  for (const Shape& shape : shapes) {
    print_product(shape, DType::kBF16, false, options, device);
    print_product(shape, DType::kF16, false, options, device);
    print_product(shape, DType::kF32, true, options, device);
    print_product(shape, DType::kF32, false, options, device);
  }
}

int main(int argc, char** argv) {
  CLI::App app("Kernels beside a copy's bandwidth, large products beside cuBLASLt's best.");
  Options options;
  app.add_option("--device", options.device, "cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--seconds", options.budget, "time for each figure")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--quick", options.quick, "tiny tensors: that everything runs, not how fast");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    const Device device = parse_device(options.device);
    if (skips(device)) return 0;
    std::fprintf(stderr, "%s\n", to_string(build_info()).c_str());
    memory_bound(options, device);
    products(options, device);
    for (const Shape& shape : options.quick
                                  ? std::vector<Shape>{{64, 128}}
                                  : std::vector<Shape>{{2048, 2048}, {8192, 2048}, {2048, 8192}}) {
      print_nf4_products(shape, options.budget, device);
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "kernel_limits: %s\n", error.what());
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace tenon::benchmarks

int main(int argc, char** argv) { return tenon::benchmarks::main(argc, argv); }
