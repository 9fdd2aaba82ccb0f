#include <optional>
#include <utility>

#include "autograd/autocast.h"
#include "autograd/record.h"
#include "tensor/random.h"

namespace tenon::autograd {
namespace {

/// Rewinds the thread's default generator while it lives.
class Rewound {
 public:
  explicit Rewound(const Generator& to) : before_(default_generator()) { default_generator() = to; }
  ~Rewound() { default_generator() = before_; }
  Rewound(const Rewound&) = delete;
  Rewound& operator=(const Rewound&) = delete;

 private:
  Generator before_;
};

}  // namespace

Variable checkpoint(std::function<Variable(const Variable&)> segment, const Variable& input) {
  if (!grad_enabled()) return segment(input);
  const Generator start = default_generator();
  Tensor y;
  {
    const NoGrad guard;
    y = segment(input).value();
  }
  // The second run records the segment onto the graph of its input, and the pass at work goes on
  // through that, so hooks, grad() and higher derivatives see what they would see without it.
  auto rule = [segment = std::move(segment), start, low = autocast_dtype(),
               x = save(input)](Gradients& g) {
    const Variable& saved = x.get(g);
    const Rewound generator(start);
    const GradMode mode(true);
    std::optional<Autocast> precision;
    if (low) precision.emplace(*low);
    const Variable again = segment(saved);
    if (again.shape() != g.output().shape()) {
      throw AutogradError("[checkpoint] expected the segment to compute the same twice, got " +
                          to_string(g.output().shape()) + " first and " + to_string(again.shape()) +
                          " for backward");
    }
    g.propagate(again, g.output());
  };
  // Recorded whether or not the input requires a gradient: the segment may hold parameters.
  internal::IntrusivePtr<Node> node(
      new RuleNode<decltype(rule)>("checkpoint", std::move(rule), /*opaque=*/true));
  node->add_input(input);
  return Node::add_output(std::move(node), std::move(y));
}

}  // namespace tenon::autograd
