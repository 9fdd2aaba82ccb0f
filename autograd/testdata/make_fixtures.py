#!/usr/bin/env python3
"""Writes expressions.txt: composite expressions with PyTorch's values and gradients, in double precision.

    python3 make_fixtures.py > expressions.txt        # made with PyTorch 1.13

One tensor per line: `<expression> <kind> <name> <sizes> <values>`, where kind is input, index (whole
numbers), value (the result) or grad (of the sum of the result with respect to that input), and sizes are
joined by commas ("-" for 0-d). Inputs are multiples of 1/256, exact in every floating dtype but bf16.
"""

import torch
import torch.nn.functional as F

torch.manual_seed(0)


def floats(*shape, low=-1.0, high=1.0):
    return (torch.empty(shape).uniform_(low, high).double() * 256).round() / 256


def labels(count, classes):
    return torch.randint(0, classes, (count,))


def mlp(x, w1, b1, w2, b2, labels):
    return F.cross_entropy(F.linear(F.relu(F.linear(x, w1, b1)), w2, b2), labels)


def deep_tanh(x, w):
    for _ in range(4):
        x = torch.tanh(x @ w)
    return x


def lenet(x, c1, d1, c2, d2, w, b, labels):
    x = F.max_pool2d(F.relu(F.conv2d(x, c1, d1, padding=1)), 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, c2, d2)), 2)
    return F.cross_entropy(F.linear(x.flatten(1), w, b), labels)


def grouped_convolution(x, w, b):
    return F.conv2d(x, w, b, stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2).sigmoid()


def overlapping_pool(x):
    return F.max_pool2d(x, (3, 2), stride=(2, 1), padding=(1, 1)).square()


def attention(q, k, v):
    scores = q @ k.transpose(-2, -1) / 2.0
    return F.softmax(scores, -1) @ v


def nll_by_gather(x, labels):
    return -F.log_softmax(x, 1).gather(1, labels[:, None]).mean()


def label_smoothing(x, labels):
    losses = F.cross_entropy(x, labels, reduction="none")
    return (0.9 * losses - 0.1 * F.log_softmax(x, 1).mean(1)).sum()


def normalization(x, scale, shift):
    mean = x.mean(1, keepdim=True)
    variance = (x - mean).square().mean(1, keepdim=True)
    return (x - mean) * torch.rsqrt(variance + 1e-5) * scale + shift


def batch_norm(x, scale, shift):
    mean = x.mean((0, 2, 3), keepdim=True)
    variance = (x - mean).square().mean((0, 2, 3), keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt() * scale[None, :, None, None] + shift[None, :, None, None]


def embedding(table, ids, w):
    return (table.index_select(0, ids) @ w).exp()


def broadcasting(a, b, c):
    return a * b / (c * c + 1.5) - (a - b).abs() + torch.maximum(a, c) * torch.minimum(b, c)


def ties(x):
    return torch.amax(x, 1) * 2 + torch.amin(x, 1) + torch.relu(x).sum(1)


def powers(a, b):
    return torch.pow(a, b) + torch.pow(a, 3) + torch.log1p(a) * torch.expm1(b) + torch.erf(b)


def pieces(x):
    left, right = x[:, ::2], x[:, 1::2]
    return torch.cat([left * right, right - left, x[1].expand(2, -1)[:, :3]], 1)


def gradient_penalty(x, w):
    y = torch.tanh(x @ w).square().sum()
    (slope,) = torch.autograd.grad(y, x, create_graph=True)
    return (slope.square().sum(1).sqrt() - 1).square().sum()


def normalizations(x, w, b, rows, m, v):
    # One after the other they are ill-conditioned with the usual eps: PyTorch's own f32 is then 5e-5 off its f64.
    y = F.batch_norm(x, None, None, w, b, training=True, eps=0.5)
    y = F.group_norm(y.sin(), 2, w, b, eps=0.5) + F.batch_norm(x, m.double(), v.double(), w, b, training=False)
    return F.layer_norm(y.exp(), [3, 2], rows, eps=0.5)


def cross_entropy_options(x, labels, mask):
    weight = torch.tensor([0.5, 2.0, 0.25, 1.0, 1.5]).double()
    labels = torch.where(mask == 0, torch.full_like(labels, -100), labels)
    return F.cross_entropy(x, labels, weight=weight, label_smoothing=0.25)


def causal_attention(q, k, v):
    """Four query heads to two key heads, which come after a cache of one position."""
    k, v = k.repeat_interleave(2, 1), v.repeat_interleave(2, 1)
    seen = torch.ones(q.shape[2], k.shape[2]).tril(1).bool()
    scores = (q @ k.transpose(-2, -1) / k.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf)
    return (F.softmax(scores, -1) @ v).tanh()


def padded_embedding(table, ids, w):
    return (F.embedding(ids, table, padding_idx=2) @ w).tanh()


def upsampling(x, w, b):
    y = F.conv_transpose2d(x, w, b, stride=(2, 3), padding=(1, 0), output_padding=(1, 2), dilation=(1, 2), groups=2)
    return F.avg_pool2d(y.sin(), (3, 2), stride=(2, 2), padding=(1, 1), ceil_mode=True, count_include_pad=False)


def pyramid(x):
    return F.adaptive_avg_pool2d(x.exp(), (3, 2)) + F.adaptive_max_pool2d(x, (3, 2)).square()


def sequence_convolution(x, w, b):
    return F.conv1d(x, w, b, stride=2, padding=3, dilation=2, groups=2).relu().square()


CASES = [
    (mlp, dict(x=floats(5, 6), w1=floats(8, 6), b1=floats(8), w2=floats(4, 8), b2=floats(4), labels=labels(5, 4))),
    (deep_tanh, dict(x=floats(3, 4), w=floats(4, 4))),
    (lenet, dict(x=floats(2, 3, 10, 10), c1=floats(4, 3, 3, 3), d1=floats(4), c2=floats(5, 4, 2, 2), d2=floats(5),
                 w=floats(3, 20), b=floats(3), labels=labels(2, 3))),
    (grouped_convolution, dict(x=floats(2, 4, 5, 6), w=floats(6, 2, 3, 2), b=floats(6))),
    (overlapping_pool, dict(x=floats(1, 2, 6, 5))),
    (attention, dict(q=floats(2, 2, 3, 4), k=floats(2, 2, 5, 4), v=floats(2, 2, 5, 3))),
    (nll_by_gather, dict(x=floats(4, 5, low=-4, high=4), labels=labels(4, 5))),
    (label_smoothing, dict(x=floats(4, 5, low=-4, high=4), labels=labels(4, 5))),
    (normalization, dict(x=floats(3, 6), scale=floats(6), shift=floats(6))),
    (batch_norm, dict(x=floats(2, 3, 2, 2), scale=floats(3), shift=floats(3))),
    (embedding, dict(table=floats(7, 3), ids=torch.tensor([2, 6, 2, 0]), w=floats(3, 2))),
    (broadcasting, dict(a=floats(2, 1, 3), b=floats(4, 1), c=floats(3))),
    (ties, dict(x=torch.tensor([[1.0, 3.0, 3.0], [0.0, 0.0, -2.0], [2.0, 2.0, 2.0]]).double())),
    (powers, dict(a=floats(3, 2, low=0.25, high=2.0), b=floats(2))),
    (pieces, dict(x=floats(2, 6))),
    (gradient_penalty, dict(x=floats(3, 4), w=floats(4, 2))),
    (normalizations, dict(x=floats(2, 4, 3, 2), w=floats(4), b=floats(4), rows=floats(3, 2), m=labels(4, 3),
                          v=labels(4, 3) + 1)),
    (cross_entropy_options, dict(x=floats(6, 5, low=-4, high=4), labels=labels(6, 5), mask=labels(6, 3))),
    (causal_attention, dict(q=floats(2, 4, 3, 2), k=floats(2, 2, 4, 2), v=floats(2, 2, 4, 3))),
    (padded_embedding, dict(table=floats(5, 3), ids=torch.tensor([[2, 4, 2], [0, 4, 1]]), w=floats(3, 2))),
    (upsampling, dict(x=floats(2, 4, 3, 2), w=floats(4, 3, 3, 2), b=floats(6))),
    (pyramid, dict(x=floats(2, 2, 5, 7))),
    (sequence_convolution, dict(x=floats(2, 4, 7), w=floats(6, 2, 3), b=floats(6))),
]


def line(case, kind, name, tensor):
    sizes = ",".join(map(str, tensor.shape)) or "-"
    whole = not tensor.is_floating_point()
    values = [str(v) if whole else repr(float(v)) for v in tensor.detach().flatten().tolist()]
    print(case, kind, name, sizes, *values)


def main(cases):
    for function, inputs in cases:
        case = function.__name__
        leaves = {n: t.requires_grad_(True) for n, t in inputs.items() if t.is_floating_point()}
        result = function(**inputs)
        grads = torch.autograd.grad(result.sum(), list(leaves.values()))
        for name, tensor in inputs.items():
            line(case, "input" if tensor.is_floating_point() else "index", name, tensor)
        line(case, "value", "result", result)
        for name, grad in zip(leaves, grads):
            line(case, "grad", name, grad)


if __name__ == "__main__":
    main(CASES)
