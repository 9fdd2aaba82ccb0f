#!/usr/bin/env python3
"""Writes fixtures.safetensors: what PyTorch computes for this package.

    python3 make_fixtures.py       # made with PyTorch 1.13 and safetensors' format written by hand

Pruning is torch.nn.utils.prune's, called twice; losses are torch.nn.functional's; max-norm is torch.renorm.
"""

import json
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune

torch.manual_seed(5)
out = {}

# Pruning: a Linear and a Conv2d, masks after one and two calls.
fc, conv = nn.Linear(13, 7), nn.Conv2d(4, 6, 3)
out["fc.weight"], out["conv.weight"] = fc.weight.detach().clone(), conv.weight.detach().clone()


def fresh():
    a, b = nn.Linear(13, 7), nn.Conv2d(4, 6, 3)
    with torch.no_grad():
        a.weight.copy_(out["fc.weight"])
        b.weight.copy_(out["conv.weight"])
    return a, b


def record(name, call):
    a, b = fresh()
    for number in (1, 2):
        call(a, b)
        out[f"{name}.{number}.fc"], out[f"{name}.{number}.conv"] = a.weight_mask.clone(), b.weight_mask.clone()


def each(prune_one):
    return lambda a, b: (prune_one(a), prune_one(b))


record("l1", each(lambda m: prune.l1_unstructured(m, "weight", 0.35)))
record("global", lambda a, b: prune.global_unstructured(
    [(a, "weight"), (b, "weight")], pruning_method=prune.L1Unstructured, amount=0.35))
for n, name in ((1, "channels_l1"), (2, "channels_l2"), (float("inf"), "channels_max")):
    record(name, each(lambda m: prune.ln_structured(m, "weight", 0.3, n, 0)))
record("channels_dim1", each(lambda m: prune.ln_structured(m, "weight", 0.3, 2, 1)))

# Losses, with their gradients.
logits = (2 * torch.randn(9, 5)).requires_grad_()
labels, other = torch.randint(0, 5, (9,)), torch.randint(0, 5, (9,))
teacher = 3 * torch.randn(9, 5)
share = torch.rand(9)
out["logits"], out["labels"], out["other"], out["teacher"], out["share"] = logits.detach(), labels, other, teacher, share


def loss(name, value):
    logits.grad = None
    value.backward()
    out[name], out[name + ".grad"] = value.detach(), logits.grad.clone()


for smoothing in (0.0, 0.1, 1.0):
    loss(f"smooth_{smoothing}", F.cross_entropy(logits, labels, label_smoothing=smoothing))
mixed = share * F.cross_entropy(logits, labels, reduction="none") + (1 - share) * F.cross_entropy(
    logits, other, reduction="none")
loss("mixed", mixed.mean())
loss("soft", F.cross_entropy(logits, teacher.softmax(1)))
for t, alpha in ((1.0, 1.0), (4.0, 0.9), (40.0, 0.3), (2.0, 0.0)):
    soft = F.kl_div(F.log_softmax(logits / t, 1), F.softmax(teacher / t, 1), reduction="batchmean") * t * t
    loss(f"distill_{t}_{alpha}", alpha * soft + (1 - alpha) * F.cross_entropy(logits, labels))

# Max-norm.
out["renorm.fc"] = torch.renorm(out["fc.weight"], 2, 0, 0.5)
out["renorm.conv"] = torch.renorm(out["conv.weight"], 2, 0, 0.9)

# Averages of weights, and the batch normalization of their network.
net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
swa = torch.optim.swa_utils.AveragedModel(net)
for step in range(3):
    with torch.no_grad():
        for number, p in enumerate(net.parameters()):
            index = torch.arange(p.numel(), dtype=torch.float32).reshape(p.shape)
            p.copy_(torch.sin(index + number + 2 * step))
    swa.update_parameters(net)
x = torch.randn(10, 3)
out["swa.x"] = x
torch.optim.swa_utils.update_bn([x[:4], x[4:8], x[8:]], swa)
for name, value in swa.module.state_dict().items():
    out["swa." + name] = value.clone()

kinds = {torch.float32: ("F32", np.float32), torch.int64: ("I64", np.int64)}
header, blob = {}, b""
for name, value in sorted(out.items(), key=lambda item: -item[1].element_size()):
    kind, dtype = kinds[value.dtype]
    data = np.ascontiguousarray(value.numpy().astype(dtype)).tobytes()
    header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [len(blob), len(blob) + len(data)]}
    blob += data
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("fixtures.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + blob)
