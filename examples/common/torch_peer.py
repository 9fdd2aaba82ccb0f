"""What the PyTorch peers of the experiments share: flags, data, and a training loop without a data loader,
which is the fastest that PyTorch offers for data in memory. Runs with PyTorch 1.13 and later."""
import argparse
import gzip
import os
import time

import numpy as np
import torch
import torch.nn.functional as F


def flags(**defaults):
    parser = argparse.ArgumentParser()
    parser.add_argument("--data_dir", default=os.environ.get("TENON_DATA", "../shared/data"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    for name, value in defaults.items():
        parser.add_argument("--" + name, type=type(value), default=value)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    return options


def run(options, *experiments):
    """Calls those functions that `--experiment NAME,…` names, or all."""
    wanted = options.experiment.split(",") if options.experiment else [e.__name__ for e in experiments]
    for experiment in experiments:
        if experiment.__name__ in wanted:
            experiment()


def read_idx(path, header):
    opened = gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb")
    with opened as file:
        return np.frombuffer(file.read(), np.uint8, offset=header).copy()


def load_idx_images(folder):
    """((images [60000,784] from 0 to 1, labels), the same of the test set)."""
    def part(prefix):
        images = read_idx(f"{folder}/{prefix}-images-idx3-ubyte", 16)
        labels = read_idx(f"{folder}/{prefix}-labels-idx1-ubyte", 8)
        return torch.from_numpy(images).view(-1, 784).float() / 255, torch.from_numpy(labels).long()
    return part("train"), part("t10k")


def load_mnist(data_dir):
    return load_idx_images(data_dir + "/mnist")


def load_cifar10(data_dir):
    """((images [50000,3,32,32] from 0 to 1, labels), the same of the test set), of the binary version."""
    def part(names):
        paths = [f"{data_dir}/cifar10/cifar-10-batches-bin/{name}.bin" for name in names]
        records = np.concatenate([np.fromfile(path, np.uint8) for path in paths]).reshape(-1, 3073)
        return (torch.from_numpy(records[:, 1:].copy()).view(-1, 3, 32, 32).float() / 255,
                torch.from_numpy(records[:, 0].copy()).long())
    return part([f"data_batch_{i}" for i in range(1, 6)]), part(["test_batch"])


def load_digits(data_dir):
    """((images [1438,64] from 0 to 1, labels), (359 more, their labels)), in the file's order."""
    table = torch.from_numpy(np.loadtxt(gzip.open(data_dir + "/digits/digits.csv.gz"), delimiter=",", dtype=np.float32))
    x, y = table[:, :64] / 16, table[:, 64].long()
    return (x[:1438], y[:1438]), (x[1438:], y[1438:])


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        right = sum((model(a).argmax(1) == b).sum().item() for a, b in zip(x.split(1000), y.split(1000)))
    model.train()
    return right / len(y)


def train(name, model, optimizer, train_set, test_set, batch_size, epochs, loss=F.cross_entropy, change=None,
          penalty=None, after_step=None, schedule=None):
    """Trains, and prints the test accuracy after the last epoch and the seconds of training alone.
    change(x, y) gives the batch to learn from, penalty() is added to the loss."""
    x, y = train_set
    seconds = 0
    for _ in range(epochs):
        start = time.perf_counter()
        for rows in torch.randperm(len(y)).split(batch_size):
            inputs, targets = change(x[rows], y[rows]) if change else (x[rows], y[rows])
            optimizer.zero_grad(set_to_none=True)
            value = loss(model(inputs), targets)
            if penalty:
                value = value + penalty()
            value.backward()
            optimizer.step()
            if after_step:
                after_step()
            if schedule:
                schedule.step()
        seconds += time.perf_counter() - start
    params = sum(p.numel() for p in model.parameters())
    tested = f" test_accuracy={accuracy(model, *test_set):.4f}" if test_set else ""
    print(f"{name} torch={torch.__version__} epochs={epochs}{tested} seconds={seconds:.3f} params={params}", flush=True)
