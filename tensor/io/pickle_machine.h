// A machine for the part of Python's pickle language that PyTorch writes state dicts in. It runs
// nothing: the few names a pickle may call stand for data here, and any other is refused.
//
// Opcodes: Python's Lib/pickletools.py. What they build for a tensor: torch/_utils.py
// (_rebuild_tensor_v2) and torch/serialization.py (persistent_id).
#ifndef TENON_TENSOR_IO_PICKLE_MACHINE_H_
#define TENON_TENSOR_IO_PICKLE_MACHINE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "tensor/dtype.h"

namespace tenon::internal {

/// One Python object. Text points into the pickle.
struct PickleValue {
  enum class Kind : std::uint8_t {
    kNone,
    kBool,
    kInt,
    kFloat,
    kString,
    kTuple,
    kList,
    kDict,  ///< items are key, value, key, value, …
    kCallable,
    kStorage,
    kTensor,  ///< items are storage, offset, sizes, strides
  };
  Kind kind = Kind::kNone;
  DType dtype = DType::kF32;  ///< of a storage or its class
  std::int64_t integer = 0;   ///< a bool, an int, a storage's count of elements
  double real = 0;
  std::string_view text{};  ///< a string, a callable's name, a storage's key
  std::vector<const PickleValue*> items{};
};

class PickleMachine {
 public:
  /// `origin` is what byte 0 is called in messages: messages name byte `origin` + position.
  PickleMachine(std::string_view bytes, std::size_t origin) : bytes_(bytes), origin_(origin) {}
  PickleMachine(const PickleMachine&) = delete;
  PickleMachine& operator=(const PickleMachine&) = delete;

  /// Reads one pickle from `position()` on, up to and with its STOP. Values live as long as the
  /// machine, and may refer to themselves. InvalidArgument for anything outside the language,
  /// Unimplemented for storages of other dtypes, DataLoss where the bytes end early,
  /// ResourceExhausted beyond 4 million values.
  absl::StatusOr<const PickleValue*> run();

  std::size_t position() const { return position_; }
  /// Every storage that values refer to, each key once.
  const std::vector<const PickleValue*>& storages() const { return storages_; }

 private:
  using Kind = PickleValue::Kind;

  bool fail(const std::string& message);
  bool need(std::size_t bytes);
  template <class T>
  bool read(T& out);
  bool read_text(std::uint64_t bytes);
  bool read_line(std::string_view& line);
  bool read_long();
  bool read_real();
  PickleValue* push(Kind kind);
  bool push_int(std::int64_t value);
  bool pop(PickleValue*& value);
  bool pop_to_mark(std::vector<const PickleValue*>& items);
  bool top(Kind kind, const char* what, PickleValue*& value);

  bool step(unsigned char op);
  bool step_number(unsigned char op);
  bool step_container(unsigned char op);
  bool step_memo(unsigned char op);
  bool tuple_of(std::size_t count);
  bool extend(Kind kind, bool many);
  bool put(std::uint64_t index);
  bool get(std::uint64_t index);
  bool global(std::string_view module, std::string_view name);
  bool stack_global();
  bool reduce();
  bool rebuild_tensor(const PickleValue& arguments);
  bool build();
  bool persistent();

  std::string_view bytes_;
  std::size_t origin_;
  std::size_t position_ = 0;
  std::size_t op_at_ = 0;
  absl::Status status_;
  std::deque<PickleValue> values_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint64_t, PickleValue*> memo_;
  std::vector<const PickleValue*> storages_;
  std::unordered_map<std::string_view, PickleValue*> storage_of_;
};

}  // namespace tenon::internal

#endif  // TENON_TENSOR_IO_PICKLE_MACHINE_H_
