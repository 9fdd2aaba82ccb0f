// Enough of protobuf's wire format to write messages.
#ifndef TENON_TRAIN_INTERNAL_PROTOBUF_H_
#define TENON_TRAIN_INTERNAL_PROTOBUF_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tenon::train::internal {

/// A message under construction, field by field.
class Message {
 public:
  Message& integer(int field, std::int64_t value) {
    tag(field, 0);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  Message& real(int field, double value) {
    tag(field, 1);
    fixed(value);
    return *this;
  }
  Message& real(int field, float value) {
    tag(field, 5);
    fixed(value);
    return *this;
  }
  /// A string, bytes, or a message within.
  Message& bytes(int field, std::string_view value) {
    tag(field, 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return bytes(field, value.bytes_); }

  const std::string& str() const { return bytes_; }

 private:
  void tag(int field, int wire_type) { varint(static_cast<std::uint64_t>(field << 3 | wire_type)); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  // Little-endian on every machine that Tenon runs on (tensor/io/byte_order.h holds it to that).
  template <class T>
  void fixed(T value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof value);
  }

  std::string bytes_;
};

}  // namespace tenon::train::internal

#endif  // TENON_TRAIN_INTERNAL_PROTOBUF_H_
