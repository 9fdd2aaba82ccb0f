"""What the PyTorch peers of the experiments share: data, and a training loop without a data loader,
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


def read_idx(path, header):
    opened = gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb")
    with opened as file:
        return np.frombuffer(file.read(), np.uint8, offset=header).copy()


def load_mnist(data_dir):
    """((images [60000,784] from 0 to 1, labels), the same of the test set)."""
    def part(prefix):
        images = read_idx(f"{data_dir}/mnist/{prefix}-images-idx3-ubyte", 16)
        labels = read_idx(f"{data_dir}/mnist/{prefix}-labels-idx1-ubyte", 8)
        return torch.from_numpy(images).view(-1, 784).float() / 255, torch.from_numpy(labels).long()
    return part("train"), part("t10k")


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        right = sum((model(a).argmax(1) == b).sum().item() for a, b in zip(x.split(1000), y.split(1000)))
    model.train()
    return right / len(y)


def train(name, model, optimizer, train_set, test_set, batch_size, epochs):
    """Trains, and prints the test accuracy after the last epoch and the seconds of training alone."""
    x, y = train_set
    seconds = 0
    for _ in range(epochs):
        start = time.perf_counter()
        for rows in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        seconds += time.perf_counter() - start
    params = sum(p.numel() for p in model.parameters())
    print(f"{name} torch={torch.__version__} epochs={epochs} test_accuracy={accuracy(model, *test_set):.4f} "
          f"seconds={seconds:.2f} params={params}", flush=True)
