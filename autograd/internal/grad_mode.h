// Whether operations on this thread are recorded.
#ifndef TENON_AUTOGRAD_INTERNAL_GRAD_MODE_H_
#define TENON_AUTOGRAD_INTERNAL_GRAD_MODE_H_

namespace tenon::autograd {

// Constant-initialized, so that reading it is one instruction and not a call.
extern constinit thread_local bool recording_enabled;

/// Turns recording on or off while it lives.
class GradMode {
 public:
  explicit GradMode(bool enabled) : before_(recording_enabled) { recording_enabled = enabled; }
  ~GradMode() { recording_enabled = before_; }
  GradMode(const GradMode&) = delete;
  GradMode& operator=(const GradMode&) = delete;

 private:
  bool before_;
};

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_INTERNAL_GRAD_MODE_H_
