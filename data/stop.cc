#include "data/stop.h"

#include "tensor/error.h"

namespace tenon::data {
namespace {

thread_local const std::atomic<bool>* stop_flag = nullptr;

}  // namespace

bool stop_requested() { return stop_flag && stop_flag->load(std::memory_order_relaxed); }

void throw_if_stop_requested() {
  if (stop_requested()) throw Error("[data_loader] the loader is being destroyed");
}

StopScope::StopScope(const std::atomic<bool>& flag) { stop_flag = &flag; }
StopScope::~StopScope() { stop_flag = nullptr; }

}  // namespace tenon::data
