#!/usr/bin/env python3
"""Writes lbfgs.txt: PyTorch's L-BFGS on two functions, in double precision.

    python3 make_lbfgs.py > lbfgs.txt        # made with PyTorch 2.15

Two parameters, [2] and [3], begin at the numbers of the first row. Each case is a line
`case <name> <function> <option>=<value> …` and eight rows, one for each step: the loss before it, the number
of evaluations so far and the five parameters after it.
"""

import torch

torch.set_default_dtype(torch.float64)
START = [-1.2, 1.0, 0.5, -0.7, 2.0]


def rosenbrock(x, y):
    z = torch.cat([x, y])
    return (100 * (z[1:] - z[:-1] ** 2) ** 2 + (1 - z[:-1]) ** 2).sum()


def quadratic(x, y):
    weights = torch.tensor([1.0, 10.0, 3.0, 0.1, 30.0])
    z = torch.cat([x, y])
    return 0.5 * (weights * z * z).sum() + x[0] * y[0] - z.sum()


CASES = [
    ("quadratic", "quadratic", dict(lr=0.1)),
    ("quadratic_short", "quadratic", dict(lr=0.2, max_iter=4, history_size=2)),
    ("quadratic_single", "quadratic", dict(lr=0.3, max_iter=1)),
    ("quadratic_wolfe", "quadratic", dict(max_iter=3, line_search_fn="strong_wolfe")),
    ("rosenbrock_wolfe", "rosenbrock", dict(max_iter=5, line_search_fn="strong_wolfe")),
    ("rosenbrock_history", "rosenbrock", dict(max_iter=6, history_size=3, line_search_fn="strong_wolfe")),
    ("rosenbrock_evaluations", "rosenbrock", dict(lr=0.5, max_eval=9, line_search_fn="strong_wolfe")),
]


def row(values):
    return " ".join(repr(float(value)) for value in values)


print(row(START))
for name, function, options in CASES:
    numbers = {key: 1.0 if value == "strong_wolfe" else float(value) for key, value in options.items()}
    print("case", name, function, *(f"{key}={value!r}" for key, value in numbers.items()))
    x = torch.tensor(START[:2], requires_grad=True)
    y = torch.tensor(START[2:], requires_grad=True)
    optimizer = torch.optim.LBFGS([x, y], **options)

    def closure():
        optimizer.zero_grad()
        loss = globals()[function](x, y)
        loss.backward()
        return loss

    for _ in range(8):
        loss = optimizer.step(closure)
        evaluations = optimizer.state[x]["func_evals"]
        print(row([loss.item(), evaluations, *x.tolist(), *y.tolist()]))
