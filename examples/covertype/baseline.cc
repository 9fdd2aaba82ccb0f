// Trees from a map: a plain network over numbers and learnt vectors of categories.
//
//   ./bazelw run //examples/covertype:baseline
#include "examples/covertype/problem.h"
#include "models/tabular.h"

int main(int argc, char** argv) {
  using namespace tenon;
  return examples::run_covertype(
      argc, argv,
      {.name = "baseline",
       .description = "A plain network on UCI Covertype.",
       .make_row = [](const examples::ExperimentOptions& options, std::int64_t) {
         return examples::covertype_row<models::TabularMlp>("baseline", ">= 76", options);
       }});
}
