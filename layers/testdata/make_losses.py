#!/usr/bin/env python3
"""Writes losses.safetensors: what PyTorch's losses give, with the gradients of their inputs.

    /usr/bin/python3 make_losses.py losses.safetensors        # made with PyTorch 1.13

For each case: `<case>/x`, for some `<case>/x2`, `<case>/target`, `<case>/weight`, `<case>/pos_weight`; for each
reduction `<case>/<reduction>/y`, `grad_x` and `grad_x2`. The gradient that goes in is all ones. Computed in double
precision and rounded once to f32, from f32 inputs.
"""

import sys

import torch
import torch.nn.functional as F
from fixtures import write_safetensors

G = torch.Generator().manual_seed(20180601)


def normal(*shape):
    return torch.randn(shape, generator=G).double()


def uniform(*shape):
    return torch.rand(shape, generator=G).double()


def signs(*shape):
    return torch.randint(0, 2, shape, generator=G).double() * 2 - 1


def cases():
    x, t = normal(3, 5) * 2, normal(3, 5)
    x[0, 0] = t[0, 0]
    labels = torch.tensor([3, 0, 2, 2, 1])
    skipped = torch.tensor([3, -100, 2, 2, 1])
    w4, p = uniform(4) + 0.5, uniform(3, 5)
    p[0, 0], p[1, 1] = 0, 1
    logits = normal(3, 5) * 30
    logits[0, 0] = 0
    soft = uniform(3, 5)
    logp = F.log_softmax(normal(5, 4), 1).float().double()
    q = F.softmax(normal(5, 4), 1)
    q[0, 0] = 0
    y5, y35 = signs(5), signs(3, 5)
    return {
        "mse": (F.mse_loss, [x], t, {}),
        "l1": (F.l1_loss, [x], t, {}),
        "huber": (F.huber_loss, [x], t, {"delta": 1.5}),
        "smooth_l1": (F.smooth_l1_loss, [x], t, {"beta": 0.5}),
        "bce": (F.binary_cross_entropy, [p], soft, {}),
        "bce_weight": (F.binary_cross_entropy, [p], soft, {"weight": uniform(3, 5)}),
        "bce_logits": (F.binary_cross_entropy_with_logits, [logits], soft, {}),
        "bce_logits_weights": (
            F.binary_cross_entropy_with_logits, [logits], soft,
            {"weight": uniform(3, 1), "pos_weight": uniform(5) * 3}),
        "nll": (F.nll_loss, [logp], labels, {}),
        "nll_weight": (F.nll_loss, [logp], skipped, {"weight": w4}),
        "kl_div": (F.kl_div, [logp], q, {}),
        "kl_div_log": (F.kl_div, [logp], q.clamp(min=1e-3).log(), {"log_target": True}),
        "margin_ranking": (
            lambda a, b, y, **o: F.margin_ranking_loss(a, b, y, **o), [x, t], y35, {"margin": 0.5}),
        "hinge_embedding": (F.hinge_embedding_loss, [x], y35, {"margin": 0.7}),
        "multi_margin": (F.multi_margin_loss, [normal(5, 4)], labels, {"margin": 0.8}),
        "multi_margin_squared": (
            F.multi_margin_loss, [normal(5, 4)], labels, {"p": 2, "weight": w4}),
        "cosine_embedding": (
            F.cosine_embedding_loss, [normal(5, 4), normal(5, 4)], y5, {"margin": 0.1}),
    }


def rounded(value):
    """As f32 holds it, in double precision, so that both sides begin from the same numbers."""
    return value.float().double() if torch.is_tensor(value) and value.is_floating_point() else value


def main():
    tensors = {}
    for case, (loss, inputs, target, options) in cases().items():
        target = rounded(target)
        options = {name: rounded(value) for name, value in options.items()}
        names = ["x", "x2"][: len(inputs)]
        inputs = [rounded(value) for value in inputs]
        tensors[case + "/target"] = target
        for name, value in zip(names, inputs):
            tensors[case + "/" + name] = value
        for name in ["weight", "pos_weight"]:
            if name in options:
                tensors[case + "/" + name] = options[name]
        reductions = ["none", "mean", "sum"] + (["batchmean"] if case == "kl_div" else [])
        for reduction in reductions:
            leaves = [value.clone().requires_grad_() for value in inputs]
            y = loss(*leaves, target, reduction=reduction, **options)
            y.backward(torch.ones_like(y))
            tensors[case + "/" + reduction + "/y"] = y
            for name, leaf in zip(names, leaves):
                tensors[case + "/" + reduction + "/grad_" + name] = leaf.grad
    write_safetensors(sys.argv[1], tensors)


main()
