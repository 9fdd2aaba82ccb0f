#!/usr/bin/env python3
"""Writes trajectories.txt: ten steps of PyTorch's optimizers on fixed gradients, in double precision.

    python3 make_trajectories.py > trajectories.txt        # made with PyTorch 1.13

Two parameters, [2,2] and [3], written as one row of seven numbers. Each case is a line
`case <name> <optimizer> <option>=<value> …` and ten rows, the parameters after each step. Two options are
not PyTorch's: lr_from_6 is the learning rate from the sixth step on, and skip=1 leaves the second parameter
without a gradient in steps 4 to 6.
"""

import math

import torch

STEPS = 10
INITIAL = [0.5, -1.25, 2.0, 0.75, -0.3, 0.01, 1.5]


def gradient(step, element):
    """Fixed, of both signs and very different sizes."""
    return round(math.sin(1.7 * step + 2.3 * element) * 10 ** ((element % 4) - 2), 6)


GRADIENTS = [[gradient(step, element) for element in range(7)] for step in range(STEPS)]

CASES = [
    ("sgd", "SGD", dict(lr=0.1)),
    ("sgd_decay", "SGD", dict(lr=0.1, weight_decay=0.01)),
    ("sgd_momentum", "SGD", dict(lr=0.1, momentum=0.9)),
    ("sgd_momentum_decay", "SGD", dict(lr=0.1, momentum=0.9, weight_decay=0.01)),
    ("sgd_dampening", "SGD", dict(lr=0.1, momentum=0.9, dampening=0.3)),
    ("sgd_dampening_decay", "SGD", dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.01)),
    ("sgd_nesterov", "SGD", dict(lr=0.1, momentum=0.9, nesterov=True)),
    ("sgd_nesterov_decay", "SGD", dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    ("sgd_schedule", "SGD", dict(lr=0.1, momentum=0.9, lr_from_6=0.01)),
    ("sgd_skip", "SGD", dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.01, skip=1)),
    ("adam", "Adam", dict(lr=0.01)),
    ("adam_decay", "Adam", dict(lr=0.01, weight_decay=0.1)),
    ("adam_betas", "Adam", dict(lr=0.01, beta1=0.5, beta2=0.9)),
    ("adam_no_momentum", "Adam", dict(lr=0.01, beta1=0.0, beta2=0.99)),
    ("adam_eps", "Adam", dict(lr=0.01, eps=0.1)),
    ("adam_all", "Adam", dict(lr=0.05, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.1)),
    ("adam_schedule", "Adam", dict(lr=0.01, lr_from_6=0.001)),
    ("adam_skip", "Adam", dict(lr=0.01, weight_decay=0.1, skip=1)),
    ("adamw", "AdamW", dict(lr=0.01)),
    ("adamw_no_decay", "AdamW", dict(lr=0.01, weight_decay=0.0)),
    ("adamw_all", "AdamW", dict(lr=0.05, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.1)),
    ("adamw_schedule", "AdamW", dict(lr=0.01, weight_decay=0.1, lr_from_6=0.001)),
    ("adamw_skip", "AdamW", dict(lr=0.01, weight_decay=0.1, skip=1)),
]


def row(values):
    return " ".join(repr(float(value)) for value in values)


def run(optimizer, options):
    options = dict(options)
    late_lr = options.pop("lr_from_6", None)
    skip = options.pop("skip", 0)
    if "beta1" in options:
        options["betas"] = (options.pop("beta1"), options.pop("beta2"))
    first = torch.tensor(INITIAL[:4], dtype=torch.float64).reshape(2, 2).requires_grad_()
    second = torch.tensor(INITIAL[4:], dtype=torch.float64).requires_grad_()
    rule = getattr(torch.optim, optimizer)([first, second], **options)
    for step, gradients in enumerate(GRADIENTS):
        if late_lr is not None and step == 5:
            rule.param_groups[0]["lr"] = late_lr
        first.grad = torch.tensor(gradients[:4], dtype=torch.float64).reshape(2, 2)
        second.grad = torch.tensor(gradients[4:], dtype=torch.float64)
        if skip and 3 <= step <= 5:
            second.grad = None
        rule.step()
        print(row(first.detach().flatten().tolist() + second.detach().tolist()))


print("initial")
print(row(INITIAL))
print("gradients")
for gradients in GRADIENTS:
    print(row(gradients))
for name, optimizer, options in CASES:
    print("case", name, optimizer, *(f"{key}={float(value)!r}" for key, value in options.items()))
    run(optimizer, options)
