#include "layers/placeholders.h"

namespace tenon::layers {
namespace {

constinit thread_local bool placeholders_wanted = false;

}  // namespace

Placeholders::Placeholders() : before_(placeholders_wanted) { placeholders_wanted = true; }

Placeholders::~Placeholders() { placeholders_wanted = before_; }

bool Placeholders::wanted() { return placeholders_wanted; }

Tensor Placeholders::make(const Shape& shape) { return zeros({}).expand(shape); }

}  // namespace tenon::layers
