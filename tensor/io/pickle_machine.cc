#include "tensor/io/pickle_machine.h"

#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "tensor/io/byte_order.h"

namespace tenon::internal {
namespace {

constexpr std::size_t kMaxValues = 4'000'000;

std::optional<DType> dtype_of_storage(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, DType>, 8> kStorages = {{
      {"FloatStorage", DType::kF32},
      {"DoubleStorage", DType::kF64},
      {"HalfStorage", DType::kF16},
      {"BFloat16Storage", DType::kBF16},
      {"LongStorage", DType::kI64},
      {"IntStorage", DType::kI32},
      {"ByteStorage", DType::kU8},
      {"BoolStorage", DType::kBool},
  }};
  for (const auto& [own, dtype] : kStorages) {
    if (own == name) return dtype;
  }
  return std::nullopt;
}

/// Printable, and not longer than a line.
std::string quoted(std::string_view text) {
  std::string safe = "'";
  for (const char c : text.substr(0, 80)) safe += c >= ' ' && c <= '~' ? c : '?';
  return safe + "'";
}

std::string hex(unsigned char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

}  // namespace

bool PickleMachine::fail(const std::string& message) {
  status_ = absl::InvalidArgumentError(message + " at byte " + std::to_string(origin_ + op_at_));
  return false;
}

bool PickleMachine::need(std::size_t bytes) {
  if (bytes_.size() - position_ >= bytes) return true;
  status_ = absl::DataLossError("the pickle ends early: expected " + std::to_string(bytes) +
                                " bytes at byte " + std::to_string(origin_ + position_) + ", got " +
                                std::to_string(bytes_.size() - position_));
  return false;
}

template <class T>
bool PickleMachine::read(T& out) {
  if (!need(sizeof(T))) return false;
  out = load_little_endian<T>(bytes_.data() + position_);
  position_ += sizeof(T);
  return true;
}

bool PickleMachine::read_text(std::uint64_t bytes) {
  if (!need(bytes)) return false;
  PickleValue* value = push(Kind::kString);
  if (!value) return false;
  value->text = bytes_.substr(position_, bytes);
  position_ += bytes;
  return true;
}

bool PickleMachine::read_line(std::string_view& line) {
  const std::size_t end = bytes_.find('\n', position_);
  if (end == std::string_view::npos) return need(bytes_.size() - position_ + 1);
  line = bytes_.substr(position_, end - position_);
  position_ = end + 1;
  return true;
}

/// LONG1: a little-endian two's complement number of a given length.
bool PickleMachine::read_long() {
  std::uint8_t length = 0;
  if (!read(length) || !need(length)) return false;
  if (length > 8) return fail("expected an integer of at most 64 bits");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(bytes_[position_ + i])} << (8 * i);
  }
  const bool negative = length > 0 && (value >> (8 * length - 1)) != 0;
  if (negative && length < 8) value |= ~std::uint64_t{0} << (8 * length);
  position_ += length;
  return push_int(static_cast<std::int64_t>(value));
}

/// BINFLOAT: big-endian, alone in the language.
bool PickleMachine::read_real() {
  std::uint64_t bits = 0;
  if (!read(bits)) return false;
  PickleValue* value = push(Kind::kFloat);
  if (value) value->real = std::bit_cast<double>(__builtin_bswap64(bits));
  return value != nullptr;
}

PickleValue* PickleMachine::push(Kind kind) {
  if (values_.size() >= kMaxValues) {
    status_ = absl::ResourceExhaustedError("more than 4000000 values at byte " +
                                           std::to_string(origin_ + op_at_));
    return nullptr;
  }
  PickleValue& value = values_.emplace_back();
  value.kind = kind;
  stack_.push_back(&value);
  return &value;
}

bool PickleMachine::push_int(std::int64_t number) {
  PickleValue* value = push(Kind::kInt);
  if (value) value->integer = number;
  return value != nullptr;
}

bool PickleMachine::pop(PickleValue*& value) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) return fail("the pickle takes a value that is not there");
  value = stack_.back();
  stack_.pop_back();
  return true;
}

bool PickleMachine::pop_to_mark(std::vector<const PickleValue*>& items) {
  if (marks_.empty()) return fail("the pickle takes a mark that is not there");
  items.assign(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return true;
}

bool PickleMachine::top(Kind kind, const char* what, PickleValue*& value) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor || stack_.back()->kind != kind) {
    return fail(std::string("expected ") + what + " to add to");
  }
  value = stack_.back();
  return true;
}

bool PickleMachine::tuple_of(std::size_t count) {
  std::vector<const PickleValue*> items(count);
  for (std::size_t i = count; i-- > 0;) {
    PickleValue* item = nullptr;
    if (!pop(item)) return false;
    items[i] = item;
  }
  PickleValue* tuple = push(Kind::kTuple);
  if (tuple) tuple->items = std::move(items);
  return tuple != nullptr;
}

/// APPEND(S) and SETITEM(S).
bool PickleMachine::extend(Kind kind, bool many) {
  std::vector<const PickleValue*> items;
  if (many) {
    if (!pop_to_mark(items)) return false;
  } else {
    if (!tuple_of(kind == Kind::kDict ? 2 : 1)) return false;
    items = std::move(stack_.back()->items);
    stack_.pop_back();
  }
  PickleValue* container = nullptr;
  if (!top(kind, kind == Kind::kDict ? "a dict" : "a list", container)) return false;
  if (kind == Kind::kDict) {
    if (items.size() % 2 != 0) return fail("expected a value for every key");
    for (std::size_t i = 0; i < items.size(); i += 2) {
      if (items[i]->kind != Kind::kString && items[i]->kind != Kind::kInt) {
        return fail("expected keys that are strings or integers");
      }
    }
  }
  container->items.insert(container->items.end(), items.begin(), items.end());
  return true;
}

bool PickleMachine::put(std::uint64_t index) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) return fail("the pickle remembers a value that is not there");
  memo_[index] = stack_.back();
  return true;
}

bool PickleMachine::get(std::uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) {
    return fail("the pickle recalls number " + std::to_string(index) + ", which it never kept");
  }
  stack_.push_back(found->second);
  return true;
}

bool PickleMachine::global(std::string_view module, std::string_view name) {
  const bool dict = module == "collections" && name == "OrderedDict";
  const bool rebuild =
      module == "torch._utils" &&
      (name == "_rebuild_tensor" || name == "_rebuild_tensor_v2" || name == "_rebuild_parameter");
  const bool storage = module == "torch" && name.ends_with("Storage");
  if (!dict && !rebuild && !storage && !(module == "torch" && name == "Size")) {
    return fail("expected tensors, lists, dicts and numbers, got a call of " +
                quoted(std::string(module) + "." + std::string(name)));
  }
  PickleValue* value = push(Kind::kCallable);
  if (!value) return false;
  value->text = name;
  if (!storage) return true;
  const auto dtype = dtype_of_storage(name);
  if (!dtype) {
    status_ = absl::UnimplementedError(
        "expected a storage of f32, f64, f16, bf16, i64, i32, u8 or bool, got " + quoted(name) +
        " at byte " + std::to_string(origin_ + op_at_));
    return false;
  }
  value->dtype = *dtype;
  return true;
}

bool PickleMachine::stack_global() {
  PickleValue* name = nullptr;
  PickleValue* module = nullptr;
  if (!pop(name) || !pop(module)) return false;
  if (name->kind != Kind::kString || module->kind != Kind::kString) {
    return fail("expected a name to call that is a string");
  }
  return global(module->text, name->text);
}

bool PickleMachine::reduce() {
  PickleValue* arguments = nullptr;
  PickleValue* callable = nullptr;
  if (!pop(arguments) || !pop(callable)) return false;
  if (callable->kind != Kind::kCallable || arguments->kind != Kind::kTuple) {
    return fail("expected a call of a name with a tuple");
  }
  const auto& items = arguments->items;
  if (callable->text.starts_with("_rebuild_tensor")) return rebuild_tensor(*arguments);
  if (callable->text == "_rebuild_parameter") {
    if (items.empty() || items[0]->kind != Kind::kTensor) return fail("expected a tensor");
    stack_.push_back(const_cast<PickleValue*>(items[0]));
    return true;
  }
  if (callable->text == "Size") {
    if (items.size() != 1 || items[0]->kind != Kind::kTuple) return fail("expected sizes");
    stack_.push_back(const_cast<PickleValue*>(items[0]));
    return true;
  }
  if (callable->text != "OrderedDict") return fail("expected no call of a storage's class");
  if (!items.empty()) return fail("expected an OrderedDict that begins empty");
  return push(Kind::kDict) != nullptr;
}

/// (storage, offset, sizes, strides[, requires_grad, hooks])
bool PickleMachine::rebuild_tensor(const PickleValue& arguments) {
  const auto& items = arguments.items;
  const auto all_ints = [](const PickleValue& tuple) {
    for (const PickleValue* item : tuple.items) {
      if (item->kind != Kind::kInt) return false;
    }
    return tuple.kind == Kind::kTuple;
  };
  const bool ok = items.size() >= 4 && items[0]->kind == Kind::kStorage &&
                  items[1]->kind == Kind::kInt && all_ints(*items[2]) && all_ints(*items[3]) &&
                  items[2]->items.size() == items[3]->items.size();
  if (!ok) return fail("expected a tensor's storage, offset, sizes and strides");
  PickleValue* tensor = push(Kind::kTensor);
  if (!tensor) return false;
  tensor->items.assign(items.begin(), items.begin() + 4);
  tensor->integer = static_cast<std::int64_t>(origin_ + op_at_);
  return true;
}

/// Attributes of an OrderedDict ("_metadata", versions of layers) say nothing of the tensors.
bool PickleMachine::build() {
  PickleValue* attributes = nullptr;
  PickleValue* dict = nullptr;
  return pop(attributes) && top(Kind::kDict, "an OrderedDict", dict);
}

/// ('storage', class, key, location, count[, view])
bool PickleMachine::persistent() {
  PickleValue* id = nullptr;
  if (!pop(id)) return false;
  const auto& items = id->items;
  const bool ok = id->kind == Kind::kTuple && (items.size() == 5 || items.size() == 6) &&
                  items[0]->kind == Kind::kString && items[0]->text == "storage" &&
                  items[1]->kind == Kind::kCallable && items[1]->text.ends_with("Storage") &&
                  items[2]->kind == Kind::kString && items[4]->kind == Kind::kInt &&
                  (items.size() == 5 || items[5]->kind == Kind::kNone);
  if (!ok) return fail("expected a storage's class, key, place and count");
  if (items[4]->integer < 0) return fail("expected a storage of 0 elements or more");
  const auto found = storage_of_.find(items[2]->text);
  if (found != storage_of_.end()) {
    const PickleValue& known = *found->second;
    if (known.dtype != items[1]->dtype || known.integer != items[4]->integer) {
      return fail("expected storage " + quoted(known.text) + " as it was described before");
    }
    stack_.push_back(found->second);
    return true;
  }
  PickleValue* storage = push(Kind::kStorage);
  if (!storage) return false;
  storage->dtype = items[1]->dtype;
  storage->text = items[2]->text;
  storage->integer = items[4]->integer;
  storage_of_.emplace(storage->text, storage);
  storages_.push_back(storage);
  return true;
}

bool PickleMachine::step_number(unsigned char op) {
  switch (op) {
    case 'K': {
      std::uint8_t value = 0;
      return read(value) && push_int(value);
    }
    case 'M': {
      std::uint16_t value = 0;
      return read(value) && push_int(value);
    }
    case 'J': {
      std::int32_t value = 0;
      return read(value) && push_int(value);
    }
    case 0x8a:
      return read_long();
    case 'G':
      return read_real();
    case 'N':
      return push(Kind::kNone) != nullptr;
    default: {  // NEWTRUE, NEWFALSE
      PickleValue* value = push(Kind::kBool);
      if (value) value->integer = op == 0x88 ? 1 : 0;
      return value != nullptr;
    }
  }
}

bool PickleMachine::step_memo(unsigned char op) {
  std::uint8_t small = 0;
  std::uint32_t large = 0;
  switch (op) {
    case 'q':
      return read(small) && put(small);
    case 'r':
      return read(large) && put(large);
    case 'h':
      return read(small) && get(small);
    case 'j':
      return read(large) && get(large);
    default:  // MEMOIZE
      return put(memo_.size());
  }
}

bool PickleMachine::step_container(unsigned char op) {
  switch (op) {
    case '}':
      return push(Kind::kDict) != nullptr;
    case ']':
      return push(Kind::kList) != nullptr;
    case ')':
      return push(Kind::kTuple) != nullptr;
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case 't': {
      std::vector<const PickleValue*> items;
      if (!pop_to_mark(items)) return false;
      PickleValue* tuple = push(Kind::kTuple);
      if (tuple) tuple->items = std::move(items);
      return tuple != nullptr;
    }
    case 'a':
    case 'e':
      return extend(Kind::kList, op == 'e');
    case 's':
    case 'u':
      return extend(Kind::kDict, op == 'u');
    default:  // TUPLE1 to TUPLE3
      return tuple_of(static_cast<std::size_t>(op - 0x84));
  }
}

bool PickleMachine::step(unsigned char op) {
  std::uint8_t small = 0;
  std::uint32_t length = 0;
  std::uint64_t large = 0;
  std::string_view module;
  std::string_view name;
  switch (op) {
    case 0x80:  // PROTO
      return read(small) && (small <= 5 || fail("expected pickle protocol 5 or below"));
    case 0x95:  // FRAME: only helps buffering
      return read(large);
    case 'K':
    case 'M':
    case 'J':
    case 0x8a:
    case 'G':
    case 'N':
    case 0x88:
    case 0x89:
      return step_number(op);
    case 'X':
    case 'T':  // BINUNICODE; Python 2's BINSTRING
      return read(length) && read_text(length);
    case 0x8c:
    case 'U':
      return read(small) && read_text(small);
    case 0x8d:
      return read(large) && read_text(large);
    case 'q':
    case 'r':
    case 'h':
    case 'j':
    case 0x94:
      return step_memo(op);
    case '}':
    case ']':
    case ')':
    case '(':
    case 't':
    case 'a':
    case 'e':
    case 's':
    case 'u':
    case 0x85:
    case 0x86:
    case 0x87:
      return step_container(op);
    case 'c':
      return read_line(module) && read_line(name) && global(module, name);
    case 0x93:
      return stack_global();
    case 'R':
      return reduce();
    case 'b':
      return build();
    case 'Q':
      return persistent();
    default:
      return fail("expected an opcode of tensors, lists, dicts and numbers, got " + hex(op));
  }
}

absl::StatusOr<const PickleValue*> PickleMachine::run() {
  stack_.clear();
  marks_.clear();
  memo_.clear();
  while (true) {
    unsigned char op = 0;
    op_at_ = position_;
    if (!read(op)) return status_;
    if (op == '.') break;
    if (!step(op)) return status_;
  }
  PickleValue* result = nullptr;
  if (!pop(result)) return status_;
  if (!stack_.empty() || !marks_.empty()) {
    fail("expected one value at the pickle's end");
    return status_;
  }
  return result;
}

}  // namespace tenon::internal
