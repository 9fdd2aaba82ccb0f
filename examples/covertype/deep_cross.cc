// Trees from a map: products of columns, learnt by a cross network, beside a deep one.
//
//   ./bazelw run //examples/covertype:deep_cross
#include "examples/covertype/problem.h"
#include "models/tabular.h"

int main(int argc, char** argv) {
  using namespace tenon;
  return examples::run_covertype(
      argc, argv,
      {.name = "deep_cross",
       .description = "A deep and cross network on UCI Covertype.",
       .make_row = [](const examples::ExperimentOptions& options, std::int64_t) {
         return examples::covertype_row<models::DeepCross>("deep_cross", ">= 81", options);
       }});
}
