"""The networks of //examples/intro:cifar10 in PyTorch, on the same files.

  python3 examples/intro/peer_torch.py CIFAR10_BIN_FOLDER [--epochs N] [--threads N] [mlp|cnn ...]

Prints, for each, the test accuracy and the seconds of training.
"""

import argparse
import pathlib
import time

import numpy as np
import torch
from torch import nn

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=pathlib.Path)
arguments.add_argument("names", nargs="*")
arguments.add_argument("--epochs", type=int, default=10)
arguments.add_argument("--threads", type=int, default=2)
options = arguments.parse_args()
torch.set_num_threads(options.threads)


def load(names):
    records = np.concatenate([np.fromfile(options.folder / name, np.uint8) for name in names])
    records = torch.from_numpy(records.reshape(-1, 3073))
    return records[:, 1:].reshape(-1, 3, 32, 32).float() / 127.5 - 1, records[:, 0].long()


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(),
                         nn.Linear(256, 10))


def cnn():
    layers, channels = [], 3
    for width in (32, 64, 128):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 10))


images, labels = load([f"data_batch_{i}.bin" for i in range(1, 6)])
test_images, test_labels = load(["test_batch.bin"])
for name in options.names or ("mlp", "cnn"):
    torch.manual_seed(1)
    net, batch = {"mlp": (mlp, 32), "cnn": (cnn, 128)}[name]
    net = net()
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-4)
    seconds = 0
    for epoch in range(options.epochs):
        start = time.perf_counter()
        for rows in torch.randperm(len(images)).split(batch):
            optimizer.zero_grad(set_to_none=True)
            nn.functional.cross_entropy(net(images[rows]), labels[rows]).backward()
            optimizer.step()
        seconds += time.perf_counter() - start
    with torch.no_grad():
        logits = torch.cat([net(part) for part in test_images.split(1000)])
    accuracy = (logits.argmax(1) == test_labels).float().mean()
    print(f"{name}: test {100 * accuracy:.2f} %, {seconds:.1f} s for {options.epochs} epochs", flush=True)
