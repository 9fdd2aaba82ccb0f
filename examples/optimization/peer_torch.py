"""The experiments of this folder in PyTorch.
usage: peer_torch.py [--experiment batch_size,…] [--epochs N] [--threads N] [--data_dir DIR]"""
import os
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import torch_peer


def perceptron(hidden=(256,), batch_norm=False):
    layers, features = [], 784
    for width in hidden:
        layers += [nn.Linear(features, width)] + ([nn.BatchNorm1d(width)] if batch_norm else []) + [nn.ReLU()]
        features = width
    return nn.Sequential(*layers, nn.Linear(features, 10))


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear1, self.norm1 = nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs)
        self.linear2, self.norm2 = nn.Linear(outputs, outputs), nn.BatchNorm1d(outputs)
        self.shortcut = nn.Linear(inputs, outputs)

    def forward(self, x):
        y = self.norm2(self.linear2(F.relu(self.norm1(self.linear1(x)))))
        return F.relu(y + self.shortcut(x))


def residual_perceptron():
    return nn.Sequential(Block(784, 128), Block(128, 64), nn.Linear(64, 10))


OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "momentum": lambda parameters, lr: torch.optim.SGD(parameters, lr=lr, momentum=0.9),
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
}
options = torch_peer.flags(experiment="", epochs=10)
mnist = torch_peer.load_mnist(options.data_dir)


def train(name, model, optimizer, lr, batch_size):
    torch_peer.train(name, model, OPTIMIZERS[optimizer](model.parameters(), lr=lr), *mnist, batch_size, options.epochs)


def batch_size():
    for size in (8, 16, 32, 64, 128, 256, 512, 1024):
        train(f"batch_size/batch_{size}", perceptron(), "momentum", 1e-2, size)


def batch_norm():
    for name, hidden in (("shallow", (256,)), ("deep", (128,) * 8)):
        for normalized in (False, True):
            train(f"batch_norm/{name}{'_bn' * normalized}", perceptron(hidden, normalized), "momentum", 1e-2, 64)


def optimizers():
    for name, lr in (("sgd", 1e-2), ("momentum", 1e-2), ("adagrad", 1e-2), ("rmsprop", 1e-3), ("adam", 1e-3)):
        train("optimizers/" + name, perceptron(), name, lr, 32)


def annealing():
    for name in ("constant", "linear", "inverse_root", "exponential"):  # a new rate each epoch: it takes no time
        train("annealing/" + name, perceptron(), "sgd", 0.2, 32)


def resnet():
    for name, lr in (("sgd", 1e-1), ("adagrad", 1e-2), ("rmsprop", 1e-3), ("adam", 1e-3)):
        train("resnet/" + name, residual_perceptron(), name, lr, 64)


torch_peer.run(options, batch_size, batch_norm, optimizers, annealing, resnet)
