// Trees from a map: a linear part that remembers beside a deep one that generalizes.
//
//   ./bazelw run //examples/covertype:wide_deep
#include "examples/covertype/problem.h"
#include "models/tabular.h"

int main(int argc, char** argv) {
  using namespace tenon;
  return examples::run_covertype(
      argc, argv,
      {.name = "wide_deep",
       .description = "A wide and deep network on UCI Covertype.",
       .make_row = [](const examples::ExperimentOptions& options, std::int64_t) {
         return examples::covertype_row<models::WideDeep>("wide_deep", ">= 79", options);
       }});
}
