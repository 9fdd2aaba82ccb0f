#include "autograd/internal/grad_mode.h"

#include "autograd/variable.h"

namespace tenon::autograd {

constinit thread_local bool recording_enabled = true;

bool grad_enabled() { return recording_enabled; }

NoGrad::NoGrad() : before_(recording_enabled) { recording_enabled = false; }
NoGrad::~NoGrad() { recording_enabled = before_; }

}  // namespace tenon::autograd
