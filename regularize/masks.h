// Masks over parameters: what is masked is 0, and stays so.
//
//   Masks masks(net);                          // over all weights; nothing is masked yet
//   prune_l1(masks, 0.5);                      // regularize/pruning.h
//   fit(net, loader, optimizer, {.callbacks = {&masks}});    // or masks.apply() after each step
//   std::puts(to_string(masks.report()).c_str());
//   masks.remove();                            // the zeros stay, the masks go
//
// A mask is a buffer of the module that owns the parameter, under PyTorch's name
// ("fc1.weight_mask"), so that the state dict has it. To load such a state, make Masks over the new
// module first.
#ifndef TENON_REGULARIZE_MASKS_H_
#define TENON_REGULARIZE_MASKS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layers/module.h"
#include "train/callback.h"

namespace tenon::regularize {

/// How much of a parameter is masked.
struct SparsityRow {
  std::string name = {};  ///< "total" in the last row
  Shape shape = {};
  std::int64_t masked = 0;
  std::int64_t elements = 0;

  double sparsity() const { return static_cast<double>(masked) / static_cast<double>(elements); }
};

/// A table of such rows.
std::string to_string(const std::vector<SparsityRow>& report);

class Masks : public train::Callback {
 public:
  struct Entry {
    std::string name;  ///< of the parameter, within the module
    layers::Variable parameter;
    layers::Variable mask;  ///< of the parameter's shape and dtype: 1, or 0 where it is masked
  };

  /// Masks the parameters that match (layers/freeze.h), with ones, or with the masks that are there
  /// already. Throws ValueError where none matches. The module must outlive this.
  explicit Masks(layers::Module& module, std::string_view parameters = "*weight");
  /// The buffers stay in the module; nothing keeps to them any more.
  ~Masks() override;
  Masks(const Masks&) = delete;
  Masks& operator=(const Masks&) = delete;

  std::span<const Entry> entries() const { return entries_; }

  /// Gives entry `index` another mask and applies it. Throws IndexError, ShapeError.
  void set(std::size_t index, const Tensor& mask);

  /// Multiplies the parameters by their masks. To be called after each optimizer step, whose
  /// momentum may move what is masked, and after a state was loaded. Gradients are masked on their
  /// own.
  void apply() const;

  /// Makes the zeros part of the parameters for good and takes the masks out of the module; there
  /// are no entries afterwards.
  void remove();

  /// A row for each parameter, and the total.
  std::vector<SparsityRow> report() const;
  /// Masked elements of all.
  double sparsity() const { return report().back().sparsity(); }

  absl::Status on_fit_begin(train::Run& run) override;
  absl::Status on_step_end(train::Run& run, const data::Batch& batch) override;

 private:
  struct Place {
    layers::Module* owner;
    std::string buffer;
    int hook;
  };

  void add(layers::Module& module, const std::string& name, const layers::Variable& parameter);
  void remove_hooks();

  std::vector<Entry> entries_;
  std::vector<Place> places_;  // in step with entries_
};

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_MASKS_H_
