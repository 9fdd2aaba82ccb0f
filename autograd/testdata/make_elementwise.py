#!/usr/bin/env python3
"""Writes elementwise.txt: activations, statistics, running sums and order, in the format of make_fixtures.py.

    python3 make_elementwise.py > elementwise.txt        # made with PyTorch 1.13
"""

import torch
import torch.nn.functional as F

from make_fixtures import floats, main

torch.manual_seed(2)


def around_zero():
    """Kinks and bounds themselves, and what lies around them."""
    return torch.cat([torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0, 25.0, -25.0]).double(), floats(13, low=-6, high=6)])


ACTIVATIONS = dict(
    leaky_relu=lambda x: F.leaky_relu(x, 0.25),
    elu=lambda x: F.elu(x, 1.5),
    celu=lambda x: F.celu(x, 1.5),
    selu=F.selu,
    gelu=F.gelu,
    gelu_tanh=lambda x: F.gelu(x, approximate="tanh"),
    silu=F.silu,
    softplus=lambda x: F.softplus(x, 0.5, 5),
    mish=F.mish,
    log_sigmoid=F.logsigmoid,
    clamp=lambda x: torch.clamp(x, -1, 3),
    clamp_below=lambda x: torch.clamp(x, min=0),
    hardtanh=F.hardtanh,
    hardsigmoid=lambda x: F.relu6(x + 3) / 6,  # F.hardsigmoid's own derivative is 1/6 in single precision
    hardswish=lambda x: F.hardswish(x / 2),  # versions of PyTorch differ at -3 and 3
    tan=lambda x: torch.tan(x / 8),
    circular=lambda x: torch.asin(x / 26) + torch.acos(x / 27) * torch.atan(x),
    hyperbolic=lambda x: torch.sinh(x / 8) * torch.cosh(x / 9) + torch.frac(x),
    steps=lambda x: torch.floor(x) + 2 * torch.ceil(x) + 4 * torch.round(x) + 8 * torch.trunc(x),
)
STATISTICS = dict(
    prod=lambda x: torch.prod(torch.prod(x, 2), 0),
    variance=lambda x: torch.var(x, (0, 2), unbiased=True) + torch.var(x, unbiased=False),
    deviation=lambda x: torch.std(x, (0, 2)) + torch.std(x, 1, unbiased=False)[:, :3].sum(),
    norm=lambda x: torch.linalg.vector_norm(x, 2, (1, 2)),
    norm_1=lambda x: torch.linalg.vector_norm(x, 1, 1),
    norm_3=lambda x: torch.linalg.vector_norm(x, 3, (0, 2)),
    norm_inf=lambda x: torch.linalg.vector_norm(x, float("inf"), 1),
    logsumexp=lambda x: torch.logsumexp(x, (0, 2)),
    cumsum=lambda x: torch.cumsum(x, 1).square(),
    sort=lambda x: torch.sort(x, dim=1, descending=True, stable=True)[0] * torch.arange(3).double()[:, None],
    topk=lambda x: torch.topk(x, 2, 2)[0] * torch.topk(x, 2, 2, largest=False)[0],
)


def prelu(x, w):
    return F.prelu(x, w).square()


def named(name, function):
    def call(x):
        return function(x)

    call.__name__ = name
    return call


CASES = [(named(name, function), dict(x=around_zero())) for name, function in ACTIVATIONS.items()]
CASES += [(named(name, function), dict(x=floats(2, 3, 4, low=-2, high=2))) for name, function in STATISTICS.items()]
def fused_batch_norm(x, w, b):
    return F.batch_norm(x, None, None, w, b, training=True).sin()


def fused_batch_norm_relu(x, w, b):
    return F.relu(F.batch_norm(x, None, None, w, b, training=True)).sin()


def embedded_columns(x, soil, place, ids):
    return torch.cat([x, F.embedding(ids[:, 0], soil), F.embedding(ids[:, 1], place)], 1).sin()


def fused_group_norm(x, w, b):
    return F.group_norm(x, 2, w, b).sin()


def fused_layer_norm(x, rows):
    return F.layer_norm(x, [3, 2], rows).sin()


def angles(a, b):
    return torch.atan2(a, b) * torch.atan2(b[0], a)


def rests(a, b):
    return torch.fmod(a, b) * torch.remainder(a, b[1]) + torch.remainder(a, 2.5) + torch.floor_divide(a, b).detach()


CASES += [
    (angles, dict(a=floats(3, 4), b=floats(3, 4))),
    (rests, dict(a=floats(3, 4, low=-9, high=9), b=floats(3, 4, low=1, high=4) * torch.tensor([1, -1, 1, -1]))),
    (fused_batch_norm, dict(x=floats(2, 4, 3, 2), w=floats(4), b=floats(4))),
    (fused_group_norm, dict(x=floats(2, 4, 3, 2), w=floats(4), b=floats(4))),
    (fused_layer_norm, dict(x=floats(2, 4, 3, 2), rows=floats(3, 2))),
    (prelu, dict(x=floats(2, 3, 2, 2), w=floats(3))),
    # Products with one zero, two zeros and none.
    (named("prod_zeros", lambda x: torch.prod(x, 1)),
     dict(x=torch.tensor([[0.0, 2.0, -3.0], [0.0, 0.0, 4.0], [0.5, 2.0, 3.0]]).double())),
    # The norm of zeros has the derivative 0.
    (named("norm_zeros", lambda x: torch.linalg.vector_norm(x, 2, 1) + torch.std(x, 1)),
     dict(x=torch.tensor([[0.0, 0.0, 0.0], [1.0, -2.0, 2.0]]).double())),
    (fused_batch_norm_relu, dict(x=floats(7, 3), w=floats(3), b=floats(3))),
    (embedded_columns, dict(x=floats(4, 2), soil=floats(3, 3), place=floats(2, 1), ids=torch.tensor([[2, 0], [0, 1], [2, 1], [2, 0]]))),
]

if __name__ == "__main__":
    main(CASES)
