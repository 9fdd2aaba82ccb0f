#!/usr/bin/env python3
"""Writes views.txt: writes in place to views and through what they are views of, in the format of make_fixtures.py.
Each also as a sum of squared gradients, whose gradients are second derivatives.

    python3 make_views.py > views.txt        # made with PyTorch 1.13
"""

import torch

from make_fixtures import floats, main

torch.manual_seed(3)


def slice_add(x, y):
    b = x * 2
    b[1:3].add_(y)
    return b.square()


def masked_column(x, y):
    b = x * y
    b[:, 1].masked_fill_(torch.tensor([True, False, True]), 3.0)
    return b.square()


def rows(x, y):
    out = torch.zeros(3, 4, dtype=x.dtype)
    for i in range(3):
        out[i].copy_(x[i] * y)
    return out.square() * x


def view_of_views(x, y):
    b = x * 3
    b.t()[1:3][:, 0:2].mul_(y[:2])
    return b.exp()


def siblings(x, y):
    b = x * 1
    row, corner = b[0], b[0:2, 1:]
    corner.mul_(y[1:])
    return row.square() + corner.square().sum() + b


def base_first(x, y):
    b = x * 1
    turned = b.t()
    b.mul_(y)
    return turned.square()


def one_after_the_other(x, y):
    b = x * 1
    row = b[1]
    row.add_(y)
    row.mul_(y)
    b[1:].div_(2 + y.square())
    b.sub_(y[0])
    return b.square() * row


def repeated(x, y):
    b = x[0:1] * 1
    wide = b.expand(3, 4)
    b.mul_(y)
    return wide.square() * x


def diagonal(x, y):
    b = (x * 1)[:, :3]
    b.diagonal().copy_(y[:3])
    return b.square() * y[3]


def numbers(x, y):
    b = x * y
    b[0].add_(2).mul_(3)
    b[1].zero_()
    return b.square()


def squared_gradients(function):
    def call(x, y):
        grads = torch.autograd.grad(function(x, y).pow(2).sum(), (x, y), create_graph=True)
        return sum(g.square().sum() for g in grads)

    call.__name__ = function.__name__ + "_twice"
    return call


FUNCTIONS = [slice_add, masked_column, rows, view_of_views, siblings, base_first, one_after_the_other, repeated, diagonal,
             numbers]
CASES = []
for function in FUNCTIONS:
    inputs = dict(x=floats(3, 4, low=-1, high=1), y=floats(4, low=0.5, high=1.5))
    CASES += [(function, inputs), (squared_gradients(function), inputs)]

if __name__ == "__main__":
    main(CASES)
