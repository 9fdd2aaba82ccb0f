"""The rows he_normal/… of //examples/mnist_ffnn:optimizers in PyTorch.
usage: peer_torch.py [--optimizer adam|rmsprop|momentum] [--epochs N] [--threads N] [--data_dir DIR]"""
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


options = torch_peer.flags(optimizer="adam", epochs=10, batch_size=100, lr=1e-3)
model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 1024), CELU(),
                      nn.Linear(1024, 128), Swish(), nn.Linear(128, 10))
for layer in model:
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
parameters = list(model.parameters())
optimizer = {"adam": lambda: torch.optim.Adam(parameters, lr=options.lr),
             "rmsprop": lambda: torch.optim.RMSprop(parameters, lr=options.lr),
             "momentum": lambda: torch.optim.SGD(parameters, lr=options.lr, momentum=0.9)}[options.optimizer]()
torch_peer.train("he_normal/" + options.optimizer, model, optimizer,
                 *torch_peer.load_mnist(options.data_dir), options.batch_size, options.epochs)
