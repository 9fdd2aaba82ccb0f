// That cuDNN recognizes the graphs of attention and makes kernels for them, on GPUs that it is only
// told about. It makes such kernels while a program runs, with a driver to load them: the
// toolkit's stand-in for one lets it come as far as loading, and refuses that. What the kernels
// compute, attention_test.cc tests where there is a device.
#include "tensor/cuda/attention_graph.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>

#include "tensor/cuda/cudnn_plan.h"
#include "tensor/cuda/testing_devices.h"
#include "tensor/error.h"

namespace tenon::cuda {
namespace {

/// Beside the toolkit's libraries; what is loaded under a library's name is found by that name.
bool load_stand_in_driver() {
  Dl_info found{};
  const auto* function = reinterpret_cast<void*>(cudnn::library().cudnnCreate);
  if (dladdr(function, &found) == 0) return false;
  std::string folder = found.dli_fname;
  folder.erase(folder.rfind('/') + 1);
  return dlopen((folder + "stubs/libcuda.so").c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr;
}

class AttentionGraph : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      cudnn::library();
    } catch (const DeviceError& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
    if (!load_stand_in_driver()) {
      GTEST_SKIP() << "skipped: no stubs/libcuda.so beside cuDNN";
    }
  }
};

struct Sizes {
  std::int64_t heads, key_heads, queries, keys, width, value_width;
};
AttentionProblem problem(const Sizes& n, AttentionMask mask, DType dtype = DType::kBF16) {
  // [B,T,H,D] in memory.
  const auto by_position = [](const Shape& shape) {
    return Strides{shape[1] * shape[2] * shape[3], shape[3], shape[1] * shape[3], 1};
  };
  const Shape q{2, n.heads, n.queries, n.width}, k{2, n.key_heads, n.keys, n.width};
  const Shape v{2, n.key_heads, n.keys, n.value_width}, y{2, n.heads, n.queries, n.value_width};
  return {.dtype = dtype,
          .mask = mask,
          .q = q,
          .k = k,
          .v = v,
          .q_strides = by_position(q),
          .k_strides = by_position(k),
          .v_strides = by_position(v),
          .y_strides = by_position(y),
          .grad_strides = by_position(y),
          .q_grad_strides = by_position(q),
          .k_grad_strides = by_position(k),
          .v_grad_strides = by_position(v)};
}

/// Empty, or why there is no kernel.
std::string missing(cudnn::Graph graph, const DescribedDevice& device, bool deterministic) {
  const cudnn::Target target = cudnn::Target::described(device.json);
  graph.finish(target);
  std::string reason;
  if (cudnn::make_plan(graph, target, {.deterministic = deterministic}, &reason)) return "";
  return reason.find("cuLibraryLoadData") != std::string::npos ? "" : reason;
}

const Sizes kTransformer{12, 12, 1024, 1024, 64, 64};
constexpr AttentionMask kMasks[] = {AttentionMask::kNone, AttentionMask::kCausal,
                                    AttentionMask::kCausalFromEnd};

/// Of both directions.
void expect_kernels(AttentionProblem p, const DescribedDevice& device, const std::string& what) {
  EXPECT_EQ(missing(attention_graph(p), device, true), "") << device.name << what;
  EXPECT_EQ(missing(attention_grad_graph(p), device, true), "") << device.name << what;
}

TEST_F(AttentionGraph, HasKernelsForEveryMask) {
  for (const AttentionMask mask : kMasks) {
    EXPECT_EQ(missing(attention_graph(problem(kTransformer, mask)), h100(), true), "");
  }
}

TEST_F(AttentionGraph, HasKernelsForAnA100) {
  expect_kernels(problem(kTransformer, AttentionMask::kCausal), a100(), "");
}

TEST_F(AttentionGraph, HasAKernelWithAtomicsWhereTheyAreAllowed) {
  AttentionProblem p = problem(kTransformer, AttentionMask::kCausal);
  p.deterministic = false;
  EXPECT_EQ(missing(attention_grad_graph(p), h100(), false), "");
}

TEST_F(AttentionGraph, HasKernelsForLengthsHeadsAndWidths) {
  const auto p = [](const Sizes& sizes) {
    return problem(sizes, AttentionMask::kCausalFromEnd, DType::kF16);
  };
  expect_kernels(p({8, 2, 77, 77, 128, 128}), h100(), ", grouped heads");
  expect_kernels(p({4, 4, 60, 60, 80, 40}), h100(), ", narrower values");
  EXPECT_EQ(missing(attention_grad_graph(p({8, 8, 5, 37, 64, 64})), h100(), true), "");
  EXPECT_EQ(missing(attention_graph(p({4, 1, 1, 100, 64, 64})), h100(), true), "");
}

// The plain kernel is for these.
TEST_F(AttentionGraph, HasNoKernelForWideHeads) {
  const AttentionProblem p = problem({2, 2, 64, 64, 512, 512}, AttentionMask::kNone);
  EXPECT_NE(missing(attention_grad_graph(p), h100(), true), "");
}

TEST(AttentionKey, TellsProblemsApart) {
  const AttentionProblem p = problem(kTransformer, AttentionMask::kCausal);
  AttentionProblem other = p;
  EXPECT_EQ(other.key(), p.key());
  other.mask = AttentionMask::kNone;
  EXPECT_NE(other.key(), p.key());
  other = p;
  other.v_grad_strides[1] = 128;
  EXPECT_NE(other.key(), p.key());
}

}  // namespace
}  // namespace tenon::cuda
