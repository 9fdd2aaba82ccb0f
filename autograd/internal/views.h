// Views and what they are views of, so that a recorded write to one is seen through the others.
//
// A view points at its base: the variable, itself no view, whose elements it shares. A recorded
// write to a view makes the base a result of it (rebase). The other views of that base notice by
// its count of rewrites when they are next used, and take their history anew from it
// (refresh_history).
#ifndef TENON_AUTOGRAD_INTERNAL_VIEWS_H_
#define TENON_AUTOGRAD_INTERNAL_VIEWS_H_

#include <utility>

#include "autograd/internal/grad_mode.h"
#include "autograd/internal/variable_impl.h"
#include "autograd/variable.h"

namespace tenon::autograd {

/// Notes on `result` what it is a view of; nothing where it shares no elements with `input`.
inline void note_view(const Variable& result, const Variable& input) {
  if (!input.defined() || input.value().storage() != result.value().storage()) return;
  VariableImpl& view = *result.impl();
  const auto& of = input.impl();
  view.unlinked = of->unlinked || !recording_enabled;
  if (view.unlinked) return;
  view.base = of->base ? of->base : of;
  view.rewrites = view.base->rewrites;
}

/// A view that is not recorded.
inline Variable unrecorded_view(Tensor value, const Variable& input) {
  Variable result(std::move(value));
  note_view(result, input);
  return result;
}

/// Whether the elements were written through the base or another view since this view's history was
/// right.
inline bool is_stale(const VariableImpl& view) {
  return view.base && view.rewrites != view.base->rewrites;
}
void refresh_history(VariableImpl& view);
inline VariableImpl& up_to_date(const Variable& variable) {
  VariableImpl& impl = *variable.impl();
  if (is_stale(impl)) refresh_history(impl);
  return impl;
}

/// Makes the base of a view that a recorded write has changed a result of that write.
void rebase(VariableImpl& view);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_INTERNAL_VIEWS_H_
