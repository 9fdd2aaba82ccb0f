// Products with 4-bit weights by tensor cores: codes become numbers on their way into fragments.
//
// For more rows of x than MultiplyRow (quant.cu.cc) serves, and fewer than pay for writing the
// weights out as numbers (kTensorCoreRows). A block copies its parts of x and of the codes to
// shared memory two steps ahead, each code once, as 16 bytes of a row; a lane looks its numbers up
// in a table of which it has its own column, scales and rounds them as dequantize() does, and
// multiplies. A warp reads a code's number once and x's elements once for 32 outputs: of a step
// with 64 rows, 16 accesses of the table and 16 of x for 16 tensor core instructions.
//
// Sums are f32. Where there are fewer tiles than the device has room for, the terms are divided
// among blocks, whose sums a second kernel adds, in order.
#include <cstddef>

#include "tensor/cuda/block.h"
#include "tensor/cuda/element.h"
#include "tensor/cuda/mma.h"
#include "tensor/cuda/quant.h"
#include "tensor/cuda/quant_codes.h"
#include "tensor/cuda/quant_tile.h"

namespace tenon::cuda {
namespace {

using quant::QuantizedTensor;

struct alignas(16) Vector {
  std::uint32_t word[4];
};

/// Of a product with kRows rows of x at a time.
template <int kRows>
struct TileMemory {
  static constexpr int kStages = 3;  // one is read, two are on their way
  struct Stage {
    Vector x[kRows * kTileTerms / kVectorElements];
    Vector codes[kTileVectors];
  };
  union {
    Stage stages[kStages];
    float sums[kRows][kTileOutputs + 4];  // at the end; 4 more, as lanes write columns
  };
  float scales[2][kTileVectors];
  float numbers[16][kWarp];  // the format's, once for each lane
};

/// What a warp reads codes of.
struct CodesOfTile {
  const Vector* codes;
  const float* scales;
  const float (*numbers)[kWarp];

  TENON_DEVICE float number(std::uint32_t word, int shift, int lane) const {
    return numbers[word >> shift & 15][lane];
  }
};

/// The weights of a lane in a step, scaled: by A, half of its rows, and term.
struct LaneWeights {
  float at[2][2][4];
};

/// A lane's codes in all steps, where sums go along rows of codes: 8 bytes of four rows.
template <Along kAlong>
struct LaneCodes {
  std::uint32_t words[2][2][2];
  float scales[2][2];

  TENON_DEVICE void load(const CodesOfTile& tile, int warp, int lane) {
    const int column = first_term(warp) + term_of(lane, 0, 0);
    const int vector = column / kVectorCodes, half_vector = column % kVectorCodes / 16;
    TENON_UNROLL
    for (int a = 0; a < 2; ++a) {
      TENON_UNROLL
      for (int half = 0; half < 2; ++half) {
        const int row = first_output(warp) + output_of<kAlong>(lane, a, half);
        const auto* pair = reinterpret_cast<const Pack<std::uint32_t, 2>*>(
            &tile.codes[code_place<kAlong>(row, vector)]);
        const Pack<std::uint32_t, 2> codes = pair[half_vector];
        words[a][half][0] = codes.lane[0];
        words[a][half][1] = codes.lane[1];
        scales[a][half] = tile.scales[scale_place<kAlong>(row, vector)];
      }
    }
  }

  TENON_DEVICE void weights(const CodesOfTile& tile, int, int lane, int step,
                            LaneWeights& out) const {
    TENON_UNROLL
    for (int a = 0; a < 2; ++a) {
      TENON_UNROLL
      for (int half = 0; half < 2; ++half) {
        const std::uint32_t two = words[a][half][step / 2] >> step % 2 * 16;
        TENON_UNROLL
        for (int e = 0; e < 4; ++e) {
          const int shift = e / 2 * 8 + (e % 2 == 0 ? 4 : 0);  // the first is in the upper half
          out.at[a][half][e] = tile.number(two, shift, lane) * scales[a][half];
        }
      }
    }
  }
};

/// Across rows of codes: 2 bytes of four rows in every step.
template <>
struct LaneCodes<Along::kRows> {
  TENON_DEVICE void load(const CodesOfTile&, int, int) {}

  TENON_DEVICE void weights(const CodesOfTile& tile, int warp, int lane, int step,
                            LaneWeights& out) const {
    const int column = first_output(warp) + output_of<Along::kRows>(lane, 0, 0);
    const int vector = column / kVectorCodes;
    TENON_UNROLL
    for (int e = 0; e < 4; ++e) {
      const int row = first_term(warp) + term_of(lane, step, e);
      const auto* two = reinterpret_cast<const std::uint16_t*>(
          &tile.codes[code_place<Along::kRows>(row, vector)]);
      const std::uint32_t codes = two[column % kVectorCodes / 4];
      const float scale = tile.scales[scale_place<Along::kRows>(row, vector)];
      TENON_UNROLL
      for (int a = 0; a < 2; ++a) {
        out.at[a][0][e] = tile.number(codes, 8 * a + 4, lane) * scale;
        out.at[a][1][e] = tile.number(codes, 8 * a, lane) * scale;
      }
    }
  }
};

/// The elements of A number `a` of a step.
template <class T>
TENON_DEVICE FragmentA fragment(const LaneWeights& weights, int a) {
  const float(&at)[2][4] = weights.at[a];
  return {{pack_pair<T>(at[0][0], at[0][1]), pack_pair<T>(at[1][0], at[1][1]),
           pack_pair<T>(at[0][2], at[0][3]), pack_pair<T>(at[1][2], at[1][3])}};
}

template <class T, Along kAlong, int kRows>
struct MultiplyTile {
  static constexpr const char* kName = "quantized_matmul";
  static constexpr int kThreads = kTileWarps * kWarp;
  static constexpr int kBlocks = kRows < 64 ? 3 : 2;  // as many as keep sums in registers
  using Shared = TileMemory<kRows>;
  static constexpr int kStages = Shared::kStages;

  const T* x;  // [rows,terms]
  Codes codes;
  std::int64_t rows, terms, outputs;
  std::int64_t weight_rows, weight_columns;
  std::int64_t row_tiles, output_tiles;
  std::int64_t steps_of_block;  // of kTileTerms terms
  T* out;                       // [rows,outputs]
  float* parts;                 // [blocks of a tile,rows,outputs]; null where there is one

  /// What a block computes.
  struct Place {
    std::int64_t row, output, part;  // the first, and the number of the sum
    std::int64_t first_step, end_step;
  };

  TENON_DEVICE void operator()(Block<MultiplyTile>& block) const {
    const Place place = place_of(block.index());
    Shared& shared = block.shared();
    PerWarp<Sums, kTileWarps> sums;
    block.each_warp([&](const Warp& warp) { begin(shared, place, warp, sums[warp.index()]); });
    for (std::int64_t step = place.first_step; step < place.end_step; ++step) {
      block.each_warp(
          [&](const Warp& warp) { do_step(shared, place, step, warp, sums[warp.index()]); });
    }
    block.each_warp([&](const Warp& warp) {
      if (warp.index() >= kTileWarps / 2) add_sums<false>(shared, warp, sums[warp.index()]);
    });
    block.each_warp([&](const Warp& warp) {
      if (warp.index() < kTileWarps / 2) add_sums<true>(shared, warp, sums[warp.index()]);
    });
    block.each_warp([&](const Warp& warp) { write(shared, place, warp); });
  }

 private:
  static constexpr int kGroups = kRows / 8;  // of rows, that a B is of
  struct Sums {
    PerLane<FragmentD> at[2][kGroups];
  };
  static constexpr int kScales = kTileVectors / kThreads;  // of a thread
  struct ThreadScales {
    float at[kScales];
  };

  TENON_DEVICE Place place_of(std::int64_t block) const {
    const std::int64_t row_tile = block % row_tiles, tile = block / row_tiles;
    const std::int64_t part = tile / output_tiles, first = part * steps_of_block;
    const std::int64_t steps = (terms + kTileTerms - 1) / kTileTerms;
    const std::int64_t end = first + steps_of_block;
    return {row_tile * kRows, tile % output_tiles * kTileOutputs, part, first,
            end < steps ? end : steps};
  }

  TENON_DEVICE static int thread_of(const Warp& warp, int lane) {
    return warp.index() * kWarp + lane;
  }
  TENON_DEVICE static int stage_of(const Place& place, std::int64_t step) {
    return static_cast<int>((step - place.first_step) % kStages);
  }

  TENON_DEVICE void begin(Shared& shared, const Place& place, const Warp& warp, Sums& sums) const {
    for (int ahead = 0; ahead < kStages - 1; ++ahead) {
      start_copies(shared, place, place.first_step + ahead, warp);
    }
    PerLane<ThreadScales> scales;
    load_scales(place, place.first_step, warp, scales);
    warp.each_lane([&](int lane) {
      for (int i = thread_of(warp, lane); i < 16 * kWarp; i += kThreads) {
        shared.numbers[i / kWarp][i % kWarp] = numbers_of(codes.format)[i / kWarp];
      }
      TENON_UNROLL
      for (int a = 0; a < 2; ++a) {
        TENON_UNROLL
        for (int group = 0; group < kGroups; ++group) sums.at[a][group][lane] = {};
      }
    });
    store_scales(shared, 0, warp, scales);
    warp.template wait_for_copies<kStages - 2>();
  }

  /// Multiplies a step's tile, has the copies of a later one begun, and those of the next one done.
  TENON_DEVICE void do_step(Shared& shared, const Place& place, std::int64_t step, const Warp& warp,
                            Sums& sums) const {
    start_copies(shared, place, step + kStages - 1, warp);
    PerLane<ThreadScales> scales;
    load_scales(place, step + 1, warp, scales);
    const int turn = static_cast<int>((step - place.first_step) % 2);
    multiply(shared, stage_of(place, step), turn, warp, sums);
    store_scales(shared, 1 - turn, warp, scales);
    warp.template wait_for_copies<kStages - 2>();
  }

  /// Whether W has the first of the 32 weights at a row and vector of a tile; where.
  TENON_DEVICE bool find(const Place& place, std::int64_t step, int row, int vector,
                         std::int64_t* element) const {
    const std::int64_t term = step * kTileTerms;
    const std::int64_t weight_row = (kAlong == Along::kColumns ? place.output : term) + row;
    const std::int64_t column =
        (kAlong == Along::kColumns ? term : place.output) + vector * kVectorCodes;
    *element = weight_row * weight_columns + column;
    return step < place.end_step && weight_row < weight_rows && column < weight_columns;
  }

  /// What is not there becomes zeros: of x, so that terms that are not there add nothing.
  TENON_DEVICE void start_copies(Shared& shared, const Place& place, std::int64_t step,
                                 const Warp& warp) const {
    typename Shared::Stage& to = shared.stages[stage_of(place, step)];
    // Behind the last step memory is the sums', of which a late copy would be the end.
    if (step >= place.end_step) return warp.commit_copies();
    warp.each_lane([&](int lane) {
      const int thread = thread_of(warp, lane);
      constexpr int kVectors = kTileTerms / kVectorElements;
      TENON_UNROLL
      for (int i = 0; i < kRows * kVectors; i += kThreads) {
        const int row = (i + thread) / kVectors, vector = (i + thread) % kVectors;
        const std::int64_t term = step * kTileTerms + vector * kVectorElements;
        const bool present = place.row + row < rows && term < terms;
        warp.start_copy(&to.x[x_place(row, vector)],
                        present ? x + (place.row + row) * terms + term : x, present);
      }
      TENON_UNROLL
      for (int i = 0; i < kTileVectors; i += kThreads) {
        const int row = (i + thread) / kRowVectors<kAlong>;
        const int vector = (i + thread) % kRowVectors<kAlong>;
        std::int64_t element = 0;
        const bool present = find(place, step, row, vector, &element);
        warp.start_copy(&to.codes[code_place<kAlong>(row, vector)],
                        codes.bytes + (present ? element / 2 : 0), present);
      }
    });
    warp.commit_copies();
  }

  TENON_DEVICE void load_scales(const Place& place, std::int64_t step, const Warp& warp,
                                PerLane<ThreadScales>& scales) const {
    warp.each_lane([&](int lane) {
      TENON_UNROLL
      for (int i = 0; i < kScales; ++i) {
        const int at = i * kThreads + thread_of(warp, lane);
        std::int64_t element = 0;
        const bool present =
            find(place, step, at % kTileRows<kAlong>, at / kTileRows<kAlong>, &element);
        scales[lane].at[i] = present ? codes.scale(element) : 0;
      }
    });
  }
  TENON_DEVICE void store_scales(Shared& shared, int turn, const Warp& warp,
                                 PerLane<ThreadScales>& scales) const {
    warp.each_lane([&](int lane) {
      TENON_UNROLL
      for (int i = 0; i < kScales; ++i) {
        const int at = i * kThreads + thread_of(warp, lane);
        const int place = scale_place<kAlong>(at % kTileRows<kAlong>, at / kTileRows<kAlong>);
        shared.scales[turn][place] = scales[lane].at[i];
      }
    });
  }

  TENON_DEVICE void multiply(Shared& shared, int stage, int turn, const Warp& warp,
                             Sums& sums) const {
    const CodesOfTile tile{shared.stages[stage].codes, shared.scales[turn], shared.numbers};
    PerLane<LaneCodes<kAlong>> lane_codes;
    warp.each_lane([&](int lane) { lane_codes[lane].load(tile, warp.index(), lane); });
    // Two steps at a time: 16 bytes of x.
    TENON_UNROLL
    for (int first = 0; first < kSteps; first += 2) {
      PerLane<FragmentA> a[2][2];
      warp.each_lane([&](int lane) {
        TENON_UNROLL
        for (int s = 0; s < 2; ++s) {
          LaneWeights weights;
          lane_codes[lane].weights(tile, warp.index(), lane, first + s, weights);
          a[s][0][lane] = fragment<T>(weights, 0);
          a[s][1][lane] = fragment<T>(weights, 1);
        }
      });
      TENON_UNROLL
      for (int group = 0; group < kGroups; ++group) {
        PerLane<FragmentB> b[2];
        warp.each_lane([&](int lane) {
          const int term = first_term(warp.index()) + term_of(lane, first, 0);
          const Vector v =
              shared.stages[stage].x[x_place(8 * group + lane_group(lane), term / kVectorElements)];
          b[0][lane] = {{v.word[0], v.word[1]}};
          b[1][lane] = {{v.word[2], v.word[3]}};
        });
        TENON_UNROLL
        for (int s = 0; s < 2; ++s) {
          mma<T>(sums.at[0][group], a[s][0], b[s]);
          mma<T>(sums.at[1][group], a[s][1], b[s]);
        }
      }
    }
  }

  /// A warp's sums into shared memory, to what is there or in its place.
  template <bool kAdd>
  TENON_DEVICE static void add_sums(Shared& shared, const Warp& warp, Sums& sums) {
    warp.each_lane([&](int lane) {
      TENON_UNROLL
      for (int a = 0; a < 2; ++a) {
        TENON_UNROLL
        for (int group = 0; group < kGroups; ++group) {
          TENON_UNROLL
          for (int i = 0; i < 4; ++i) {
            const int row = 8 * group + position_in_d(lane, i).column;
            const int output = first_output(warp.index()) + output_of<kAlong>(lane, a, i / 2);
            float& to = shared.sums[row][output];
            const float sum = sums.at[a][group][lane].sum[i];
            to = kAdd ? to + sum : sum;
          }
        }
      }
    });
  }

  TENON_DEVICE void write(const Shared& shared, const Place& place, const Warp& warp) const {
    warp.each_lane([&](int lane) {
      for (int i = thread_of(warp, lane); i < kRows * kTileOutputs; i += kThreads) {
        const int row = i / kTileOutputs, output = i % kTileOutputs;
        if (place.row + row >= rows || place.output + output >= outputs) continue;
        const std::int64_t at = (place.row + row) * outputs + place.output + output;
        const float sum = shared.sums[row][output];
        if (parts) {
          parts[place.part * rows * outputs + at] = sum;
        } else {
          out[at] = convert<T>(sum);
        }
      }
    });
  }
};

template <class T>
struct AddParts {
  static constexpr const char* kName = "quantized_matmul_sum";
  const float* parts;
  std::int64_t count, parts_count;
  T* out;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    float sum = parts[i];
    for (std::int64_t part = 1; part < parts_count; ++part) sum += parts[part * count + i];
    out[i] = convert<T>(sum);
  }
};

std::int64_t ceiling(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Blocks that share the terms of a tile: enough for two blocks on each multiprocessor, as long as
/// each has four steps to fill its stages with.
std::int64_t blocks_of_tile(std::int64_t tiles, std::int64_t steps) {
  const std::int64_t wanted = 2 * multiprocessors() / tiles, most = steps / 4;
  const std::int64_t blocks = wanted < most ? wanted : most;
  return blocks < 1 ? 1 : blocks;
}

template <class T, Along kAlong, int kRows>
void multiply_tiles(const Tensor& x, const QuantizedTensor& q, const Tensor& out) {
  const std::int64_t rows = x.size(0), terms = x.size(1), outputs = out.size(1);
  const std::int64_t row_tiles = ceiling(rows, kRows),
                     output_tiles = ceiling(outputs, kTileOutputs);
  const std::int64_t tiles = row_tiles * output_tiles, steps = ceiling(terms, kTileTerms);
  const std::int64_t steps_of_block = ceiling(steps, blocks_of_tile(tiles, steps));
  const std::int64_t parts_count = ceiling(steps, steps_of_block);
  Tensor parts;
  if (parts_count > 1) parts = empty({parts_count, rows, outputs}, {.device = x.device()});
  launch_blocks(
      tiles * parts_count,
      MultiplyTile<T, kAlong, kRows>{.x = address<T>(x),
                                     .codes = codes_of(q),
                                     .rows = rows,
                                     .terms = terms,
                                     .outputs = outputs,
                                     .weight_rows = q.shape[0],
                                     .weight_columns = q.shape[1],
                                     .row_tiles = row_tiles,
                                     .output_tiles = output_tiles,
                                     .steps_of_block = steps_of_block,
                                     .out = address<T>(out),
                                     .parts = parts.defined() ? address<float>(parts) : nullptr});
  if (!parts.defined()) return;
  launch_items(out.numel(),
               AddParts<T>{address<float>(parts), out.numel(), parts_count, address<T>(out)});
}

template <class T, Along kAlong>
void multiply_as(const Tensor& x, const QuantizedTensor& q, const Tensor& out) {
  if (x.size(0) <= 16) return multiply_tiles<T, kAlong, 16>(x, q, out);
  if (x.size(0) <= 32) return multiply_tiles<T, kAlong, 32>(x, q, out);
  multiply_tiles<T, kAlong, 64>(x, q, out);
}

template <Along kAlong>
void multiply(const Tensor& x, const QuantizedTensor& given, const Tensor& out) {
  const DeviceScope on(x.device().index);
  QuantizedTensor q = given;
  if (!is_aligned(q.codes, 16)) q.codes = q.codes.clone();
  const Tensor aligned = is_aligned(x, 16) ? x : x.clone();
  if (x.dtype() == DType::kBF16) return multiply_as<BFloat16, kAlong>(aligned, q, out);
  multiply_as<Float16, kAlong>(aligned, q, out);
}

}  // namespace

void quantized_matmul(const Tensor& x, const QuantizedTensor& q, const Tensor& out) {
  multiply<Along::kColumns>(x, q, out);
}

void quantized_matmul_transposed(const Tensor& y, const QuantizedTensor& q, const Tensor& out) {
  multiply<Along::kRows>(y, q, out);
}

}  // namespace tenon::cuda
