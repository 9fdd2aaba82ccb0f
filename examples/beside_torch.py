#!/usr/bin/env python3
"""The seconds of training of every experiment, ours and PyTorch's, one after the other:

    ./bazelw build //examples/...
    examples/beside_torch.py --python PYTHON_WITH_TORCH [--threads N] [--data_dir DIR] [TARGET ...]

One seed and a few epochs of each: the same networks, batches, optimizers and epochs in both. Prints a table in Markdown.
A target's folder has the PyTorch programs: peer_torch.py; that of airbench, which runs on a GPU too, is in benchmarks/peers.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Epochs that take seconds, and flags of ours that pick the rows which the peer has.
EXPERIMENTS = {
    "intro:cifar10": (1, []),
    "intro:alexnet": (12, []),
    "intro:validation": (1, ["--trials=4", "--final_epochs=1"]),
    "intro:transfer": (0, ["--quick"]),
    "weight_init:lenet": (1, ["--init=he_normal"]),
    "mnist_ffnn:optimizers": (1, ["--init=he_normal"]),
    "mnist_ffnn:regularization": (1, []),
    "covertype:baseline": (5, ["--save_split"]),
    "covertype:wide_deep": (5, []),
    "covertype:deep_cross": (5, []),
    "covertype:best": (1, []),
    "optimization:batch_size": (1, []),
    "optimization:batch_norm": (1, []),
    "optimization:optimizers": (1, []),
    "optimization:annealing": (1, []),
    "optimization:resnet": (1, []),
    "animal_faces:memorization": (50, []),
    "animal_faces:early_stopping": (5, []),
    "animal_faces:penalties": (50, []),
    "animal_faces:dropout": (50, []),
    "animal_faces:augmentation": (20, []),
    "animal_faces:batch_size": (2, []),
    "animal_faces:pruning": (2, []),
    "animal_faces:lottery": (2, []),
    "animal_faces:distillation": (2, []),
    "small_nets:forty_four": (1, []),
    "small_nets:losses": (1, []),
    "small_nets:vanishing": (3, []),
    "small_nets:schedules": (1, []),
    "features:embed": (1, []),
    "airbench:airbench": (1, ["--images=8000"]),
}


def seconds_in(output):
    return sum(float(text) for text in re.findall(r"\bseconds=([\d.e+-]+)", output))


def run(command, threads):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if result.returncode != 0:
        print(f"{' '.join(command)}\n{result.stderr}", file=sys.stderr)
        return ""
    return result.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="such as intro:cifar10; all if none is given")
    parser.add_argument("--python", default="python3", help="that imports torch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--data_dir", default=os.environ.get("TENON_DATA", os.path.join(ROOT, "..", "shared", "data")))
    options = parser.parse_args()
    options.data_dir = os.path.abspath(options.data_dir)
    unknown = set(options.targets) - set(EXPERIMENTS)
    if unknown:
        parser.error(f"expected some of {', '.join(EXPERIMENTS)}, got {', '.join(sorted(unknown))}")
    sums = [0.0, 0.0]
    print("| experiment | epochs | Tenon, s | PyTorch, s | times as fast |\n|---|---:|---:|---:|---:|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        split = None
        for target in options.targets or EXPERIMENTS:
            epochs, flags = EXPERIMENTS[target]
            package, name = target.split(":")
            out = os.path.join(folder, package + "_" + name)
            flags = flags + ([f"--epochs={epochs}"] if epochs else [])
            if package == "covertype" and split is None:
                flags, split = flags + ["--save_split"] * ("--save_split" not in flags), out + "/split.safetensors"
            shared = [f"--data_dir={options.data_dir}"]
            ours = run([f"bazel-bin/examples/{package}/{name}", "--seeds=1", "--quiet", f"--out_dir={out}"] + flags + shared,
                       options.threads)
            more = [f"--choices={out}/table.csv"] * (name == "validation") + [f"--split={split}"] * (package == "covertype")
            peer = f"examples/{package}/peer_torch.py"
            if package == "airbench":
                peer, more = "benchmarks/peers/torch_airbench.py", ["--images=8000"]
            peers = run([options.python, peer, f"--experiment={name}",
                         f"--threads={options.threads}"] + [f"--epochs={epochs}"] * bool(epochs) + more + shared,
                        options.threads)
            if not ours or not peers:
                print(f"| `{target}` | {epochs or '-'} | failed | | |", flush=True)
                continue
            times = seconds_in(ours.splitlines()[-1]), seconds_in(peers)
            sums = [a + b for a, b in zip(sums, times)]
            print(f"| `{target}` | {epochs or '-'} | {times[0]:.2f} | {times[1]:.2f} | {times[1] / times[0]:.1f} |", flush=True)
    print(f"| in all | | {sums[0]:.1f} | {sums[1]:.1f} | {sums[1] / sums[0]:.1f} |")


main()
