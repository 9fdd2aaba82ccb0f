"""The rows batch_32 of //examples/optimization:batch_size and adam of :resnet in PyTorch.
usage: peer_torch.py [--epochs N] [--threads N] [--data_dir DIR]"""
import os
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import torch_peer


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear1, self.norm1 = nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs)
        self.linear2, self.norm2 = nn.Linear(outputs, outputs), nn.BatchNorm1d(outputs)
        self.shortcut = nn.Linear(inputs, outputs)

    def forward(self, x):
        y = self.norm2(self.linear2(F.relu(self.norm1(self.linear1(x)))))
        return F.relu(y + self.shortcut(x))


options = torch_peer.flags(epochs=10)
mnist = torch_peer.load_mnist(options.data_dir)
model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
torch_peer.train("batch_size/batch_32", model, torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9),
                 *mnist, 32, options.epochs)
model = nn.Sequential(Block(784, 128), Block(128, 64), nn.Linear(64, 10))
torch_peer.train("resnet/adam", model, torch.optim.Adam(model.parameters(), lr=1e-3), *mnist, 64, options.epochs)
