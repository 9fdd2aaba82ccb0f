"""Times the training steps of //benchmarks:steps in PyTorch on a GPU: eager, compiled, and compiled
with max-autotune and CUDA graphs. Prints `name mode step_ms`, and the fastest of them last.

  python3 torch_cuda.py [--bf16] [--tf32] [--seconds 2] [--modes eager,compile,max-autotune] [name ...]

Networks, optimizers and batches are those of torch_cpu.py, which is read from beside this file or
from --workloads FILE. A figure is the median over groups of steps, each ended by a wait for the
GPU, as in //benchmarks:steps --device=cuda.
"""

import argparse
import pathlib
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

STEPS_PER_GROUP = 20


def workloads(path):
    """The table W of torch_cpu.py: name -> (network, optimizer, batch)."""
    source = path.read_text()
    begin, end = source.index("class LeNet"), source.index("for name in (")
    scope = {"torch": torch, "nn": nn, "F": F, "math": __import__("math")}
    exec(compile(source[begin:end], str(path), "exec"), scope)
    return scope["W"]


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def step_of(workload, mode, bf16, device):
    make, optimizer_of, data = workload
    network = make()
    network.train()
    optimizer = optimizer_of([p for p in network.parameters() if p.requires_grad])
    inputs, labels = data()
    forward = network
    if mode != "eager":
        forward = torch.compile(network, mode=None if mode == "compile" else mode)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            output = forward(*inputs)
            loss = F.cross_entropy(output.reshape(-1, output.shape[-1]).float(), labels)
        loss.backward()
        optimizer.step()

    return step


def median_ms(step, seconds, device):
    for _ in range(5):
        step()
    wait(device)
    times, end = [], time.time() + seconds
    while time.time() < end or len(times) < 3:
        start = time.perf_counter()
        for _ in range(STEPS_PER_GROUP):
            step()
        wait(device)
        times.append((time.perf_counter() - start) / STEPS_PER_GROUP)
    return 1e3 * statistics.median(times)


def find_workloads(given):
    here = pathlib.Path(__file__).resolve().parent
    for path in [pathlib.Path(given)] if given else [here / "torch_cpu.py"]:
        if path.is_file():
            return path
    sys.exit("torch_cuda.py: expected torch_cpu.py beside it, or --workloads FILE")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bf16", action="store_true", help="products in bf16 (autocast)")
    parser.add_argument("--tf32", action="store_true", help="products of f32 in TF32")
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each figure")
    parser.add_argument("--modes", default="eager,compile,max-autotune")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--workloads", help="torch_cpu.py")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch_cuda.py: no CUDA device")
    table = workloads(find_workloads(args.workloads))
    torch.set_default_device(args.device)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = args.tf32
    if args.device == "cuda":
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}", file=sys.stderr)
    for name in args.names or table:
        best = {}
        for mode in args.modes.split(","):
            torch.manual_seed(0)
            torch._dynamo.reset()
            best[mode] = median_ms(step_of(table[name], mode, args.bf16, args.device),
                                   args.seconds, args.device)
            print(f"{name:24s} {mode:14s} {best[mode]:10.3f} ms", flush=True)
        fastest = min(best, key=best.get)
        print(f"{name:24s} {'fastest':14s} {best[fastest]:10.3f} ms  {fastest}", flush=True)


if __name__ == "__main__":
    main()
