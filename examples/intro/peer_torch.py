"""The experiments of this folder in PyTorch, for their time (cifar10: their accuracy too).
usage: peer_torch.py [--experiment cifar10,alexnet,…] [--epochs N] [--threads N] [--data_dir DIR]

`validation` learns with each choice that the table of a run of ours names: --choices OUT_DIR/table.csv.
`transfer` takes as many images and epochs as `--quick`; what is on the images takes no time."""
import csv
import os
import re
import sys

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import torch_peer

options = torch_peer.flags(experiment="", epochs=10, choices="")


def mlp(sizes, dropout=0.0):
    layers = [nn.Flatten()]
    for inputs, outputs in zip(sizes, sizes[1:-1]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()] + ([nn.Dropout(dropout)] if dropout else [])
    return nn.Sequential(*layers, nn.Linear(*sizes[-2:]))


def cnn():
    layers, channels = [], 3
    for width in (32, 64, 128):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 10))


def load_cifar():
    return [(2 * x - 1, y) for x, y in torch_peer.load_cifar10(options.data_dir)]


def cifar10():
    train_set, test_set = load_cifar()
    for name, net, batch_size in (("mlp", mlp((3072, 512, 256, 10)), 32), ("cnn", cnn(), 128)):
        torch_peer.train("cifar10/" + name, net, torch.optim.Adam(net.parameters(), lr=3e-4), train_set, test_set,
                         batch_size, options.epochs)


def alexnet():
    """Updates (--epochs) on one batch."""
    layers, channels = [], 3
    for width, kernel, stride, padding, pool in ((64, 11, 4, 2, True), (192, 5, 1, 2, True), (384, 3, 1, 1, False),
                                                 (256, 3, 1, 1, False), (256, 3, 1, 1, True)):
        layers += [nn.Conv2d(channels, width, kernel, stride, padding), nn.ReLU()] + ([nn.MaxPool2d(3, 2)] if pool else [])
        channels = width
    net = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(),
                        nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000))
    batch = torch.rand(16, 3, 224, 224) * 2 - 1, torch.randint(0, 3, (16,))
    torch_peer.train("alexnet", net, torch.optim.SGD(net.parameters(), lr=1e-2, momentum=0.9), batch, None, 16,
                     options.epochs)


def validation():
    train_set, _ = load_cifar()
    train_set = train_set[0][:45000], train_set[1][:45000]
    choice = None
    for row in csv.DictReader(open(options.choices)):
        if row["choice"].startswith("lr"):
            text = row["choice"]
        else:
            text = choice  # "the best one again": the first row's
        choice = choice or text
        lr, layers, width, dropout, decay, batch_size = map(float, re.findall(r"\d[\d.e+-]*", text))
        net = mlp([3072] + [int(width)] * int(layers) + [10], dropout)
        optimizer = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=decay)
        torch_peer.train("validation/" + text.replace(" ", "_"), net, optimizer, train_set, None, int(batch_size),
                         int(row["epochs"]))


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.stride = 1 if inputs == outputs else 2
        self.conv1 = nn.Conv2d(inputs, outputs, 3, self.stride, 1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride == 2:
            more = (y.shape[1] - x.shape[1]) // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more, more))
        return F.relu(y + x)


def resnet20():
    blocks = [Block(a, b) for a, b in zip([16] * 4 + [32] * 3 + [64] * 2, [16] * 3 + [32] * 3 + [64] * 3)]
    return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def transfer():
    few = torch.rand(200, 3, 32, 32), torch.randint(0, 10, (200,))
    for method in ("scratch", "head", "everything", "discriminative"):
        net = resnet20().to(memory_format=torch.channels_last)
        if method == "head":
            net.requires_grad_(False)
            net[-1].requires_grad_(True)
        optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=1e-3)
        torch_peer.train("transfer/" + method, net, optimizer, few, None, 32, 3,
                         change=lambda x, y: (x.to(memory_format=torch.channels_last), y))


torch_peer.run(options, cifar10, alexnet, validation, transfer)
