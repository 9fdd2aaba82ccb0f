"""CIFAR-10 by the airbench recipe in PyTorch, as //examples/airbench has it: seconds to a fixed accuracy.

  python3 torch_airbench.py [--data_dir DIR] [--device cuda] [--precision f32|bf16|f16] [--modes eager,compile,max-autotune]
                            [--epochs 8] [--batch_size 2000] [--images N] [--seeds 1] [--target 0.94] [--threads N]

DIR holds what `airbench --save_data` wrote (train_images.npy, …), or cifar10/cifar-10-batches-bin. The recipe is that of Jordan
2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (arXiv 2404.00498), with Muon for the filters. Images stay on the device, and are flipped
and translated there. Compiling and warming up are not counted. Prints a RESULT line for each mode.
"""

import argparse
import math
import os
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
BIAS_RATE, HEAD_RATE, FILTER_RATE, DECAY = 0.053, 0.67, 0.24, 2e-6 * 2000
WHITENING_EPOCHS = 3
DTYPES = {"f32": None, "bf16": torch.bfloat16, "f16": torch.float16}


class Block(nn.Module):
    def __init__(self, before, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels, eps=1e-12, momentum=0.4)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels, eps=1e-12, momentum=0.4)
        for norm in (self.norm1, self.norm2):
            norm.weight.requires_grad = False
        for conv in (self.conv1, self.conv2):
            nn.init.dirac_(conv.weight.data[:conv.in_channels])

    def forward(self, x):
        x = F.gelu(self.norm1(F.max_pool2d(self.conv1(x), 2)))
        return F.gelu(self.norm2(self.conv2(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.whitening = nn.Conv2d(3, 24, 2)
        self.whitening.weight.requires_grad = False
        self.blocks = nn.Sequential(Block(24, 64), Block(64, 256), Block(256, 256))
        self.head = nn.Linear(256, 10, bias=False)
        nn.init.uniform_(self.head.weight, -math.sqrt(3), math.sqrt(3))

    def forward(self, x):
        x = self.blocks(F.gelu(self.whitening(x)))
        return self.head(F.max_pool2d(x, 3).flatten(1)) / 256


@torch.no_grad()
def whiten(net, images, eps=5e-4):
    patches = F.unfold(images, 2).transpose(1, 2).reshape(-1, 12).double()
    variances, vectors = torch.linalg.eigh(torch.cov(patches.T, correction=0))
    filters = (vectors / (variances + eps).sqrt()).T.flip(0).reshape(12, 3, 2, 2)
    net.whitening.weight.copy_(torch.cat([filters, -filters]))


def orthogonal(matrix):
    """Three iterations of Newton and Schulz, in bf16."""
    x = matrix.bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(3):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x


class Muon:
    """For filters with at least as many inputs as outputs, as all here."""

    def __init__(self, filters, compiled):
        self.filters = filters
        self.buffers = [torch.zeros_like(f) for f in filters]
        self.orthogonal = torch.compile(orthogonal) if compiled else orthogonal

    @torch.no_grad()
    def step(self, lr, momentum=0.6):
        for weight, buffer in zip(self.filters, self.buffers):
            buffer.mul_(momentum).add_(weight.grad)
            update = self.orthogonal((weight.grad + momentum * buffer).reshape(len(weight), -1))
            weight.mul_(math.sqrt(len(weight)) / weight.norm())
            weight.add_(update.reshape(weight.shape).to(weight.dtype), alpha=-lr)


def sgd(groups, device):
    groups = [{"params": p, "lr": lr, "weight_decay": DECAY / lr, "initial": lr} for p, lr in groups]
    return torch.optim.SGD(groups, momentum=0.85, nesterov=True, fused=device == "cuda")


class Augmented:
    """Batches of a training set on the device: an alternating flip, and a translation by up to two pixels."""

    def __init__(self, images, labels, batch_size):
        self.images, self.labels, self.batch_size = images, labels, batch_size
        self.padded = F.pad(images, (2, 2, 2, 2), mode="reflect")
        self.coins = torch.rand(len(labels), device=images.device) < 0.5

    def steps(self):
        return len(self.labels) // self.batch_size

    def epoch(self, number):
        device, count = self.images.device, len(self.labels)
        shifts = torch.randint(0, 5, (2, count), device=device)
        moved = torch.empty_like(self.images)
        for y in range(5):
            for x in range(5):
                here = ((shifts[0] == y) & (shifts[1] == x)).nonzero().squeeze(1)
                moved[here] = self.padded[here, :, y:y + 32, x:x + 32]
        flipped = self.coins if number % 2 == 0 else ~self.coins
        moved = torch.where(flipped[:, None, None, None], moved.flip(3), moved)
        moved = moved.contiguous(memory_format=torch.channels_last)
        order = torch.randperm(count, device=device)
        for rows in order[:self.steps() * self.batch_size].split(self.batch_size):
            yield moved[rows], self.labels[rows]


class Recipe:
    def __init__(self, options, mode, images):
        self.options, self.device = options, options.device
        self.dtype = DTYPES[options.precision]
        self.net = Net().to(self.device, memory_format=torch.channels_last)
        whiten(self.net, images[:5000])
        self.first = {name: value.clone() for name, value in self.net.state_dict().items()}
        self.compiled = mode != "eager"
        self.forward = self.loss
        if self.compiled:
            self.forward = torch.compile(self.loss, mode=None if mode == "compile" else mode)
        self.start_optimizers()

    def start_optimizers(self):
        net = self.net
        net.whitening.bias.requires_grad = True
        norms = [p for name, p in net.named_parameters() if "norm" in name and name.endswith("bias")]
        filters = [p for name, p in net.named_parameters() if ".conv" in name]
        self.whitening = sgd([([net.whitening.bias], BIAS_RATE)], self.device)
        self.others = sgd([(norms, BIAS_RATE), ([net.head.weight], HEAD_RATE)], self.device)
        self.muon = Muon(filters, self.compiled)

    def restart(self, images):
        """First weights again, of the seed that is set, in the memory that compiled code knows."""
        with torch.no_grad():
            fresh = Net().to(self.device)
            whiten(fresh, images[:5000])
            for name, value in self.net.state_dict().items():
                value.copy_(fresh.state_dict()[name])
        self.start_optimizers()

    def loss(self, images, labels):
        with torch.autocast(self.device, dtype=self.dtype, enabled=self.dtype is not None):
            logits = self.net(images)
        return F.cross_entropy(logits.float(), labels, label_smoothing=0.2, reduction="sum")

    def step(self, images, labels, done, whitening_done):
        """`done` and `whitening_done`: the shares of the steps that are over."""
        if whitening_done >= 1:
            self.net.whitening.bias.requires_grad = False
        self.net.zero_grad(set_to_none=True)
        loss = self.forward(images, labels)
        loss.backward()
        for optimizer, over in ((self.whitening, whitening_done), (self.others, done)):
            for group in optimizer.param_groups:
                group["lr"] = group["initial"] * max(0, 1 - over)
            optimizer.step()
        self.muon.step(FILTER_RATE * (1 - done))
        return loss.detach() / len(labels)

    @torch.no_grad()
    def accuracy(self, images, labels, views):
        self.net.eval()
        right = 0
        with torch.autocast(self.device, dtype=self.dtype, enabled=self.dtype is not None):
            for x, y in zip(images.split(1000), labels.split(1000)):
                logits = sum(weight * self.net(view) for weight, view in views(x))
                right += (logits.argmax(1) == y).sum().item()
        self.net.train()
        return right / len(labels)


def as_it_is(x):
    return [(1, x)]


def six_views(x):
    padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
    moved = [(0.5, x), (0.25, padded[:, :, 2:, 2:]), (0.25, padded[:, :, :32, :32])]
    return [(weight / 2, v) for weight, view in moved for v in (view, view.flip(3))]


def load(folder):
    """(training images u8, labels), (test images, labels)."""
    def of_arrays(part):
        return tuple(torch.from_numpy(np.load(folder / f"{part}_{what}.npy")) for what in ("images", "labels"))

    def of_records(names):
        paths = [folder / "cifar10" / "cifar-10-batches-bin" / f"{name}.bin" for name in names]
        records = np.concatenate([np.fromfile(path, np.uint8) for path in paths]).reshape(-1, 3073)
        images = torch.from_numpy(records[:, 1:].copy()).view(-1, 3, 32, 32)
        return images, torch.from_numpy(records[:, 0].astype(np.int64))

    if (folder / "train_images.npy").is_file():
        return of_arrays("train"), of_arrays("test")
    return of_records([f"data_batch_{i}" for i in range(1, 6)]), of_records(["test_batch"])


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def warm_up(recipe, train):
    """Compiles both steps, that with and that without the whitening biases, and chooses kernels."""
    for whitening_done in (0, 1):
        for number, (images, labels) in enumerate(train.epoch(0)):
            recipe.step(images, labels, 0, whitening_done)
            if number == 3:
                break
    wait(recipe.device)


def learn(options, mode, seed, train_set, test_set):
    torch.manual_seed(seed)
    train = Augmented(*train_set, options.batch_size)
    recipe = Recipe(options, mode, train.images)
    if options.device == "cuda" or recipe.compiled:
        warm_up(recipe, train)
    seconds, to_target, total = 0, None, options.epochs * train.steps()
    start = time.perf_counter()
    torch.manual_seed(seed)
    recipe.restart(train.images)
    step = 0
    for epoch in range(options.epochs):
        losses = []
        for images, labels in train.epoch(epoch):
            losses.append(recipe.step(images, labels, step / total, step / (WHITENING_EPOCHS * train.steps())))
            step += 1
        loss = torch.stack(losses).mean().item()  # waits for the device
        took = time.perf_counter() - start
        seconds += took
        plain = recipe.accuracy(*test_set, as_it_is)
        accuracy = recipe.accuracy(*test_set, six_views) if epoch + 1 == options.epochs else plain
        if accuracy >= options.target and to_target is None:
            to_target = seconds
        print(f"{mode} epoch {epoch + 1:2d}  loss {loss:.4f}  test {100 * plain:.2f} %  {took:.2f} s", flush=True)
        start = time.perf_counter()
    return accuracy, plain, seconds, to_target, total * options.batch_size


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data_dir", default=os.environ.get("TENON_DATA", "../shared/data"))
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--precision", default="f32", choices=DTYPES)
    parser.add_argument("--modes", default="eager")
    parser.add_argument("--target", type=float, default=0.94)
    parser.add_argument("--experiment", help="ignored")
    for name, default in (("epochs", 8), ("batch_size", 2000), ("images", 0), ("seed", 1), ("seeds", 1), ("threads", 0)):
        parser.add_argument("--" + name, type=int, default=default)
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("torch_airbench.py: no CUDA device")
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = True
    mean, deviation = (torch.tensor(v, device=options.device).view(3, 1, 1) for v in (MEAN, DEVIATION))
    parts = []
    for images, labels in load(pathlib.Path(options.data_dir)):
        count = options.images if options.images and not parts else len(labels)
        images = images[:count].to(options.device).float()
        parts.append(((images / 255 - mean) / deviation, labels[:count].to(options.device)))
    options.batch_size = min(options.batch_size, len(parts[0][1]))
    for mode in options.modes.split(","):
        runs = [learn(options, mode, options.seed + i, *parts) for i in range(options.seeds)]
        accuracy, plain, seconds = (float(np.mean([run[i] for run in runs])) for i in range(3))
        reached = [run[3] for run in runs if run[3] is not None]
        to_target = f"{np.mean(reached):.6g}" if len(reached) == len(runs) else "not_reached"
        print(f"RESULT experiment=torch_airbench seed={options.seed} epochs={options.epochs} device={options.device} "
              f"mode={mode} torch={torch.__version__} precision={options.precision} test_accuracy={accuracy:.4f} "
              f"plain_accuracy={plain:.4f} target_accuracy={options.target} seconds_to_target={to_target} "
              f"seconds={seconds:.6g} items_per_second={runs[0][4] / seconds:.6g}", flush=True)


if __name__ == "__main__":
    main()
