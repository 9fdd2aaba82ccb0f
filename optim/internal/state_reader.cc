#include "optim/internal/state_reader.h"

#include "tensor/error.h"

namespace tenon::optim::internal {

Tensor number_entry(double value) { return scalar(value, {.dtype = DType::kF64}); }

Tensor integer_entry(std::int64_t value) { return from_vector<std::int64_t>({value}, Shape{}); }

Tensor numbers_entry(const std::vector<double>& values) { return from_vector(values); }

StateReader::StateReader(const StateDict& state, std::string_view owner)
    : where_("[" + std::string(owner) + ".load_state_dict] ") {
  for (const auto& [name, tensor] : state) {
    require(tensor.defined(), "entry \"" + name + "\" is undefined");
    require(entries_.emplace(name, &tensor).second, "entry \"" + name + "\" comes twice");
  }
}

const Tensor& StateReader::take(const std::string& name) {
  const auto found = entries_.find(name);
  require(found != entries_.end(), "entry \"" + name + "\" is missing");
  const Tensor& tensor = *found->second;
  entries_.erase(found);  // what is left in the end is unexpected
  return tensor;
}

const Tensor& StateReader::take(const std::string& name, const Shape& shape) {
  const Tensor& tensor = take(name);
  if (tensor.shape() == shape) return tensor;
  throw ShapeError(where_ + "expected \"" + name + "\" " + to_string(shape) + ", got " +
                   to_string(tensor.shape()));
}

double StateReader::number(const std::string& name) { return take(name, {}).item<double>(); }

std::int64_t StateReader::integer(const std::string& name) {
  return take(name, {}).item<std::int64_t>();
}

std::vector<double> StateReader::numbers(const std::string& name, std::int64_t count) {
  return take(name, {count}).to(DType::kF64).to(kCpu).to_vector<double>();
}

std::vector<std::int64_t> StateReader::integers(const std::string& name, std::int64_t count) {
  return take(name, {count}).to(DType::kI64).to(kCpu).to_vector<std::int64_t>();
}

void StateReader::require(bool ok, const std::string& message) const {
  if (!ok) throw ValueError(where_ + message);
}

void StateReader::finish() const {
  if (entries_.empty()) return;
  throw ValueError(where_ + "entry \"" + entries_.begin()->first + "\" is unexpected");
}

}  // namespace tenon::optim::internal
