"""The experiments of this folder in PyTorch, on afhq_like, one seed, for their time.
usage: peer_torch.py [--experiment memorization,…] [--epochs N] [--threads N] [--data_dir DIR]"""
import functools
import glob
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
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
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1, torch.tensor(labels)


class GaussianDropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.deviation = (p / (1 - p)) ** 0.5

    def forward(self, x):
        return x * (1 + self.deviation * torch.randn_like(x)) if self.training else x


class DropConnect(nn.Linear):
    def __init__(self, inputs, outputs, p):
        super().__init__(inputs, outputs)
        self.p = p

    def forward(self, x):
        return F.linear(x, F.dropout(self.weight, self.p, self.training), self.bias)


def leaky_net(hidden, before=lambda p: [], linear=lambda inputs, outputs, p: nn.Linear(inputs, outputs)):
    layers, features = [nn.Flatten()], 3072
    for width, p in zip(hidden, (0.5, 0.3)):
        layers += [linear(features, width, p)] + before(p) + [nn.LeakyReLU()]
        features = width
    return nn.Sequential(*layers, nn.Linear(features, 3))


animal_net = functools.partial(leaky_net, (128, 32))
big_animal_net = functools.partial(leaky_net, (124, 64))
options = torch_peer.flags(experiment="", epochs=20)
pictures, test = load(options.data_dir + "/afhq_like/train"), load(options.data_dir + "/afhq_like/val")


def some(count):
    rows = torch.randperm(len(pictures[1]))[:count]
    return pictures[0][rows], pictures[1][rows]


def train(name, model, train_set, lr=5e-3, momentum=0.9, batch_size=128, epochs=None, **more):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    torch_peer.train(name, model, optimizer, train_set, test, batch_size, epochs or options.epochs, **more)


def memorization():
    for count in (100, 100, 100, 41, 41):
        train(f"memorization/{count}", big_animal_net(), some(count))


def early_stopping():
    for patience in (0, 5, 10, 20, 40):  # none of them ends training within 5 epochs
        train(f"early_stopping/{patience}", animal_net(), some(100), lr=5e-4, momentum=0.99)


def penalties():
    for l1, l2 in ((0, 0), (1e-3, 0), (0, 1e-3), (1e-3, 1e-3), (0, 1e-2)):
        model = animal_net()
        penalty = lambda: sum(l1 * p.abs().sum() + l2 * p.square().sum() for p in model.parameters())
        train(f"penalties/{l1},{l2}", model, some(30), momentum=0.99, penalty=penalty if l1 + l2 > 0 else None)


def dropout():
    wide = functools.partial(leaky_net, (248, 210))
    for name, model in (("124-64", big_animal_net()), ("248-210", wide()),
                        ("dropout", wide(lambda p: [nn.Dropout(p)])),
                        ("gaussian", wide(lambda p: [GaussianDropout(p)])), ("connect", wide(linear=DropConnect))):
        train("dropout/" + name, model, some(100))


def flip(x, dimension, p):
    return torch.where((torch.rand(len(x)) < p).view(-1, 1, 1, 1), x.flip(dimension), x)


def crop(x):
    n, padded = len(x), F.pad(x, (4, 4, 4, 4), mode="reflect")
    rows = (torch.randint(0, 9, (n, 1)) + torch.arange(32)).view(n, 1, 32, 1)
    columns = (torch.randint(0, 9, (n, 1)) + torch.arange(32)).view(n, 1, 1, 32)
    return padded[torch.arange(n).view(n, 1, 1, 1), torch.arange(3).view(1, 3, 1, 1), rows, columns]


def turn(x):
    angle = (torch.rand(len(x)) * 2 - 1) * 15 * torch.pi / 180
    zero = torch.zeros_like(angle)
    rows = [torch.stack([angle.cos(), -angle.sin(), zero], 1), torch.stack([angle.sin(), angle.cos(), zero], 1)]
    return F.grid_sample(x, F.affine_grid(torch.stack(rows, 1), x.shape, align_corners=False), align_corners=False)


def mixup(x, y):
    share = torch.distributions.Beta(0.2, 0.2).sample()
    order, targets = torch.randperm(len(y)), F.one_hot(y, 3).float()
    return share * x + (1 - share) * x[order], share * targets + (1 - share) * targets[order]


def augmentation():
    mirrored = lambda x: flip(x, 3, 0.5)
    for name, change in (("none", None), ("rare", lambda x, y: (flip(flip(x, 3, 0.1), 2, 0.1), y)),
                         ("mirrored", lambda x, y: (mirrored(x), y)), ("cropped", lambda x, y: (crop(mirrored(x)), y)),
                         ("turned", lambda x, y: (turn(crop(mirrored(x))), y)), ("mixup", mixup),
                         ("cropped, mixup", lambda x, y: mixup(crop(mirrored(x)), y))):
        train("augmentation/" + name, animal_net(), some(250), lr=1e-3, momentum=0.99, change=change)


def batch_size():
    for size in (8, 32, 128, 512, 2048):
        train(f"batch_size/{size}", animal_net(), some(4000), lr=1e-3, batch_size=size)
    for lr in (5e-4, 1e-3, 5e-3):
        train(f"batch_size/rate {lr}", animal_net(), some(4000), lr=lr, momentum=0.99)


def train_masked(name, model, train_set, share, epochs):
    """Keeps the smallest share of the weights at 0."""
    weights = [p for p in model.parameters() if p.dim() > 1]
    everything = torch.cat([w.detach().abs().flatten() for w in weights])
    cut = everything.kthvalue(int(share * len(everything))).values if share > 0 else -1
    masks = [(w.detach().abs() > cut).float() for w in weights]

    @torch.no_grad()
    def keep():
        for weight, mask in zip(weights, masks):
            weight.mul_(mask)

    keep()
    train(name, model, train_set, epochs=epochs, after_step=keep)


def pruning():
    train_set, model = some(4000), big_animal_net()
    train("pruning/dense", model, train_set)
    for percent in range(15, 96, 10):
        for way in ("smallest", "random"):  # which ones are masked takes no time
            pruned = big_animal_net()
            pruned.load_state_dict(model.state_dict())
            train_masked(f"pruning/{way}, {percent}", pruned, train_set, percent / 100, max(1, options.epochs // 2))


def lottery():
    train_set = some(4000)
    for way in ("first weights", "early weights"):
        for round in range(13):
            for name in ("ticket", "control"):
                train_masked(f"lottery/{way}, {round}, {name}", big_animal_net(), train_set, 1 - 0.7**round,
                             options.epochs)


def convolutional_net():
    layers, channels = [], 3
    for width in (32, 64, 128):
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 3))


@torch.no_grad()
def answers(teacher, x):
    teacher.eval()
    return torch.cat([teacher(part) for part in x.split(500)])


def soft_loss(temperature, alpha):
    def loss(output, targets):
        labels, teacher = targets
        log_p, log_q = F.log_softmax(teacher / temperature, 1), F.log_softmax(output / temperature, 1)
        soft = alpha * temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
        return soft if alpha == 1 else soft + (1 - alpha) * F.cross_entropy(output, labels)
    return loss


def distillation():
    small, train_set = functools.partial(leaky_net, (16,)), some(4000)
    x, y = train_set
    moved = lambda x: crop(flip(x, 3, 0.5))
    mlp, convolutional = big_animal_net(), convolutional_net()
    train("distillation/teacher", mlp, train_set)
    train("distillation/teacher", convolutional, train_set, lr=2e-2, change=lambda x, y: (moved(x), y))
    train("distillation/alone", small(), train_set)
    number = torch.arange(len(y))
    for teacher in (mlp, convolutional):
        logits = answers(teacher, x)
        for temperature, alpha in ((40, 1), (4, 0.9)):
            train("distillation/student", small(), (x, number), loss=soft_loss(temperature, alpha),
                  change=lambda x, rows: (x, (y[rows], logits[rows])))
    train("distillation/alone, moved", small(), train_set, change=lambda x, y: (moved(x), y))

    def taught(x, labels):
        x = moved(x)
        return x, (labels, answers(convolutional, x))

    train("distillation/student, moved", small(), train_set, loss=soft_loss(40, 1), change=taught)


torch_peer.run(options, memorization, early_stopping, penalties, dropout, augmentation, batch_size, pruning, lottery,
               distillation)
