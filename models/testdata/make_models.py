#!/usr/bin/env python3
"""Writes models.txt: logits, loss and gradients of PyTorch's equivalents of the models.

    python3 make_models.py > models.txt        # made with PyTorch 1.13

Element i of parameter number p is 0.15 sin(0.7 i + p) and element i of the images cos(0.3 i), so that no
weights need to be stored. Of each gradient the norm and some elements are, in lines
`grad <name> <shape> <norm> <values>`. Computed in double precision.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


class LeNet(nn.Module):
    """PyTorch's tutorial "Training a classifier"; `side` is that of the feature maps before fc1."""

    def __init__(self, channels=3, padding=0, side=5, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=padding)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * side * side, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class SmallCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(1024, 128)
        self.dropout = nn.Dropout(0.25)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv2(F.relu(self.conv1(x)))))
        return self.fc2(self.dropout(F.relu(self.fc1(torch.flatten(x, 1)))))


def mlp():
    return nn.Sequential(
        nn.Linear(12, 9), nn.ReLU(), nn.Dropout(0.5), nn.Linear(9, 7), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(7, 3),
    )


def mlp_tanh():
    return nn.Sequential(nn.Linear(12, 9), nn.Tanh(), nn.Linear(9, 3))


CASES = [
    ("lenet", LeNet(), (3, 3, 32, 32)),
    ("lenet_mnist", LeNet(channels=1, padding=2), (2, 1, 28, 28)),
    ("small_cnn", SmallCnn(), (5, 1, 8, 8)),
    ("mlp", mlp(), (4, 12)),
    ("mlp_tanh", mlp_tanh(), (4, 12)),
]


def row(values):
    return " ".join(repr(float(value)) for value in values)


def dims(tensor):
    return "x".join(str(size) for size in tensor.shape)


for name, module, shape in CASES:
    module = module.double().eval()
    with torch.no_grad():
        for number, parameter in enumerate(module.parameters()):
            index = torch.arange(parameter.numel(), dtype=torch.float64)
            parameter.copy_((0.15 * torch.sin(0.7 * index + number)).reshape(parameter.shape))
    x = torch.cos(0.3 * torch.arange(math.prod(shape), dtype=torch.float64)).reshape(shape)
    logits = module(x)
    labels = torch.arange(shape[0]) % logits.shape[1]
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    print("case", name, dims(x))
    print("logits", row(logits.flatten()))
    print("loss", row([loss]))
    for parameter_name, parameter in module.named_parameters():
        flat = parameter.grad.flatten()
        sample = flat[:: max(1, len(flat) // 7)][:8]
        print("grad", parameter_name, dims(parameter), row([flat.norm()]), row(sample))
