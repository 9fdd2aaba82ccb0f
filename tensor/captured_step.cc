#include "tensor/captured_step.h"

#include <algorithm>

#include "tensor/backend.h"
#include "tensor/internal/check.h"

namespace tenon {
namespace internal {
namespace {
thread_local StepRecorder* t_recorder = nullptr;
}  // namespace

StepRecorder* step_recorder() { return t_recorder; }
void set_step_recorder(StepRecorder* recorder) { t_recorder = recorder; }

}  // namespace internal

namespace {

bool is_dense(const Tensor& x) {
  return x.is_contiguous() || x.is_contiguous(Layout::kChannelsLast);
}

/// On the device, in one of the two memory orders.
std::vector<Tensor> moved(CapturedStep::Inputs inputs, Device device) {
  std::vector<Tensor> result;
  for (const Tensor& x : inputs) {
    const Tensor there = x.to(device);
    result.push_back(is_dense(there) ? there : there.contiguous());
  }
  return result;
}

std::vector<Tensor> copies(std::span<const Tensor> tensors) {
  std::vector<Tensor> result;
  for (const Tensor& x : tensors) result.push_back(x.defined() ? x.clone() : x);
  return result;
}

/// What a recording depends on.
std::vector<std::int64_t> key_of(std::span<const Tensor> inputs) {
  std::vector<std::int64_t> key;
  for (const Tensor& x : inputs) {
    key.push_back(static_cast<std::int64_t>(x.dtype()));
    key.push_back(x.ndim());
    key.insert(key.end(), x.shape().begin(), x.shape().end());
    key.insert(key.end(), x.strides().begin(), x.strides().end());
  }
  return key;
}

}  // namespace

CapturedStep::CapturedStep(Function fn, const Options& options)
    : fn_(std::move(fn)), options_(options) {
  if (options.warmup < 0 || options.most_recordings < 1) {
    throw ValueError(
        "[captured_step] expected warmup of at least 0 and most_recordings of at least 1, got " +
        std::to_string(options.warmup) + " and " + std::to_string(options.most_recordings));
  }
}

void CapturedStep::check_count(Inputs inputs, std::size_t count) {
  if (inputs.size() == count) return;
  throw ShapeError("[captured_step] expected " + std::to_string(count) + " inputs, got " +
                   std::to_string(inputs.size()));
}

void CapturedStep::reset() {
  entries_.clear();
  refusal_.clear();
  reason_ = "no step has run";
}

std::vector<Tensor> CapturedStep::run_as_is(Inputs inputs, std::string reason) {
  reason_ = std::move(reason);
  return fn_(inputs);
}

std::vector<Tensor> CapturedStep::run(Inputs inputs) {
  for (const Tensor& x : inputs) internal::check_defined("captured_step", "inputs", x);
  const Device device = options_.device.value_or(inputs.empty() ? kCpu : inputs[0].device());
  AsyncDevice* async = backend(device).async();
  const std::vector<Tensor> there = moved(inputs, device);
  if (!async) return run_as_is(there, to_string(device) + " runs every step as it is");
  if (is_recording_step()) return run_as_is(there, "it runs within another recording");
  if (!refusal_.empty()) return run_as_is(there, refusal_);
  Entry& entry = entry_for(key_of(there));
  if (entry.recording) return replay(entry, there);
  const int warmup = recordings_ == 0 ? options_.warmup : std::min(options_.warmup, 1);
  if (entry.calls++ < warmup) return run_as_is(there, "it warms up");
  return record(entry, there, *async);
}

CapturedStep::Entry& CapturedStep::entry_for(std::vector<std::int64_t> key) {
  for (Entry& entry : entries_) {
    if (entry.key == key) return entry;
  }
  if (entries_.size() == static_cast<std::size_t>(options_.most_recordings)) entries_.pop_front();
  Entry& entry = entries_.emplace_back();
  entry.key = std::move(key);
  return entry;
}

std::vector<Tensor> CapturedStep::replay(Entry& entry, Inputs inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) entry.inputs[i].copy_(inputs[i]);
  entry.recording->replay();
  ++replays_;
  reason_.clear();
  return copies(entry.results);
}

std::vector<Tensor> CapturedStep::record(Entry& entry, Inputs inputs, AsyncDevice& device) {
  entry.inputs = copies(inputs);
  std::vector<Tensor> results;
  Recorded recorded = device.record([&] { results = fn_(entry.inputs); });
  if (!recorded.recording) {
    refusal_ = reason_ = std::move(recorded.reason);
    entries_.clear();
    return results;
  }
  entry.results = std::move(results);
  entry.recording = std::move(recorded.recording);
  ++recordings_;
  reason_.clear();
  return copies(entry.results);
}

}  // namespace tenon
