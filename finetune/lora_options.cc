#include "finetune/lora_options.h"

#include <cmath>

namespace tenon::finetune {
namespace {

template <class Map, class T>
T by_path(const Map& map, const std::string& path, T otherwise) {
  for (const auto& [target, value] : map) {
    if (is_target(path, target)) return value;
  }
  return otherwise;
}

void require(bool ok, const std::string& what) {
  if (!ok) throw ValueError("[LoraOptions] expected " + what);
}

}  // namespace

void check_lora_options(const LoraOptions& o) {
  require(o.rank >= 1, "a rank of at least 1, got " + std::to_string(o.rank));
  require(o.dropout >= 0 && o.dropout < 1, "dropout in [0,1), got " + std::to_string(o.dropout));
  require(o.alpha > 0 && std::isfinite(o.alpha),
          "a positive alpha, got " + std::to_string(o.alpha));
  for (const auto& [target, rank] : o.ranks) {
    require(rank >= 1, "a rank of at least 1 for \"" + target + "\", got " + std::to_string(rank));
  }
  for (const auto& [target, alpha] : o.alphas) {
    require(alpha > 0 && std::isfinite(alpha), "a positive alpha for \"" + target + "\"");
  }
}

std::int64_t rank_of(const LoraOptions& options, const std::string& path) {
  return by_path(options.ranks, path, options.rank);
}

double alpha_of(const LoraOptions& options, const std::string& path) {
  return by_path(options.alphas, path, options.alpha);
}

double scaling_of(const LoraOptions& options, const std::string& path) {
  const auto rank = static_cast<double>(rank_of(options, path));
  return alpha_of(options, path) / (options.rs ? std::sqrt(rank) : rank);
}

}  // namespace tenon::finetune
