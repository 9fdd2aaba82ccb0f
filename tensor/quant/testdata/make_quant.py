#!/usr/bin/env python3
"""Writes quant.safetensors: codes, scales and values that bitsandbytes gives for small inputs.

    python3 make_quant.py quant.safetensors        # made with bitsandbytes 0.50.2, PyTorch 2.15

For each case `<case>/x`, `codes`, `scales`, `dequantized`; where the scales are quantized again `nested_scales`,
`nested_offset`. And `nf4`, `fp4`, `nested`: the numbers by code.

Scales are quantized again by bitsandbytes' default backend, which takes the nearest number. Its native CPU kernel for
this step looks rounded values up in a table instead, and so is off by one for about one scale in a thousand.
"""

import importlib
import os
import sys

os.environ["TORCHDYNAMO_DISABLE"] = "1"
import bitsandbytes._ops  # noqa: E402
import torch  # noqa: E402

KERNELS = {}


def keep(name, _device):
    return lambda kernel: KERNELS.setdefault(name.split("::")[1], kernel)


bitsandbytes._ops.register_kernel = keep
import bitsandbytes.backends.default.ops as default  # noqa: E402

importlib.reload(default)
from bitsandbytes import functional as F  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

G = torch.Generator().manual_seed(2305)


def normal(*shape):
    return torch.randn(shape, generator=G)


def with_zeros():
    x = normal(5, 64)
    x[1] = 0
    x[4, ::2] = 0
    return x


def with_outliers():
    x = normal(9, 128)
    x[3, 7] = 40
    x[8, 100] = -3e-39
    return x


CASES = {
    "nf4": (normal(6, 64), "nf4", 64, False),
    "nf4_nested": ((normal(66, 256) * 0.02).bfloat16(), "nf4", 64, True),
    "nf4_odd": (normal(7, 31), "nf4", 64, True),
    "nf4_one": (normal(1), "nf4", 64, False),
    "nf4_bf16": (normal(12, 64).bfloat16(), "nf4", 64, True),
    "nf4_f16": (normal(12, 64).half(), "nf4", 64, True),
    "nf4_block_128": (with_outliers(), "nf4", 128, True),
    "nf4_zeros": (with_zeros(), "nf4", 64, True),
    "fp4": (normal(10, 64), "fp4", 64, True),
    "fp4_zeros": (with_zeros(), "fp4", 64, False),
    "fp4_odd": (normal(3, 43), "fp4", 32, True),
}


def run(x, kind, block, nested):
    out = {"x": x}
    codes, scales = KERNELS["quantize_4bit"](x, block, kind, torch.uint8)
    out["codes"] = codes
    if nested:
        offset = scales.mean()
        quantized, largest = KERNELS["quantize_blockwise"](scales - offset, F.create_dynamic_map(), 256)
        out |= {"scales": quantized, "nested_scales": largest, "nested_offset": offset.reshape(1)}
        scales = KERNELS["dequantize_blockwise"](
            quantized, largest, F.create_dynamic_map(), 256, torch.float32) + offset
    else:
        out["scales"] = scales
    out["dequantized"] = KERNELS["dequantize_4bit"](codes, scales, block, kind, x.shape, x.dtype)
    return out


def main():
    tensors = {name: F.get_4bit_type(name, device="cpu") for name in ["nf4", "fp4"]}
    tensors["nested"] = F.create_dynamic_map()
    for case, arguments in CASES.items():
        for name, tensor in run(*arguments).items():
            tensors[case + "/" + name] = tensor.contiguous()
    x = normal(5, 37)
    codes, scales, _ = KERNELS["int8_vectorwise_quant"](x)
    tensors |= {"int8/x": x, "int8/codes": codes.view(torch.uint8), "int8/scales": scales,
                "int8/dequantized": codes * scales[:, None] / 127}
    save_file(tensors, sys.argv[1])


main()
