"""The experiments of this folder in PyTorch, one seed, for their time.
usage: peer_torch.py [--experiment forty_four,…] [--epochs N] [--threads N] [--data_dir DIR]"""
import gzip
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import torch_peer

options = torch_peer.flags(experiment="", epochs=20)


def chain(sizes, activation, output_bias=True, batch_norm=False):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:-1]):
        layers += [nn.Linear(inputs, outputs)] + ([nn.BatchNorm1d(outputs)] if batch_norm else []) + [activation()]
    return nn.Sequential(*layers, nn.Linear(*sizes[-2:], bias=output_bias))


def load_slopes():
    """Aspect and slope from -1 to 1, and the shade at 9 am from 0 to 1, of 20,000 places."""
    with gzip.open(options.data_dir + "/covertype/covtype.data.gz", "rt") as file:
        table = torch.from_numpy(np.loadtxt(file, delimiter=",", usecols=(1, 2, 6), max_rows=25000, dtype=np.float32))
    table = table[torch.randperm(len(table))[:20000]]
    return torch.stack([table[:, 0] / 180 - 1, table[:, 1] / 33 - 1], 1), table[:, 2:] / 255


def train_on_slopes(name, net, optimizer, slopes, loss):
    steps = options.epochs * -(-len(slopes[1]) // 64)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    torch_peer.train(name, net, optimizer, slopes, None, 64, options.epochs, loss=loss, schedule=schedule)


def forty_four():
    slopes = load_slopes()
    for sizes, bias in (((2, 11, 1), False), ((2, 5, 4, 1), True), ((2, 3, 3, 3, 2, 1), True)):
        for adam in (False, True):
            for loss in (F.l1_loss, F.mse_loss):
                for activation in (nn.Tanh, nn.Sigmoid):
                    net = chain(sizes, activation, bias)
                    optimizer = (torch.optim.Adam(net.parameters(), lr=0.01) if adam else
                                 torch.optim.SGD(net.parameters(), lr=0.1))
                    train_on_slopes(f"forty_four/{sizes}".replace(" ", ""), net, optimizer, slopes, loss)


def losses():
    slopes = load_slopes()
    for loss in (F.mse_loss, F.l1_loss, lambda a, b: F.huber_loss(a, b, delta=0.1),
                 lambda a, b: F.smooth_l1_loss(a, b, beta=0.5)):
        for damaged in (0.0, 0.1, 0.3):
            net = chain((2, 5, 4, 1), nn.Tanh)
            broken = torch.where(torch.rand_like(slopes[1]) < damaged, torch.full_like(slopes[1], 3), slopes[1])
            train_on_slopes("losses", net, torch.optim.Adam(net.parameters(), lr=0.01), (slopes[0], broken), loss)


def vanishing():
    digits = torch_peer.load_digits(options.data_dir)
    for activation, batch_norm in ((nn.Sigmoid, False), (nn.Sigmoid, False), (nn.Sigmoid, True), (nn.Tanh, False),
                                   (nn.Tanh, False), (nn.ReLU, False), (nn.ReLU, False)):
        net = chain((64,) + (32,) * 8 + (10,), activation, batch_norm=batch_norm)
        torch_peer.train("vanishing/" + activation.__name__, net, torch.optim.Adam(net.parameters(), lr=1e-3), *digits, 32,
                         options.epochs)


def schedules():
    digits = torch_peer.load_digits(options.data_dir)
    steps = options.epochs * -(-len(digits[0][1]) // 32)
    for _ in range(20):  # one schedule costs what another does
        net = chain((64, 32, 10), nn.ReLU)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
        torch_peer.train("schedules", net, optimizer, *digits, 32, options.epochs,
                         schedule=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps))


torch_peer.run(options, forty_four, losses, vanishing, schedules)
