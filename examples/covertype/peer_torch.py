"""The networks of //examples/covertype in PyTorch, on the rows that `--save_split` wrote.
usage: peer_torch.py --split OUT_DIR/split.safetensors [--experiment baseline,…] [--epochs N] [--threads N]"""
import json
import os
import sys

import numpy as np
import torch
import torch.nn as nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import torch_peer


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    length = int.from_bytes(data[:8], "little")
    dtypes = {"F32": np.float32, "I64": np.int64}
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        array = np.frombuffer(data[begin:end], dtypes[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


class Input(nn.Module):
    """10 numbers, wilderness area, soil type: [N,12] -> [N,18]."""

    def __init__(self):
        super().__init__()
        self.wilderness, self.soil = nn.Embedding(4, 2), nn.Embedding(40, 6)

    def forward(self, rows):
        categories = rows[:, 10:].long()
        return torch.cat([rows[:, :10], self.wilderness(categories[:, 0]), self.soil(categories[:, 1])], 1)


class Network(nn.Module):
    def __init__(self, kind, hidden=(32, 32)):
        super().__init__()
        self.input = Input()
        self.wide = Input() if kind == "wide_deep" else None
        self.crosses = nn.ModuleList(nn.Linear(18, 18) for _ in range(2 if kind == "deep_cross" else 0))
        self.norm = nn.BatchNorm1d(18) if kind == "deep_cross" else None
        layers, features = [], 18
        for width in hidden:
            layers += [nn.Linear(features, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.1)]
            features = width
        self.trunk = nn.Sequential(*layers)
        self.head = nn.Linear(features + (0 if kind == "baseline" else 18), 7)

    def forward(self, rows):
        x0 = self.input(rows)
        parts = [self.trunk(x0)]
        if self.wide is not None:
            parts.insert(0, self.wide(rows))
        if self.norm is not None:
            x = x0
            for cross in self.crosses:
                x = x0 * cross(x) + x
            parts.insert(0, self.norm(x))
        return self.head(torch.cat(parts, 1))


options = torch_peer.flags(experiment="", split="", epochs=275)
tensors = read_safetensors(options.split)
sets = [(tensors[part + ".inputs"], tensors[part + ".targets"]) for part in ("train", "test")]


def plain(kind):
    model = Network(kind)
    torch_peer.train(kind, model, torch.optim.Adam(model.parameters(), lr=1e-3), *sets, 265, options.epochs)


def baseline():
    plain("baseline")


def wide_deep():
    plain("wide_deep")


def deep_cross():
    plain("deep_cross")


def best():
    model = Network("deep_cross", (512, 512, 256))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-2)
    steps = options.epochs * -(-len(sets[0][1]) // 265)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, steps + 1, pct_start=0.2, cycle_momentum=False)
    torch_peer.train("best", model, optimizer, *sets, 265, options.epochs, schedule=schedule)


torch_peer.run(options, baseline, wide_deep, deep_cross, best)
