#include "examples/small_nets/hillshade.h"

#include <algorithm>

#include "data/covertype/covertype.h"
#include "examples/common/data_folder.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

// Columns of Covertype::numeric.
constexpr std::int64_t kAspect = 1, kSlope = 2, kShadeAt9 = 6;

Tensor scaled_inputs(const Tensor& aspect, const Tensor& slope) {
  return stack(std::vector{aspect / 180.0 - 1.0, slope / 33.0 - 1.0}, 1);
}

Slopes slopes_of(const Tensor& numeric) {
  return {.inputs = scaled_inputs(numeric.select(1, kAspect), numeric.select(1, kSlope)),
          .shade = numeric.slice(1, kShadeAt9, kShadeAt9 + 1) / 255.0};
}

}  // namespace

absl::StatusOr<Hillshade> load_hillshade(const CommonOptions& options, std::int64_t train_rows,
                                         std::int64_t test_rows) {
  const auto folder = data_folder(options, "covertype");
  if (!folder.ok()) return folder.status();
  const auto all = data::load_covertype(*folder + "/covtype.data.gz");
  if (!all.ok()) return all.status();
  const std::int64_t count = all->numeric.size(0);
  if (count <= test_rows) {
    return absl::FailedPreconditionError(*folder + "/covtype.data.gz: expected more than " +
                                         std::to_string(test_rows) + " rows, got " +
                                         std::to_string(count));
  }
  Generator random(0);
  const Tensor order = randperm(count, random);
  const auto take = [&](std::int64_t begin, std::int64_t end) {
    return slopes_of(index_select(all->numeric, 0, order.slice(0, begin, end)));
  };
  return Hillshade{.train = take(test_rows, test_rows + train_rows), .test = take(0, test_rows)};
}

Tensor inputs_at(const std::vector<double>& aspect, double slope) {
  const Tensor around = from_vector(aspect).to(DType::kF32);
  return scaled_inputs(around, full_like(around, slope));
}

void ShadeError::update(const Tensor& output, const Tensor& target) {
  mean_.add(255 * mean(abs(output - target)).item<double>(), static_cast<double>(target.numel()));
}

void ShadeError::set_state(std::span<const double> state) {
  if (state.size() != 2) throw ValueError("[ShadeError] expected two numbers");
  mean_.restore(state[0], state[1]);
}

}  // namespace tenon::examples
