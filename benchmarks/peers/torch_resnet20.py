"""Classifies a CIFAR-10 file with the trained ResNet-20 in PyTorch on the CPU, as
//models:resnet_accuracy does, and prints images/s.

  python3 torch_resnet20.py WEIGHTS_FOLDER test_batch.bin [--threads 2]

Each combination of batch size, memory format and batch norms (as they are, or folded into the
convolutions) is tried on 2,000 images, the fastest then runs over the whole file twice.
"""

import argparse
import itertools
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval


class Block(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.stride, self.pad = stride, (channels - before) // 2
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.pad:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(y + x)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        sizes = ((16, 16, 1), (16, 32, 2), (32, 64, 2))
        for i, (before, channels, stride) in enumerate(sizes):
            blocks = [Block(before, channels, stride)]
            blocks += [Block(channels, channels, 1) for _ in range(2)]
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def folded(network):
    """The same network without its batch norms."""
    for module in network.modules():
        for conv, norm in (("conv1", "bn1"), ("conv2", "bn2")):
            if hasattr(module, norm):
                setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm)))
                setattr(module, norm, nn.Identity())
    return network


def trained(folder, fold):
    network = ResNet20()
    state = torch.load(f"{folder}/resnet20-12fca82f.th", map_location="cpu")["state_dict"]
    network.load_state_dict({k.replace("module.", ""): v for k, v in state.items()}, strict=False)
    network.eval()
    return folded(network) if fold else network


def read(path):
    records = np.fromfile(path, np.uint8).reshape(-1, 3073)
    pixels = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255)
    mean, deviation = (torch.tensor(v).reshape(3, 1, 1)
                       for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return (pixels - mean) / deviation, torch.from_numpy(records[:, 0].astype(np.int64))


def classify(network, images, labels, batch):
    """Images/s and how many were right."""
    start, right = time.perf_counter(), 0
    for i in range(0, len(labels), batch):
        right += int((network(images[i:i + batch]).argmax(1) == labels[i:i + batch]).sum())
    return len(labels) / (time.perf_counter() - start), right


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weights")
    parser.add_argument("batch_file")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    images, labels = read(arguments.batch_file)
    formats = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}
    best = None
    with torch.inference_mode():
        for fold, order, batch in itertools.product((False, True), formats, (25, 50, 100, 250)):
            network = trained(arguments.weights, fold).to(memory_format=formats[order])
            ordered = images.contiguous(memory_format=formats[order])
            classify(network, ordered[:500], labels[:500], batch)
            speed, _ = classify(network, ordered[:2000], labels[:2000], batch)
            print(f"{'folded' if fold else 'norms'} {order} batch {batch}: {speed:.0f} images/s")
            if best is None or speed > best[0]:
                best = speed, network, ordered, batch
        passes = [classify(best[1], best[2], labels, best[3]) for _ in range(2)]
    print(f"torch {torch.__version__} batch {best[3]}: {max(passes)[0]:.0f} images/s, "
          f"{passes[0][1]} right")


if __name__ == "__main__":
    main()
