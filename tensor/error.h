// Typed errors for broken contracts.
//
//   try {
//     tenon::Tensor y = tenon::matmul(a, b);
//   } catch (const tenon::ShapeError& e) {
//     std::cerr << e.what();   // [matmul] expected b with 3 rows (a [2,3]), got b [4,5]
//   }
//
// A call whose arguments break its contract throws; a file or a format that is not as it should be
// is reported by absl::Status instead. Every message begins with the name of the operation in
// brackets and says what was expected and what came.
#ifndef TENON_TENSOR_ERROR_H_
#define TENON_TENSOR_ERROR_H_

#include <stdexcept>
#include <string>

namespace tenon {

/// Base of everything that Tenon throws.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Shapes that do not fit together, or a shape that an operation does not take.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A dtype that an operation does not take.
class DTypeError : public Error {
 public:
  using Error::Error;
};

/// Tensors on different devices, a device that is not there, or one that lacks an operation.
class DeviceError : public Error {
 public:
  using Error::Error;
};

/// An index or a dimension out of range.
class IndexError : public Error {
 public:
  using Error::Error;
};

/// An argument outside its domain: a negative rate, a probability above one, an empty list.
class ValueError : public Error {
 public:
  using Error::Error;
};

/// Misuse of the differentiation graph: a second backward, a value overwritten after it was saved.
class AutogradError : public Error {
 public:
  using Error::Error;
};

/// The device has no memory for an allocation of a legal size.
class OutOfMemoryError : public Error {
 public:
  using Error::Error;
};

}  // namespace tenon

#endif  // TENON_TENSOR_ERROR_H_
