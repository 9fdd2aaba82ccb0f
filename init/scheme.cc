#include "init/scheme.h"

#include <numbers>

#include "init/structured.h"

namespace tenon::init {
namespace {

struct Named {
  std::string_view name;
  Scheme scheme;
};

// The first name of a scheme is the one that `name` gives.
constexpr Named kNames[] = {
    {"zeros", Scheme::kZeros},
    {"uniform", Scheme::kUniform},
    {"normal", Scheme::kNormal},
    {"normal_0.01", Scheme::kNormal001},
    {"xavier_uniform", Scheme::kXavierUniform},
    {"xavier_normal", Scheme::kXavierNormal},
    {"kaiming_uniform", Scheme::kKaimingUniform},
    {"kaiming_normal", Scheme::kKaimingNormal},
    {"lecun_uniform", Scheme::kLecunUniform},
    {"lecun_normal", Scheme::kLecunNormal},
    {"orthogonal", Scheme::kOrthogonal},
    {"xavier", Scheme::kXavierUniform},
    {"glorot", Scheme::kXavierUniform},
    {"he", Scheme::kKaimingNormal},
    {"kaiming", Scheme::kKaimingNormal},
    {"lecun", Scheme::kLecunNormal},
};

std::string all_names() {
  std::string names;
  for (const Named& entry : kNames) {
    if (!names.empty()) names += ", ";
    names += entry.name;
  }
  return names;
}

}  // namespace

std::string_view name(Scheme scheme) {
  for (const Named& entry : kNames) {
    if (entry.scheme == scheme) return entry.name;
  }
  throw ValueError("[init] expected a Scheme, got " + std::to_string(static_cast<int>(scheme)));
}

Scheme parse_scheme(std::string_view text) {
  for (const Named& entry : kNames) {
    if (entry.name == text) return entry.scheme;
  }
  throw ValueError("[init] expected one of " + all_names() + ", got \"" + std::string(text) + "\"");
}

void fill_(const Tensor& weight, Scheme scheme, Generator& generator) {
  switch (scheme) {
    case Scheme::kZeros:
      return zeros_(weight);
    case Scheme::kUniform:
      return uniform_(weight, generator,
                      {.low = -std::numbers::sqrt3, .high = std::numbers::sqrt3});
    case Scheme::kNormal:
      return normal_(weight, generator);
    case Scheme::kNormal001:
      return normal_(weight, generator, {.deviation = 0.01});
    case Scheme::kXavierUniform:
      return xavier_uniform_(weight, generator);
    case Scheme::kXavierNormal:
      return xavier_normal_(weight, generator);
    case Scheme::kKaimingUniform:
      return kaiming_uniform_(weight, generator);
    case Scheme::kKaimingNormal:
      return kaiming_normal_(weight, generator);
    case Scheme::kLecunUniform:
      return lecun_uniform_(weight, generator);
    case Scheme::kLecunNormal:
      return lecun_normal_(weight, generator);
    case Scheme::kOrthogonal:
      return orthogonal_(weight, generator);
  }
  throw ValueError("[init] expected a Scheme, got " + std::to_string(static_cast<int>(scheme)));
}

}  // namespace tenon::init
