#!/usr/bin/env python3
"""Writes trajectories.txt: ten steps of PyTorch's optimizers on fixed gradients, in double precision.

    python3 make_trajectories.py > trajectories.txt        # made with PyTorch 2.15

Two parameters, [2,2] and [3], written as one row of seven numbers. Each case is a line
`case <name> <optimizer> <option>=<value> …` and ten rows, the parameters after each step. Two options are
not PyTorch's: lr_from_6 is the learning rate from the sixth step on, and skip=1 leaves the second parameter
without a gradient in steps 4 to 6. What PyTorch lacks is written out below in NumPy: SGD with decoupled
weight decay (Loshchilov & Hutter 2019, algorithm 1) and Lion (Chen et al. 2023, algorithm 2). Muon updates
the matrix alone; PyTorch's own runs with the iteration in double precision, so that it can be compared.

CASES are told one by one; FLAGS adds every combination of what can be on or off in each optimizer.
"""

import itertools
import math

import numpy as np
import torch
import torch.optim._muon as torch_muon

torch.set_default_dtype(torch.float64)  # else NAdam keeps its product of momenta in f32

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
    ("sgdw", "SGDW", dict(lr=0.1, weight_decay=0.01)),
    ("sgdw_momentum", "SGDW", dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.01)),
    ("sgdw_nesterov", "SGDW", dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01, skip=1)),
    ("adam", "Adam", dict(lr=0.01)),
    ("adam_decay", "Adam", dict(lr=0.01, weight_decay=0.1)),
    ("adam_betas", "Adam", dict(lr=0.01, beta1=0.5, beta2=0.9)),
    ("adam_no_momentum", "Adam", dict(lr=0.01, beta1=0.0, beta2=0.99)),
    ("adam_eps", "Adam", dict(lr=0.01, eps=0.1)),
    ("adam_all", "Adam", dict(lr=0.05, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.1)),
    ("adam_schedule", "Adam", dict(lr=0.01, lr_from_6=0.001)),
    ("adam_skip", "Adam", dict(lr=0.01, weight_decay=0.1, skip=1)),
    ("adam_amsgrad", "Adam", dict(lr=0.01, amsgrad=True)),
    ("adam_amsgrad_all", "Adam", dict(lr=0.05, beta2=0.5, weight_decay=0.1, amsgrad=True, skip=1)),
    ("adamw", "AdamW", dict(lr=0.01)),
    ("adamw_no_decay", "AdamW", dict(lr=0.01, weight_decay=0.0)),
    ("adamw_all", "AdamW", dict(lr=0.05, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.1)),
    ("adamw_schedule", "AdamW", dict(lr=0.01, weight_decay=0.1, lr_from_6=0.001)),
    ("adamw_skip", "AdamW", dict(lr=0.01, weight_decay=0.1, skip=1)),
    ("adamw_amsgrad", "AdamW", dict(lr=0.01, beta2=0.5, amsgrad=True)),
    ("adagrad", "Adagrad", dict(lr=0.1)),
    ("adagrad_lr_decay", "Adagrad", dict(lr=0.1, lr_decay=0.1, skip=1)),
    ("adagrad_initial", "Adagrad", dict(lr=0.1, initial_accumulator_value=0.5, skip=1)),
    ("adagrad_all", "Adagrad", dict(lr=0.1, lr_decay=0.1, weight_decay=0.1,
                                    initial_accumulator_value=0.5, eps=1e-3, lr_from_6=0.02)),
    ("adadelta", "Adadelta", dict()),
    ("adadelta_all", "Adadelta", dict(lr=0.5, rho=0.8, eps=1e-3, weight_decay=0.1, skip=1)),
    ("rmsprop", "RMSprop", dict(lr=0.01)),
    ("rmsprop_decay", "RMSprop", dict(lr=0.01, alpha=0.9, eps=1e-3, weight_decay=0.1, skip=1)),
    ("rmsprop_momentum", "RMSprop", dict(lr=0.01, momentum=0.9)),
    ("rmsprop_centered", "RMSprop", dict(lr=0.01, centered=True)),
    ("rmsprop_all", "RMSprop", dict(lr=0.01, alpha=0.9, momentum=0.9, centered=True, weight_decay=0.1,
                                    skip=1, lr_from_6=0.001)),
    ("adamax", "Adamax", dict()),
    ("adamax_all", "Adamax", dict(lr=0.05, beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.1, skip=1)),
    ("nadam", "NAdam", dict()),
    ("nadam_decay", "NAdam", dict(lr=0.05, beta1=0.8, beta2=0.95, momentum_decay=0.1, weight_decay=0.1)),
    ("nadam_decoupled", "NAdam", dict(lr=0.01, weight_decay=0.1, decoupled_weight_decay=True, skip=1)),
    ("radam", "RAdam", dict()),
    ("radam_decay", "RAdam", dict(lr=0.05, beta1=0.8, beta2=0.95, weight_decay=0.1, eps=1e-3)),
    ("radam_decoupled", "RAdam", dict(lr=0.01, weight_decay=0.1, decoupled_weight_decay=True, skip=1)),
    ("lion", "Lion", dict(lr=0.01)),
    ("lion_all", "Lion", dict(lr=0.05, beta1=0.8, beta2=0.95, weight_decay=0.1, skip=1, lr_from_6=0.01)),
    ("muon", "Muon", dict(lr=0.05)),
    ("muon_plain", "Muon", dict(lr=0.05, momentum=0.8, nesterov=False, weight_decay=0.0)),
    ("muon_adamw_rates", "Muon", dict(lr=0.05, weight_decay=0.5, match_adamw=True, lr_from_6=0.01)),
]

DECAYS = [{}, dict(weight_decay=0.1)]
AMSGRAD = [{}, dict(amsgrad=True)]
DECOUPLED = [{}, dict(weight_decay=0.1), dict(weight_decay=0.1, decoupled_weight_decay=True)]

# For each optimizer, lists of choices: every choice of the first with every choice of the second, …
FLAGS = {
    "SGD": [[{}, dict(momentum=0.9), dict(momentum=0.9, dampening=0.3), dict(momentum=0.9, nesterov=True)],
            DECAYS],
    "SGDW": [[{}, dict(momentum=0.9), dict(momentum=0.9, dampening=0.3), dict(momentum=0.9, nesterov=True)],
             [dict(weight_decay=0.1)]],
    "Adam": [AMSGRAD, DECAYS],
    "AdamW": [AMSGRAD, [dict(weight_decay=0.0), dict(weight_decay=0.1)]],
    "Adagrad": [[{}, dict(lr_decay=0.1)], [{}, dict(initial_accumulator_value=0.5)], DECAYS],
    "Adadelta": [DECAYS],
    "RMSprop": [[{}, dict(momentum=0.9)], [{}, dict(centered=True)], DECAYS],
    "Adamax": [DECAYS],
    "NAdam": [[{}, dict(momentum_decay=0.1)], DECOUPLED],
    "RAdam": [DECOUPLED],
    "Lion": [DECAYS],
    "Muon": [[{}, dict(nesterov=False)], [{}, dict(match_adamw=True)],
             [dict(weight_decay=0.0), dict(weight_decay=0.5)]],
}


def combinations():
    for optimizer, choices in FLAGS.items():
        for number, chosen in enumerate(itertools.product(*choices)):
            options = dict(lr=0.02)
            for flags in chosen:
                options.update(flags)
            yield f"{optimizer.lower()}_flags_{number}", optimizer, options


class SGDW(torch.optim.SGD):
    def __init__(self, parameters, weight_decay, **options):
        super().__init__(parameters, **options)
        self.decay = weight_decay

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.mul_(1 - group["lr"] * self.decay)
        super().step()


class Lion:
    def __init__(self, parameters, lr, betas=(0.9, 0.99), weight_decay=0.0):
        self.param_groups = [dict(params=parameters, lr=lr)]
        self.betas, self.weight_decay = betas, weight_decay
        self.momenta = [np.zeros(tuple(p.shape)) for p in parameters]

    def step(self):
        group = self.param_groups[0]
        for i, parameter in enumerate(group["params"]):
            if parameter.grad is None:
                continue
            theta, g, m = parameter.detach().numpy(), parameter.grad.numpy(), self.momenta[i]
            c = self.betas[0] * m + (1 - self.betas[0]) * g
            theta -= group["lr"] * (np.sign(c) + self.weight_decay * theta)
            self.momenta[i] = self.betas[1] * m + (1 - self.betas[1]) * g


class Muon(torch.optim.Muon):
    def __init__(self, parameters, match_adamw=False, **options):
        adjust = "match_rms_adamw" if match_adamw else None
        super().__init__(parameters[:1], adjust_lr_fn=adjust, **options)


def orthogonalize(grad, coefficients, steps, eps):
    """PyTorch's, without its conversion to bf16."""
    a, b, c = coefficients
    x = grad / grad.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


torch_muon._zeropower_via_newtonschulz = orthogonalize


def row(values):
    return " ".join(repr(float(value)) for value in values)


def run(optimizer, options):
    options = dict(options)
    late_lr = options.pop("lr_from_6", None)
    skip = options.pop("skip", 0)
    if "beta1" in options or "beta2" in options:
        options["betas"] = (options.pop("beta1", 0.9), options.pop("beta2", 0.999))
    first = torch.tensor(INITIAL[:4], dtype=torch.float64).reshape(2, 2).requires_grad_()
    second = torch.tensor(INITIAL[4:], dtype=torch.float64).requires_grad_()
    rule = globals().get(optimizer) or getattr(torch.optim, optimizer)
    rule = rule([first, second], **options)
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
for name, optimizer, options in [*CASES, *combinations()]:
    print("case", name, optimizer, *(f"{key}={float(value)!r}" for key, value in options.items()))
    run(optimizer, options)
