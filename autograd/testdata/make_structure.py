#!/usr/bin/env python3
"""Writes structure.txt: parts, rearrangements, indices, products and decompositions, in the format of
make_fixtures.py.

    python3 make_structure.py > structure.txt        # made with PyTorch 1.13
"""

import torch

from make_fixtures import floats, main

torch.manual_seed(1)


def parts(x):
    left, right = x.split([2, 4], 1)
    first, second = x.chunk(2, 1)
    return torch.cat([left * right[:, :2], first * second], 1).movedim(0, 1).unflatten(0, (5, 1))


def unequal_parts(x):
    a, b, c = x.split(3)
    p, q, _, r = x.chunk(4)  # 7 rows: 2, 2, 2, 1
    return torch.stack([a * b, c.expand(3, 2) * a]).sum() + (p * q).sum() + r.exp().sum()

def diagonals(x):
    return torch.stack([x.diagonal(0, 0, 2), x.diagonal(0, 2, 0).sin()]) * x.diagonal(1, 2, 0)[:, :1]


def rearranged(x):
    return (x.flip([0, 2]) * x.roll(2, 1) + x.tril(1) - x.triu(-1).square()).repeat(2, 1, 2)


def scattered(x, v, i):
    y = x.scatter(0, i, v)
    return y * y + torch.take_along_dim(x, i, 0).sum(0)


def masked(x, m):
    m = m.bool()
    return x.masked_fill(m, 2.0).exp().sum() * torch.masked_select(x, ~m).square()


def einsums(a, b, c):
    y = torch.einsum("bij,bjk->bik", a, b)
    y = y + torch.einsum("...j,jbk->bk", a, b.permute(1, 0, 2))[:, None]
    return torch.einsum("bik,k,bij->kj", y, c, a) + torch.einsum("bii,k->k", a[:, :, :3], c)[:, None]


def products(x, w, v):
    return torch.addmm(v, x, w, beta=0.5, alpha=2) * torch.outer(x[:, 0], v)


def singular(x):
    u, s, vh = torch.linalg.svd(x, full_matrices=False)
    times = lambda matrix, vector: torch.einsum("bij,bj->bi", matrix.square(), vector)
    return torch.cat([s, times(u, s), times(vh.mT, s.exp())], -1)


def eigen(x):
    values, vectors = torch.linalg.eigh(x + x.mT)
    return torch.cat([values, vectors.square() @ values.sin()])


def in_place(x, w):
    y = x * 2
    y.mul_(w.exp())
    y.add_(x)
    y.div_(w.square() + 1)
    y.sub_(w)
    y.add_(-0.5).mul_(3)
    z = torch.zeros_like(x)
    z.copy_(y[:1] * x)
    z.mul_(x.exp())
    return z + y


def other_layouts(x):
    rows = x.t()[::2]
    wide = x[:1].expand(4, 6)
    return torch.einsum("ij,jk->ik", rows, x[:, 1::2]) + (wide.flip(1) * x).tril()[:3, ::2]


def scalars(x):
    return x.expand(2, 2).tril() * x + torch.stack([x, x * x]).repeat(2, 1)


def nothing(x):
    return torch.cat([x.flip(0).repeat(2, 1), x.roll(1, 1).tril()]) * 2


CASES = [
    (parts, dict(x=floats(3, 6))),
    (unequal_parts, dict(x=floats(7, 2))),
    (diagonals, dict(x=floats(3, 2, 4))),
    (rearranged, dict(x=floats(2, 3, 4))),
    (scattered, dict(x=floats(4, 3), v=floats(2, 3), i=torch.tensor([[0, 3, 1], [2, 0, 3]]))),
    (masked, dict(x=floats(3, 4), m=torch.randint(0, 2, (3, 4)))),
    (einsums, dict(a=floats(2, 3, 4), b=floats(2, 4, 5), c=floats(5))),
    (products, dict(x=floats(3, 4), w=floats(4, 2), v=floats(2))),
    (singular, dict(x=floats(2, 4, 3))),
    (eigen, dict(x=floats(4, 4))),
    (in_place, dict(x=floats(2, 3), w=floats(3))),
    (other_layouts, dict(x=floats(4, 6))),
    (scalars, dict(x=floats())),
    (nothing, dict(x=floats(0, 3))),
]

if __name__ == "__main__":
    main(CASES)
