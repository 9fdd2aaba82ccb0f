// How a loader that is being destroyed calls back its workers.
#ifndef TENON_DATA_STOP_H_
#define TENON_DATA_STOP_H_

#include <atomic>

namespace tenon::data {

/// Whether this thread works for a loader that is being destroyed: nobody will look at the batch. A
/// Dataset::get that takes long, or waits for something, asks between its steps and gives up.
bool stop_requested();
/// Gives up: throws Error where stop_requested().
void throw_if_stop_requested();

/// While it lives, stop_requested() on this thread is what `flag` says.
class StopScope {
 public:
  explicit StopScope(const std::atomic<bool>& flag);
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;
};

}  // namespace tenon::data

#endif  // TENON_DATA_STOP_H_
