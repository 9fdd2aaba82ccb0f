// The recorded graph as a picture.
//
//   std::ofstream("graph.dot") << to_dot(loss, {{"weight", w}, {"bias", b}});   // dot -Tsvg
//   graph.dot
#ifndef TENON_AUTOGRAD_GRAPH_H_
#define TENON_AUTOGRAD_GRAPH_H_

#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"

namespace tenon::autograd {

/// What `output` was computed from, in Graphviz's DOT language: boxes are operations, with the
/// shape of their results, ellipses the leaves that require gradients, with the names given; arrows
/// go from arguments to results. Constants are not part of a graph. An operation that was
/// differentiated without retain_graph has forgotten its arguments, and says "released". Throws
/// AutogradError for an undefined variable.
std::string to_dot(const Variable& output,
                   const std::vector<std::pair<std::string, Variable>>& names = {});

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_GRAPH_H_
