"""The rows he_normal/… of //examples/weight_init:lenet in PyTorch, on CIFAR-10's binary version.
usage: peer_torch.py [--epochs N] [--threads N] [--data_dir DIR]"""
import os
import sys

import torch
import torch.nn as nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import torch_peer


def lenet():
    net = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    for parameter in net.parameters():
        nn.init.kaiming_normal_(parameter, nonlinearity="relu") if parameter.dim() > 1 else nn.init.zeros_(parameter)
    nn.init.kaiming_normal_(net[-1].weight, nonlinearity="linear")
    return net


options = torch_peer.flags(experiment="lenet", epochs=3)
train_set, test_set = torch_peer.load_cifar10(options.data_dir)
mean = train_set[0].mean((0, 2, 3), keepdim=True)
deviation = train_set[0].std((0, 2, 3), keepdim=True)
train_set, test_set = [((x - mean) / deviation, y) for x, y in (train_set, test_set)]
for rule, momentum in (("sgd", 0), ("momentum", 0.9)):
    model = lenet()
    torch_peer.train("lenet/he_normal/" + rule, model, torch.optim.SGD(model.parameters(), lr=1e-2, momentum=momentum),
                     train_set, test_set, 128, options.epochs)
