#include "layers/normalization.h"

#include "autograd/ops.h"

namespace tenon::layers {
namespace {

void check_row_options(const std::string& where, const Shape& shape, double eps) {
  bool sizes = shape.size() > 0;
  for (const std::int64_t size : shape) sizes = sizes && size >= 1;
  if (!sizes) {
    throw ValueError(where + "expected a shape of sizes of at least 1, got " + to_string(shape));
  }
  if (!(eps >= 0)) throw ValueError(where + "expected eps >= 0, got " + std::to_string(eps));
}

bool ends_in(const Variable& x, const Shape& shape) {
  bool fits = x.ndim() >= shape.size();
  for (int i = 1; fits && i <= shape.size(); ++i) fits = x.size(-i) == shape[shape.size() - i];
  return fits;
}

[[noreturn]] void throw_other_end(const std::string& where, const Variable& x, const Shape& shape) {
  throw ShapeError(where + "expected x that ends in " + to_string(shape) + ", got " +
                   to_string(x.shape()));
}

}  // namespace

void LayerNorm::init() {
  check_row_options(where(), options_.shape, options_.eps);
  if (!options_.affine) return;
  weight_ = parameter("weight", ones(options_.shape));
  if (options_.bias) bias_ = parameter("bias", zeros(options_.shape));
}

Variable LayerNorm::forward(const Variable& x) {
  if (!ends_in(x, options_.shape)) throw_other_end(where(), x, options_.shape);
  return autograd::layer_norm(x, options_.shape, weight_, bias_, options_.eps);
}

std::string LayerNorm::describe() const {
  const char* missing = !options_.affine ? ", not affine" : !options_.bias ? ", no bias" : "";
  return "LayerNorm(" + to_string(options_.shape) + missing + ")";
}

void RMSNorm::init() {
  check_row_options(where(), options_.shape, options_.eps);
  if (options_.affine) weight_ = parameter("weight", ones(options_.shape));
}

Variable RMSNorm::forward(const Variable& x) {
  if (!ends_in(x, options_.shape)) throw_other_end(where(), x, options_.shape);
  return autograd::rms_norm(x, options_.shape, weight_, options_.eps);
}

std::string RMSNorm::describe() const {
  return "RMSNorm(" + to_string(options_.shape) + (options_.affine ? "" : ", not affine") + ")";
}

void GroupNorm::init() {
  const GroupNormOptions& o = options_;
  if (o.channels < 1 || o.groups < 1 || o.channels % o.groups != 0) {
    throw ValueError(where() + "expected groups that divide the channels, got " +
                     std::to_string(o.groups) + " and " + std::to_string(o.channels));
  }
  if (!(o.eps >= 0)) throw ValueError(where() + "expected eps >= 0, got " + std::to_string(o.eps));
  if (!o.affine) return;
  weight_ = parameter("weight", ones({o.channels}));
  bias_ = parameter("bias", zeros({o.channels}));
}

Variable GroupNorm::forward(const Variable& x) {
  if (x.ndim() < 2 || x.size(1) != options_.channels) {
    throw ShapeError(where() + "expected x [N," + std::to_string(options_.channels) + ",..], got " +
                     to_string(x.shape()));
  }
  return autograd::group_norm(x, options_.groups, weight_, bias_, options_.eps);
}

std::string GroupNorm::describe() const {
  return "GroupNorm(" + std::to_string(options_.channels) + " in " +
         std::to_string(options_.groups) + " groups" + (options_.affine ? "" : ", not affine") +
         ")";
}

}  // namespace tenon::layers
