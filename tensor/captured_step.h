// A training step that a GPU repeats by itself: recorded once, then started with one call.
//
//   CapturedStep step([&](const Tensor& images, const Tensor& labels) {
//     optimizer.zero_grad();
//     const Variable loss = layers::cross_entropy(net(images), labels);
//     loss.backward();
//     optimizer.step({.max_norm = 1});
//     scheduler.step();
//     return loss.value();
//   });
//   for (const data::Batch& batch : loader) step(batch.inputs, batch.targets);
//
// Launching a small network's hundreds of kernels one by one takes longer than running them; a
// recording (a CUDA graph) has them all launched at once. Every call is exactly one step: the first
// ones run as they are, and make what stays (optimizer states, plans of libraries); then one is
// recorded, for each shape of inputs; later calls replay it. On the CPU the same call runs the
// function as it is.
//
// A replay runs no line of the function: it repeats what the device was given, with the same
// addresses. So what a step carries over to the next has to be written in place, as parameters,
// optimizer states and running statistics are; numbers of the host that change from step to step
// have to be read within each_step(), as optimizers, schedulers and random numbers do. What the
// function uses has to outlive its CapturedStep. A function that waits for the device (item(), a
// copy to the host, clip_grad_norm_'s result) cannot be recorded: reason() says so, and it goes on
// running as it is.
#ifndef TENON_TENSOR_CAPTURED_STEP_H_
#define TENON_TENSOR_CAPTURED_STEP_H_

#include <concepts>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tensor/async_device.h"
#include "tensor/tensor.h"

namespace tenon {

struct CapturedStepOptions {
  /// Where the step runs; the inputs' device where not given.
  std::optional<Device> device{};
  /// Calls that run as they are before one is recorded; for shapes that come later one will do.
  int warmup = 2;
  /// Recordings that are kept, each with the memory of a step; beyond, the oldest goes.
  int most_recordings = 8;
};

class CapturedStep {
 public:
  using Options = CapturedStepOptions;
  using Inputs = std::span<const Tensor>;
  using Function = std::function<std::vector<Tensor>(Inputs)>;

  /// Throws ValueError for a negative warmup and for most_recordings below 1.
  explicit CapturedStep(Function fn, const Options& options = {});
  /// `fn` takes a span of tensors, or up to four tensors, and returns a vector of tensors, one, or
  /// nothing.
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, CapturedStep> &&
           !std::same_as<std::remove_cvref_t<F>,
                         Function>) explicit CapturedStep(F fn, const Options& options = {})
      : CapturedStep(as_function(std::move(fn)), options) {}

  /// One step. Inputs are moved to the step's device first, and copied to where the recording reads
  /// them; results are copies of what it wrote. Throws what the function throws.
  std::vector<Tensor> run(Inputs inputs);
  /// The same; the first result, or an undefined tensor.
  template <std::same_as<Tensor>... Tensors>
  Tensor operator()(const Tensors&... inputs) {
    const Tensor list[sizeof...(inputs) + 1] = {inputs...};
    const std::vector<Tensor> results = run(Inputs(list, sizeof...(inputs)));
    return results.empty() ? Tensor() : results[0];
  }

  /// Whether the last call recorded or replayed.
  bool captured() const { return reason_.empty(); }
  /// Why it did not: the device, a warm-up, or what the function does. Empty where it did.
  const std::string& reason() const { return reason_; }
  std::int64_t recordings() const { return recordings_; }
  std::int64_t replays() const { return replays_; }
  /// Forgets recordings and reasons: after the network or the optimizer has been changed.
  void reset();

 private:
  struct Entry {
    std::vector<Tensor> inputs;  // where the recording reads; undefined before it
    std::vector<std::int64_t> key;
    int calls = 0;
    std::vector<Tensor> results;
    std::unique_ptr<Recording> recording;
  };

  Entry& entry_for(std::vector<std::int64_t> key);
  std::vector<Tensor> replay(Entry& entry, Inputs inputs);
  std::vector<Tensor> record(Entry& entry, Inputs inputs, AsyncDevice& device);
  std::vector<Tensor> run_as_is(Inputs inputs, std::string reason);

  template <class F, class... Args>
  static std::vector<Tensor> called(F& fn, const Args&... args) {
    using Result = decltype(fn(args...));
    if constexpr (std::is_void_v<Result>) {
      fn(args...);
      return {};
    } else if constexpr (std::is_convertible_v<Result, Tensor>) {
      return {fn(args...)};
    } else {
      return fn(args...);
    }
  }
  /// Throws ShapeError for another number of inputs than `count`.
  static void check_count(Inputs inputs, std::size_t count);

  template <class F, std::size_t... kIndices>
  static Function of_tensors(F fn, std::index_sequence<kIndices...>) {
    return [fn = std::move(fn)](Inputs in) mutable {
      check_count(in, sizeof...(kIndices));
      return called(fn, in[kIndices]...);
    };
  }
  template <class F, std::size_t... kIndices>
  static constexpr bool takes(std::index_sequence<kIndices...>) {
    return std::is_invocable_v<F&, std::enable_if_t<(kIndices < 4), const Tensor&>...>;
  }
  /// Of a span, or else of `kCount` tensors or more.
  template <std::size_t kCount = 0, class F>
  static Function as_function(F fn) {
    using Indices = std::make_index_sequence<kCount>;
    if constexpr (std::is_invocable_v<F&, Inputs>) {
      return [fn = std::move(fn)](Inputs in) mutable { return called(fn, in); };
    } else if constexpr (takes<F>(Indices())) {
      return of_tensors(std::move(fn), Indices());
    } else {
      static_assert(kCount < 4, "a step takes a span of tensors, or up to four tensors");
      return as_function<kCount + 1>(std::move(fn));
    }
  }

  Function fn_;
  Options options_;
  std::list<Entry> entries_;
  std::string reason_ = "no step has run";
  std::string refusal_;  // why the function is never recorded
  std::int64_t recordings_ = 0;
  std::int64_t replays_ = 0;
};

namespace internal {

/// What a recording in progress does with a part that later replays run again.
class StepRecorder {
 public:
  virtual ~StepRecorder() = default;
  virtual void each_step(std::function<void()> part) = 0;
};
/// Of this thread; null where nothing is recorded.
StepRecorder* step_recorder();
void set_step_recorder(StepRecorder* recorder);

}  // namespace internal

/// Whether this thread records a step.
inline bool is_recording_step() { return internal::step_recorder() != nullptr; }

/// Runs `part`, now and before each replay of the step that is being recorded: what changes numbers
/// of the host (a count of steps, a rate, the place in a stream of random numbers) and gives the
/// device work that depends on them. It has to give it the same kernels each time, on the same
/// tensors: only their numbers change. Keep copies of handles in it, not references to locals.
template <class F>
void each_step(F&& part) {
  if (internal::StepRecorder* recorder = internal::step_recorder()) {
    recorder->each_step(std::forward<F>(part));
  } else {
    part();
  }
}

}  // namespace tenon

#endif  // TENON_TENSOR_CAPTURED_STEP_H_
