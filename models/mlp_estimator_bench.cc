// MlpClassifier on the digits, beside scikit-learn's (models/testdata/sklearn_digits.py): one line
// for each of five seeds.
//
//   ./bazelw run //models:mlp_estimator_bench -- $PWD/data/testdata/digits.csv.gz

#include <chrono>
#include <cstdio>

#include "data/digits.h"
#include "models/mlp_estimator.h"
#include "tensor/ops.h"

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s digits.csv.gz\n", argv[0]);
    return 2;
  }
  const auto digits = tenon::data::load_digits(argv[1]);
  if (!digits.ok()) {
    std::fprintf(stderr, "%s\n", digits.status().ToString().c_str());
    return 1;
  }
  const tenon::Tensor x = digits->images.to(tenon::DType::kF32).flatten(1) / 16.0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    tenon::models::MlpClassifier classifier({.seed = seed});
    const auto start = Clock::now();
    classifier.fit(x.slice(0, 0, 1437), digits->labels.slice(0, 0, 1437));
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::printf("seed=%d accuracy=%.4f epochs=%zu seconds=%.3f\n", static_cast<int>(seed),
                classifier.score(x.slice(0, 1437), digits->labels.slice(0, 1437)),
                classifier.loss_curve().size(), seconds);
  }
  return 0;
}
