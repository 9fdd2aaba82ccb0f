#include "autograd/testing/layouts.h"

namespace tenon::autograd::testing {
namespace {

Tensor transposed(const Tensor& x) { return x.transpose(0, -1).contiguous().transpose(0, -1); }

Tensor sliced(const Tensor& x) {
  Shape larger = x.shape();
  larger[x.ndim() - 1] = 2 * larger.back() + 1;
  // A value that shows in any sum or extremum that reads it by mistake.
  const Tensor around = full(larger, 1e4, x.options());
  const Tensor view = around.slice(-1, 1, INT64_MAX, 2);
  view.copy_(x);
  return view;
}

Tensor expanded(const Tensor& x) { return x.narrow(0, 0, 1).expand(x.shape()); }

}  // namespace

const char* name(Variant variant) {
  switch (variant) {
    case Variant::kContiguous:
      return "contiguous";
    case Variant::kTransposed:
      return "transposed";
    case Variant::kSliced:
      return "sliced";
    case Variant::kExpanded:
      return "expanded";
    case Variant::kChannelsLast:
      return "channels last";
  }
  return "";
}

std::optional<Tensor> in_layout(const Tensor& x, Variant variant) {
  switch (variant) {
    case Variant::kContiguous:
      return x;
    case Variant::kTransposed:
      if (x.ndim() >= 2) return transposed(x);
      break;
    case Variant::kSliced:
      if (x.ndim() >= 1) return sliced(x);
      break;
    case Variant::kExpanded:
      if (x.ndim() >= 1 && x.size(0) > 1) return expanded(x);
      break;
    case Variant::kChannelsLast:
      if (x.ndim() == 4) return x.contiguous(Layout::kChannelsLast);
      break;
  }
  return std::nullopt;
}

}  // namespace tenon::autograd::testing
