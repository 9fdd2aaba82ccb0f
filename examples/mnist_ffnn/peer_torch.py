"""In PyTorch: the rows he_normal/… of //examples/mnist_ffnn:optimizers, and :regularization.
usage: peer_torch.py [--experiment optimizers,regularization] [--epochs N] [--threads N] [--data_dir DIR]"""
import os
import sys

import torch
import torch.nn as nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import torch_peer


class CELU(nn.Module):
    def __init__(self):
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return x.clamp(min=0) + self.alpha * torch.expm1(x.clamp(max=0) / self.alpha)


class Swish(nn.Module):
    def __init__(self):
        super().__init__()
        self.beta = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)


def ffnn(draw, dropout=0.0):
    """draw(weight) fills each weight."""
    layers, features = [], 784
    for width, activation in ((512, nn.ReLU()), (1024, CELU()), (128, Swish())):
        layers += [nn.Linear(features, width), activation] + ([nn.Dropout(dropout)] if dropout else [])
        features = width
    net = nn.Sequential(*layers, nn.Linear(features, 10))
    for layer in net:
        if isinstance(layer, nn.Linear):
            draw(layer.weight)
            nn.init.zeros_(layer.bias)
    return net


def he(weight):
    nn.init.kaiming_normal_(weight, nonlinearity="relu")


OPTIMIZERS = {
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=1e-3, momentum=0.9),
    "rmsprop": lambda parameters: torch.optim.RMSprop(parameters, lr=1e-3),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
}
options = torch_peer.flags(experiment="", epochs=10)
mnist = torch_peer.load_mnist(options.data_dir)


def optimizers():
    for name, make in OPTIMIZERS.items():
        model = ffnn(he)
        torch_peer.train("optimizers/he_normal/" + name, model, make(model.parameters()), *mnist, 100, options.epochs)


def regularization():
    for name, dropout, decay in (("baseline", 0, 0), ("dropout", 0.2, 0), ("weight_decay", 0, 10), ("both", 0.2, 10)):
        model = ffnn(nn.init.normal_, dropout)
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-5, weight_decay=decay)
        torch_peer.train("regularization/" + name, model, optimizer, *mnist, 100, options.epochs)


torch_peer.run(options, optimizers, regularization)
