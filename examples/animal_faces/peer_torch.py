"""The rows of batch_size with batches of 128, in PyTorch, for its time: `python3 peer_torch.py`."""
import glob
import os
import sys

import numpy as np
import torch
from PIL import Image
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import torch_peer


def load(folder):
    images, labels = [], []
    for label, name in enumerate(("cat", "dog", "wild")):
        for path in sorted(glob.glob(f"{folder}/{name}/*.jpg")):
            images.append(np.asarray(Image.open(path).convert("RGB").resize((32, 32))))
            labels.append(label)
    x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return x.reshape(len(labels), -1), torch.tensor(labels)


def animal_net():
    return nn.Sequential(nn.Linear(3072, 128), nn.LeakyReLU(), nn.Linear(128, 32), nn.LeakyReLU(), nn.Linear(32, 3))


def main():
    options = torch_peer.flags(epochs=20)
    x, y = load(options.data_dir + "/afhq_like/train")
    test = load(options.data_dir + "/afhq_like/val")
    chosen = torch.randperm(len(y))[:4000]
    for lr, momentum in ((1e-3, 0.9), (5e-4, 0.99), (1e-3, 0.99), (5e-3, 0.99)):
        model = animal_net()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
        torch_peer.train(f"lr={lr},momentum={momentum}", model, optimizer, (x[chosen], y[chosen]), test, 128,
                         options.epochs)


main()
