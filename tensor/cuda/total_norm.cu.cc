// The norm of many tensors as one vector, in f64: a launch for dozens of tensors reduces pieces of
// all of them, another one those results. Pieces and trees follow from the sizes alone.
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"
#include "tensor/cuda/rows.h"

namespace tenon::cuda {
namespace {

/// Tensors of one launch: their table stays below the 4 KiB that every GPU takes as arguments.
constexpr int kTensorsPerLaunch = 96;
/// Elements of one piece.
constexpr std::int64_t kPiece = 16384;

TENON_SCALAR double combined(Norm norm, double a, double b) {
  if (norm != Norm::kMax) return a + b;
  return b > a || is_nan(b) ? b : a;  // NaN stays
}

struct NormEntry {
  Elements x;
  std::int64_t numel = 0;
  std::int64_t first_piece = 0;
};

/// |x|, x^2 of one piece of one tensor, summed or compared.
template <class C>
struct PieceNorms {
  static constexpr const char* kName = "total_norm";
  Norm norm;
  int count = 0;
  double* out;  // [pieces]
  NormEntry entries[kTensorsPerLaunch];

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    int k = count - 1;
    while (k > 0 && team.index() < entries[k].first_piece) --k;
    const NormEntry& entry = entries[k];
    const std::int64_t begin = (team.index() - entry.first_piece) * kPiece;
    const std::int64_t rest = entry.numel - begin;
    const double all = team.reduce(
        rest < kPiece ? rest : kPiece, 0.0,
        [&](double& partial, std::int64_t i) {
          const auto value = static_cast<double>(load<C>(entry.x, begin + i));
          partial = combined(norm, partial, norm == Norm::kL2 ? value * value : std::fabs(value));
        },
        [&](double a, double b) { return combined(norm, a, b); });
    team.once([&] { out[team.index()] = all; });
  }
};

struct AllPieces {
  static constexpr const char* kName = "total_norm";
  Norm norm;
  std::int64_t count;
  const double* pieces;
  double* out;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const double all = team.reduce(
        count, 0.0,
        [&](double& partial, std::int64_t i) { partial = combined(norm, partial, pieces[i]); },
        [&](double a, double b) { return combined(norm, a, b); });
    team.once([&] { *out = norm == Norm::kL2 ? std::sqrt(all) : all; });
  }
};

std::int64_t pieces_of(const Tensor& x) { return (x.numel() + kPiece - 1) / kPiece; }

/// The pieces of all tensors that compute in C, from out[0] on; returns how many.
template <class C>
std::int64_t reduce_pieces(Norm norm, std::span<const Tensor> tensors, double* out) {
  PieceNorms<C> program{norm, 0, out, {}};
  static_assert(sizeof(program) < 4000);
  std::int64_t done = 0, pieces = 0;
  const auto flush = [&] {
    program.out = out + done;
    launch_teams<kBlockThreads>(pieces, program);
    done += pieces;
    pieces = 0;
    program.count = 0;
  };
  for (const Tensor& x : tensors) {
    if ((x.dtype() == DType::kF64) != std::is_same_v<C, double> || x.numel() == 0) continue;
    if (program.count == kTensorsPerLaunch) flush();
    program.entries[program.count++] = {elements(x), x.numel(), pieces};
    pieces += pieces_of(x);
  }
  flush();
  return done;
}

}  // namespace

void total_norm(Norm norm, std::span<const Tensor> tensors, const Tensor& out) {
  std::int64_t count = 0;
  for (const Tensor& x : tensors) count += pieces_of(x);
  const Tensor room = reduce_workspace(count * static_cast<std::int64_t>(sizeof(double)));
  auto* pieces = static_cast<double*>(room.raw_data());
  const std::int64_t narrow = reduce_pieces<float>(norm, tensors, pieces);
  reduce_pieces<double>(norm, tensors, pieces + narrow);
  launch_teams<kBlockThreads>(1,
                              AllPieces{norm, count, pieces, static_cast<double*>(out.raw_data())});
}

}  // namespace tenon::cuda
