#!/usr/bin/env python3
"""Writes promotion.txt: what every pair of dtypes gives, each with dimensions, without, or as a number.

    python3 make_promotion.py > promotion.txt        # made with PyTorch 2.15; 1.13 writes the same

A line is `operation kind_a kind_b dtype_a results…`, one result for each dtype of b in the order of DTYPES, or for each
number: a dtype, of eq a truth value, or `error`.
"""

import itertools

import torch

DTYPES = dict(f32=torch.float32, f64=torch.float64, bf16=torch.bfloat16, f16=torch.float16, i64=torch.int64,
              i32=torch.int32, u8=torch.uint8, bool=torch.bool)
NAMES = {dtype: name for name, dtype in DTYPES.items()}
SHAPES = {"1-d": (2,), "0-d": ()}
NUMBERS = (2, 0.5)
THIRD = 1 / 3


def dtype_of(function):
    return lambda a, b: NAMES[function(a, b).dtype]


def are_equal(a, b):
    """Of two thirds, which are equal where they meet in a dtype that rounded both the same."""
    return str(bool(torch.eq(a * THIRD if a.is_floating_point() else a, b * THIRD if b.is_floating_point() else b).all())).lower()


OPERATIONS = dict(
    add=dtype_of(torch.add),
    mul=dtype_of(torch.mul),
    div=dtype_of(torch.div),
    maximum=dtype_of(torch.maximum),
    where=dtype_of(lambda a, b: torch.where(torch.ones(2, dtype=torch.bool), a, b)),
    eq=are_equal,
    add_=dtype_of(lambda a, b: a.add_(b)),
    mul_=dtype_of(lambda a, b: a.mul_(b)),
    div_=dtype_of(lambda a, b: a.div_(b)),
    cat=dtype_of(lambda a, b: torch.cat([a, b])),
    stack=dtype_of(lambda a, b: torch.stack([a, b])),
)
WITH_NUMBERS = ("add", "mul", "div", "add_", "mul_")


def result(operation, kind_a, name_a, b):
    try:
        return OPERATIONS[operation](torch.ones(SHAPES[kind_a], dtype=DTYPES[name_a]), b)
    except RuntimeError:
        return "error"


for operation, kind_a, kind_b in itertools.product(OPERATIONS, SHAPES, SHAPES):
    joins = operation in ("cat", "stack")
    grows = operation.endswith("_") and (kind_a, kind_b) == ("0-d", "1-d")
    if grows or (joins and kind_a != kind_b) or (operation == "cat" and kind_a == "0-d"):
        continue
    for name_a in DTYPES:
        others = [torch.ones(SHAPES[kind_b], dtype=dtype) for dtype in DTYPES.values()]
        print(operation, kind_a, kind_b, name_a, *(result(operation, kind_a, name_a, b) for b in others))
for operation, kind_a, name_a in itertools.product(WITH_NUMBERS, SHAPES, DTYPES):
    print(operation, kind_a, "number", name_a, *(result(operation, kind_a, name_a, b) for b in NUMBERS))
