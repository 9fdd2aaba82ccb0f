#include <bit>
#include <cstring>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/strided_loop.h"
#include "tensor/cpu/transpose.h"

namespace tenon::cpu {
namespace {

/// Same dtype: moves bytes without looking at them. T is an integer of the element's size.
template <class T>
void move_run(const Run& from, const Run& to, std::int64_t length) {
  const T* source = reinterpret_cast<const T*>(from.data);
  T* target = reinterpret_cast<T*>(to.data);
  if (from.stride == 1 && to.stride == 1) {
    std::memcpy(target, source, static_cast<std::size_t>(length) * sizeof(T));
  } else if (to.stride == 1) {
    for (std::int64_t i = 0; i < length; ++i) target[i] = source[i * from.stride];
  } else {
    for (std::int64_t i = 0; i < length; ++i) target[i * to.stride] = source[i * from.stride];
  }
}

using MoveRun = void (*)(const Run&, const Run&, std::int64_t);

MoveRun move_run_of(std::size_t size) {
  switch (size) {
    case 1:
      return move_run<std::uint8_t>;
    case 2:
      return move_run<std::uint16_t>;
    case 4:
      return move_run<std::uint32_t>;
    default:
      return move_run<std::uint64_t>;
  }
}

/// Rows of kBlock to 2 * kBlock bytes, each as its first and its last kBlock: two moves of a size
/// that the compiler knows, where a call for every row would cost more than the row.
template <std::size_t kBlock>
void move_rows(Run from, Run to, std::int64_t rows, std::size_t bytes) {
  const std::size_t last = bytes - kBlock;
  for (std::int64_t row = 0; row < rows; ++row, from.data += from.stride, to.data += to.stride) {
    std::memcpy(to.data, from.data, kBlock);
    std::memcpy(to.data + last, from.data + last, kBlock);
  }
}

constexpr std::size_t kShortRow = 128;  // bytes: two of the widest registers

/// The strides of both runs are the bytes from one row to the next.
void move_short_rows(const Run& from, const Run& to, std::int64_t rows, std::size_t bytes) {
  switch (std::bit_floor(bytes)) {
    case 1:
      return move_rows<1>(from, to, rows, bytes);
    case 2:
      return move_rows<2>(from, to, rows, bytes);
    case 4:
      return move_rows<4>(from, to, rows, bytes);
    case 8:
      return move_rows<8>(from, to, rows, bytes);
    case 16:
      return move_rows<16>(from, to, rows, bytes);
    case 32:
      return move_rows<32>(from, to, rows, bytes);
    default:
      return move_rows<64>(from, to, rows, bytes);
  }
}

/// Columns cut from a narrow table or put into one, as `cat` does; false for any other layout.
bool copy_short_rows(const LoopDims& dims, const Tensor& from, const Tensor& out) {
  const auto size = static_cast<std::int64_t>(size_of(out.dtype()));
  if (dims.sizes.size() != 2 || dims.strides[0][1] != 1 || dims.strides[1][1] != 1) return false;
  const std::int64_t rows = dims.sizes[0], bytes = dims.sizes[1] * size;
  if (bytes > static_cast<std::int64_t>(kShortRow)) return false;
  const Run target{static_cast<std::byte*>(out.raw_data()), dims.strides[0][0] * size, out.dtype()};
  const Run source{static_cast<std::byte*>(from.raw_data()), dims.strides[1][0] * size,
                   from.dtype()};
  parallel_items(rows, dims.sizes[1], [&](std::int64_t begin, std::int64_t end) {
    const auto start = [begin](Run run) {
      run.data += begin * run.stride;
      return run;
    };
    move_short_rows(start(source), start(target), end - begin, static_cast<std::size_t>(bytes));
  });
  return true;
}

/// Where the two do not lie in memory alike; false where runs of elements are as good.
bool copy_rearranged(const Tensor& from, const Tensor& out) {
  if (out.numel() == 0 || (from.is_contiguous() && out.is_contiguous())) return false;
  const Tensor* const tensors[] = {&out, &from};
  const LoopDims dims = merge_dims(tensors, 2);
  return copy_short_rows(dims, from, out) || copy_transposed(dims, from, out);
}

template <class C>
void convert_run(const Run& from, const Run& to, std::int64_t length) {
  C buffer[kChunk];
  for (std::int64_t i = 0; i < length; i += kChunk) {
    const std::int64_t n = std::min(kChunk, length - i);
    scatter(contiguous_run(at(from, i), n, buffer), n, at(to, i));
  }
}

}  // namespace

void fill(double value, const Tensor& out) {
  dispatch_element(out.dtype(), [&]<class T>() {
    const T element = convert<T>(value);
    for_each_run<1>({&out}, [&](const std::array<Run, 1>& runs, std::int64_t length) {
      T* to = reinterpret_cast<T*>(runs[0].data);
      for (std::int64_t i = 0; i < length; ++i) to[i * runs[0].stride] = element;
    });
  });
}

void copy(const Tensor& from, const Tensor& out) {
  if (from.dtype() == out.dtype()) {
    if (copy_rearranged(from, out)) return;
    const MoveRun move = move_run_of(size_of(out.dtype()));
    for_each_run<2>({&out, &from}, [&](const std::array<Run, 2>& runs, std::int64_t length) {
      move(runs[1], runs[0], length);
    });
    return;
  }
  dispatch_compute(from.dtype(), [&]<class C>() {
    for_each_run<2>({&out, &from}, [&](const std::array<Run, 2>& runs, std::int64_t length) {
      convert_run<C>(runs[1], runs[0], length);
    });
  });
}

}  // namespace tenon::cpu
