// llama2.c's tokenizer files (run.c, build_tokenizer and encode).
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "data/tokenizer/load.h"
#include "data/tokenizer/internal/spec_builder.h"
#include "tensor/io/byte_order.h"
#include "tensor/io/file_checks.h"
#include "tensor/io/mapped_file.h"

namespace tenon::data {
namespace {

using text::SpecBuilder;
using text::TokenizerSpec;

constexpr std::string_view kSpace = "\xe2\x96\x81";
constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
constexpr std::size_t kFirstByteToken = 3;
constexpr std::size_t kFirstPiece = kFirstByteToken + 256;
constexpr std::int32_t kMaxTokenBytes = 4096;

struct Piece {
  std::string text;
  float score = 0;
};

absl::Status invalid(std::size_t offset, const std::string& what) {
  return absl::InvalidArgumentError("expected " + what + " at byte " + std::to_string(offset));
}

absl::StatusOr<std::vector<Piece>> read_pieces(std::string_view file) {
  if (file.size() < 4) return invalid(0, "the 4 bytes of the longest token's length");
  const auto longest = load_little_endian<std::int32_t>(file.data());
  if (longest < 1 || longest > kMaxTokenBytes) return invalid(0, "a length from 1 to 4096");
  std::vector<Piece> pieces;
  for (std::size_t at = 4; at < file.size();) {
    if (file.size() - at < 8) return invalid(at, "the 8 bytes of a score and a length");
    const auto score = load_little_endian<float>(file.data() + at);
    const auto length = load_little_endian<std::int32_t>(file.data() + at + 4);
    if (!std::isfinite(score)) return invalid(at, "a finite score");
    if (length < 1 || length > longest) {
      return invalid(at + 4, "a length from 1 to " + std::to_string(longest) + ", got " +
                                 std::to_string(length));
    }
    at += 8;
    const auto bytes = static_cast<std::size_t>(length);
    if (file.size() - at < bytes) return invalid(at, std::to_string(bytes) + " bytes of a token");
    pieces.push_back({std::string(file.substr(at, bytes)), score});
    at += bytes;
  }
  if (pieces.size() < kFirstPiece) {
    return invalid(file.size(), "at least 259 tokens (3 special ones and 256 bytes), got " +
                                    std::to_string(pieces.size()) + ", and the end");
  }
  return pieces;
}

std::string with_space_spelled(const std::string& piece) {
  std::string spelling;
  for (const char c : piece) {
    if (c == ' ') {
      spelling += kSpace;
    } else {
      spelling += c;
    }
  }
  return spelling;
}

// llama2.c merges any two neighbours that together are a token, that of the best score first: so
// each way to cut a token in two is a merge, and the order of the scores is their rank.
void add_merges(const std::vector<Piece>& pieces, const SpecBuilder& builder, TokenizerSpec& spec) {
  std::vector<float> scores;
  for (std::size_t id = kFirstPiece; id < pieces.size(); ++id) scores.push_back(pieces[id].score);
  std::sort(scores.begin(), scores.end(), std::greater<>());
  for (std::size_t id = kFirstPiece; id < pieces.size(); ++id) {
    const std::string& spelling = spec.tokens[id];
    const auto place =
        std::lower_bound(scores.begin(), scores.end(), pieces[id].score, std::greater<>());
    for (std::size_t cut = 1; cut < spelling.size(); ++cut) {
      const std::int32_t left = builder.find(std::string_view(spelling).substr(0, cut));
      const std::int32_t right = builder.find(std::string_view(spelling).substr(cut));
      if (left == text::kNoToken || right == text::kNoToken) continue;
      spec.merges.add({.left = left,
                       .right = right,
                       .result = static_cast<std::int32_t>(id),
                       .rank = static_cast<std::int32_t>(place - scores.begin())});
    }
  }
}

absl::StatusOr<TokenizerSpec> make_spec(std::string_view file) {
  auto pieces = read_pieces(file);
  if (!pieces.ok()) return pieces.status();
  TokenizerSpec spec;
  spec.alphabet = text::Alphabet::kCharacters;
  spec.byte_fallback = true;
  spec.space_prefix = text::SpacePrefix::kAlways;
  spec.strip_prefix = true;
  spec.before = {1};
  SpecBuilder builder(spec);
  static constexpr const char* kSpecial[] = {"<unk>", "<s>", "</s>"};
  for (std::size_t id = 0; id < pieces->size(); ++id) {
    const auto index = static_cast<std::int64_t>(id);
    const bool special = id < kFirstByteToken;
    const std::string spelling = special ? kSpecial[id] : with_space_spelled((*pieces)[id].text);
    if (auto status = builder.add(spelling, index); !status.ok()) return status;
    if (special) spec.added.push_back({.content = spelling, .id = static_cast<std::int32_t>(id)});
  }
  spec.unknown = 0;
  add_merges(*pieces, builder, spec);
  return spec;
}

}  // namespace

absl::StatusOr<Tokenizer> load_llama2c_tokenizer(const std::string& path) {
  const auto file = read_file(path, kMaxFileBytes);
  if (!file.ok()) return file.status();
  auto spec = make_spec(*file);
  if (!spec.ok()) return internal::with_path(path, spec.status());
  return Tokenizer(*std::move(spec));
}

}  // namespace tenon::data
