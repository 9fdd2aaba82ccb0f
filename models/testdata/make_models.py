#!/usr/bin/env python3
"""Writes models.txt: logits, loss and gradients of PyTorch's equivalents of the models.

    python3 make_models.py > models.txt        # made with PyTorch 1.13, airbench_net with 2.15

Element i of parameter number p is a (2 frac(43758.5453 sin(0.7 i + p)) - 1): noise that needs not be stored; a is
0.15 or, for weights, sqrt(6 / fan_in). 0.3 is added to the weights of normalizations. Element i of the images is
cos(0.3 i), and column c of row n of a category is (n + c) mod 4. Of each gradient the norm and some elements are, in lines
`grad <name> <shape> <norm> <values>`. Computed in double precision.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


class LeNet(nn.Module):
    """PyTorch's tutorial "Training a classifier"; `side` is that of the feature maps before fc1."""

    def __init__(self, channels=3, padding=0, side=5, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=padding)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * side * side, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class SmallCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(1024, 128)
        self.dropout = nn.Dropout(0.25)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv2(F.relu(self.conv1(x)))))
        return self.fc2(self.dropout(F.relu(self.fc1(torch.flatten(x, 1)))))


def mlp():
    return nn.Sequential(
        nn.Linear(12, 9), nn.ReLU(), nn.Dropout(0.5), nn.Linear(9, 7), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(7, 3),
    )


def mlp_tanh():
    return nn.Sequential(nn.Linear(12, 9), nn.Tanh(), nn.Linear(9, 3))


def ffnn():
    return nn.Sequential(
        nn.Linear(12, 9), nn.Tanh(), nn.Linear(9, 7), nn.Sigmoid(), nn.Dropout(0.5), nn.Linear(7, 5), nn.ReLU(),
        nn.Linear(5, 3),
    )


class AlexNetFeatures(nn.Sequential):
    """`features` in torchvision's alexnet, and the mean over the image."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )

    def forward(self, x):
        return super().forward(x).mean((2, 3))


class BasicBlock(nn.Module):
    """torchvision's BasicBlock."""

    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or channels_in != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        around = x if self.downsample is None else self.downsample(x)
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + around)


class ImageResNet(nn.Module):
    """torchvision's resnet18 and resnet34; for thumbnails with a 3x3 stem and without its pooling."""

    def __init__(self, blocks, classes, thumbnails):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3 if thumbnails else 7, 1 if thumbnails else 2, 1 if thumbnails else 3,
                               bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.Identity() if thumbnails else nn.MaxPool2d(3, 2, 1)
        before = 64
        for stage, count in enumerate(blocks):
            channels = 64 << stage
            layers = []
            for i in range(count):
                layers.append(BasicBlock(before, channels, 2 if i == 0 and stage > 0 else 1))
                before = channels
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class AirbenchBlock(nn.Module):
    def __init__(self, before, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels, eps=1e-12)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels, eps=1e-12)

    def forward(self, x):
        h = F.gelu(self.norm1(F.max_pool2d(self.conv1(x), 2)))
        return F.gelu(self.norm2(self.conv2(h)))


class AirbenchNet(nn.Module):
    """The network of arXiv 2404.00498, with other widths."""

    def __init__(self, a, b, c, classes):
        super().__init__()
        self.whitening = nn.Conv2d(3, 24, 2)
        self.block1, self.block2, self.block3 = AirbenchBlock(24, a), AirbenchBlock(a, b), AirbenchBlock(b, c)
        self.head = nn.Linear(c, classes, bias=False)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(F.gelu(self.whitening(x)))))
        return self.head(F.max_pool2d(x, 3).flatten(1)) / self.head.in_features


class ResidualMlpBlock(nn.Module):
    def __init__(self, features_in, features):
        super().__init__()
        self.linear1 = nn.Linear(features_in, features)
        self.norm1 = nn.BatchNorm1d(features)
        self.linear2 = nn.Linear(features, features)
        self.norm2 = nn.BatchNorm1d(features)
        self.shortcut = nn.Linear(features_in, features) if features_in != features else None

    def forward(self, x):
        around = x if self.shortcut is None else self.shortcut(x)
        return F.relu(self.norm2(self.linear2(F.relu(self.norm1(self.linear1(x))))) + around)


class ResidualMlp(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.blocks = nn.ModuleList(ResidualMlpBlock(a, b) for a, b in zip(sizes[:-2], sizes[1:-1]))
        self.head = nn.Linear(sizes[-2], sizes[-1])

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class TabularInput(nn.Module):
    def __init__(self):
        super().__init__()
        self.embeddings = nn.ModuleList([nn.Embedding(5, 3), nn.Embedding(4, 2)])

    def forward(self, rows):
        categories = rows[:, 4:].long()
        return torch.cat([rows[:, :4]] + [e(categories[:, i]) for i, e in enumerate(self.embeddings)], 1)


class TabularTrunk(nn.Module):
    def __init__(self):
        super().__init__()
        self.linears = nn.ModuleList([nn.Linear(9, 6), nn.Linear(6, 5)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(6), nn.BatchNorm1d(5)])

    def forward(self, x):
        for linear, norm in zip(self.linears, self.norms):
            x = F.relu(norm(linear(x)))
        return x


class TabularMlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.input = TabularInput()
        self.trunk = TabularTrunk()
        self.head = nn.Linear(5, 3)

    def forward(self, rows):
        return self.head(self.trunk(self.input(rows)))


class WideDeep(nn.Module):
    def __init__(self):
        super().__init__()
        self.deep = TabularInput()
        self.wide = TabularInput()
        self.trunk = TabularTrunk()
        self.head = nn.Linear(14, 3)

    def forward(self, rows):
        return self.head(torch.cat([self.wide(rows), self.trunk(self.deep(rows))], 1))


class DeepCross(nn.Module):
    def __init__(self):
        super().__init__()
        self.input = TabularInput()
        self.crosses = nn.ModuleList([nn.Linear(9, 9), nn.Linear(9, 9)])
        self.norm = nn.BatchNorm1d(9)
        self.trunk = TabularTrunk()
        self.head = nn.Linear(14, 3)

    def forward(self, rows):
        first = self.input(rows)
        x = first
        for cross in self.crosses:
            x = first * cross(x) + x
        return self.head(torch.cat([self.norm(x), self.trunk(first)], 1))


CASES = [
    ("lenet", LeNet(), (3, 3, 32, 32)),
    ("lenet_mnist", LeNet(channels=1, padding=2), (2, 1, 28, 28)),
    ("small_cnn", SmallCnn(), (5, 1, 8, 8)),
    ("mlp", mlp(), (4, 12)),
    ("mlp_tanh", mlp_tanh(), (4, 12)),
    ("ffnn", ffnn(), (4, 12)),
    ("alexnet_features", AlexNetFeatures(), (1, 3, 224, 224)),
    ("resnet18", ImageResNet((2, 2, 2, 2), 1000, False), (1, 3, 64, 48)),
    ("resnet18_thumbnails", ImageResNet((2, 2, 2, 2), 10, True), (2, 3, 16, 16)),
    ("airbench_net", AirbenchNet(32, 40, 48, 5), (2, 3, 32, 32)),
    ("residual_mlp", ResidualMlp(12, 9, 9, 5, 3), (6, 12)),
    ("tabular_mlp", TabularMlp(), (8, 6)),
    ("wide_deep", WideDeep(), (8, 6)),
    ("deep_cross", DeepCross(), (8, 6)),
]


def row(values):
    return " ".join(repr(float(value)) for value in values)


def value_of(number, parameter):
    index = torch.arange(parameter.numel(), dtype=torch.float64)
    noise = (2 * torch.frac(43758.5453 * torch.sin(0.7 * index + number) + 65536) - 1).reshape(parameter.shape)
    return math.sqrt(6 / parameter[0].numel()) * noise if parameter.ndim > 1 else 0.15 * noise


def input_of(shape):
    x = torch.cos(0.3 * torch.arange(math.prod(shape), dtype=torch.float64)).reshape(shape)
    if shape == (8, 6):  # rows of a table: four numbers and two categories
        for column in (4, 5):
            x[:, column] = (torch.arange(8) + column) % 4
    return x


def dims(tensor):
    return "x".join(str(size) for size in tensor.shape)


for name, module, shape in CASES:
    module = module.double().eval()
    with torch.no_grad():
        for number, (parameter_name, parameter) in enumerate(module.named_parameters()):
            is_scale = parameter.ndim == 1 and parameter_name.endswith("weight")
            parameter.copy_(value_of(number, parameter) + 0.3 * is_scale)
    x = input_of(shape)
    logits = module(x)
    labels = torch.arange(shape[0]) % logits.shape[1]
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    print("case", name, dims(x))
    print("logits", row(logits.flatten()))
    print("loss", row([loss]))
    for parameter_name, parameter in module.named_parameters():
        flat = parameter.grad.flatten()
        sample = flat[:: max(1, len(flat) // 7)][:8]
        print("grad", parameter_name, dims(parameter), row([flat.norm()]), row(sample))
