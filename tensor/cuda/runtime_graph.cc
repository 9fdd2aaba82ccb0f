// The runtime of real devices: launches, and CUDA graphs of them.
#include <cuda_runtime_api.h>

#include <memory>
#include <string>

#include "tensor/cuda/runtime.h"
#include "tensor/cuda/runtime_check.h"
#include "tensor/error.h"

namespace tenon::cuda {

/// The graph stays beside what can be started: its nodes are how the latter is updated.
struct Graph {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
};

namespace {

/// A kernel has to be told that it may have more than 48 KiB.
void allow_shared_memory(const Launch& launch) {
  if (launch.shared_bytes <= 48 * 1024) return;
  check(launch.name,
        cudaFuncSetAttribute(launch.function, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(launch.shared_bytes)));
}

}  // namespace

void launch(const Launch& launch) {
  allow_shared_memory(launch);
  check(launch.name, cudaLaunchKernel(launch.function, dim3(launch.blocks), dim3(launch.threads),
                                      launch.arguments, launch.shared_bytes, current_stream()));
  if (!checks_at_once()) return;
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check(launch.name, cudaStreamIsCapturing(current_stream(), &status));
  if (status == cudaStreamCaptureStatusNone) {
    check(launch.name, cudaStreamSynchronize(current_stream()));
  }
}

void begin_graph() {
  // Relaxed: the allocator may ask the driver for memory meanwhile, as may other threads.
  check("captured_step", cudaStreamBeginCapture(current_stream(), cudaStreamCaptureModeRelaxed));
}

Graph* end_graph() {
  auto made = std::make_unique<Graph>();
  check("captured_step", cudaStreamEndCapture(current_stream(), &made->graph));
  const cudaError_t error = cudaGraphInstantiate(&made->executable, made->graph, 0);
  if (error != cudaSuccess) cudaGraphDestroy(made->graph);
  check("captured_step", error);
  return made.release();
}

Node last_node() {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  const cudaGraphNode_t* last = nullptr;
  std::size_t count = 0;
  check("captured_step", cudaStreamGetCaptureInfo(current_stream(), &status, nullptr, nullptr,
                                                  &last, nullptr, &count));
  if (status != cudaStreamCaptureStatusActive || count != 1) {
    throw DeviceError("[captured_step] expected a stream that records, got one with " +
                      std::to_string(count) + " last nodes");
  }
  return last[0];
}

void update_node(Graph* graph, Node node, const Launch& launch) {
  allow_shared_memory(launch);
  cudaKernelNodeParams to{};
  to.func = const_cast<void*>(launch.function);
  to.gridDim = dim3(launch.blocks);
  to.blockDim = dim3(launch.threads);
  to.sharedMemBytes = static_cast<unsigned>(launch.shared_bytes);
  to.kernelParams = launch.arguments;
  check(launch.name, cudaGraphExecKernelNodeSetParams(graph->executable, node, &to));
}

void launch_graph(Graph* graph) {
  check("captured_step", cudaGraphLaunch(graph->executable, current_stream()));
}

void destroy_graph(Graph* graph) noexcept {
  cudaGraphExecDestroy(graph->executable);
  cudaGraphDestroy(graph->graph);
  delete graph;
}

}  // namespace tenon::cuda
