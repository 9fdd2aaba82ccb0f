// Takes a state dict apart, entry by entry, and says what is missing, unexpected or misshapen.
#ifndef TENON_OPTIM_INTERNAL_STATE_READER_H_
#define TENON_OPTIM_INTERNAL_STATE_READER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "optim/state_dict.h"

namespace tenon::optim::internal {

/// 0-d tensors that a StateReader reads back exactly.
Tensor number_entry(double value);
Tensor integer_entry(std::int64_t value);
/// Lists of such.
Tensor numbers_entry(const std::vector<double>& values);

class StateReader {
 public:
  /// Messages begin with `[<owner>.load_state_dict]`. The state must outlive the reader. Throws
  /// ValueError for an undefined or a duplicate entry.
  StateReader(const StateDict& state, std::string_view owner);

  bool has(const std::string& name) const { return entries_.contains(name); }
  /// These throw ValueError for a missing entry, ShapeError for one of another shape.
  const Tensor& take(const std::string& name, const Shape& shape);
  const Tensor& take(const std::string& name);
  double number(const std::string& name);
  std::int64_t integer(const std::string& name);
  std::vector<double> numbers(const std::string& name, std::int64_t count);
  std::vector<std::int64_t> integers(const std::string& name, std::int64_t count);

  /// Throws ValueError `<what> "<name>" …` unless `ok`.
  void require(bool ok, const std::string& message) const;
  /// Throws ValueError where entries are left.
  void finish() const;

 private:
  std::string where_;
  std::map<std::string, const Tensor*, std::less<>> entries_;
};

}  // namespace tenon::optim::internal

#endif  // TENON_OPTIM_INTERNAL_STATE_READER_H_
