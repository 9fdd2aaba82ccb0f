"""The row he/momentum of //examples/weight_init:lenet in PyTorch, on CIFAR-10's binary version.
usage: peer_torch.py [--epochs N] [--threads N] [--data_dir DIR]"""
import os
import sys

import numpy as np
import torch
import torch.nn as nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import torch_peer


def load(folder, names):
    records = np.concatenate([np.fromfile(f"{folder}/{name}.bin", np.uint8) for name in names]).reshape(-1, 3073)
    return (torch.from_numpy(records[:, 1:].copy()).view(-1, 3, 32, 32).float() / 255,
            torch.from_numpy(records[:, 0].copy()).long())


options = torch_peer.flags(epochs=3)
folder = options.data_dir + "/cifar10/cifar-10-batches-bin"
train_set = load(folder, [f"data_batch_{i}" for i in range(1, 6)])
test_set = load(folder, ["test_batch"])
mean = train_set[0].mean((0, 2, 3), keepdim=True)
deviation = train_set[0].std((0, 2, 3), keepdim=True)
train_set, test_set = [((x - mean) / deviation, y) for x, y in (train_set, test_set)]
model = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
for parameter in model.parameters():
    nn.init.kaiming_normal_(parameter, nonlinearity="relu") if parameter.dim() > 1 else nn.init.zeros_(parameter)
torch_peer.train("he/momentum", model, torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9),
                 train_set, test_set, 128, options.epochs)
