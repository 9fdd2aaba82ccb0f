"""The networks of //examples/features:embed in PyTorch: training alone.
usage: peer_torch.py [--epochs N] [--threads N] [--data_dir DIR]"""
import os
import sys

import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import torch_peer

options = torch_peer.flags(experiment="embed", epochs=3)
for name, sets, side, epochs in (("digits", torch_peer.load_digits(options.data_dir), 8, 10 * options.epochs),
                                 ("mnist", torch_peer.load_mnist(options.data_dir), 28, options.epochs)):
    net = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
                        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * (side // 2) ** 2, 128), nn.ReLU(),
                        nn.Dropout(0.25), nn.Linear(128, 10))
    sets = [(x.view(-1, 1, side, side), y) for x, y in sets]
    torch_peer.train("embed/" + name, net, torch.optim.Adam(net.parameters(), lr=1e-3), *sets, 64, epochs)
