#!/usr/bin/env python3
"""Writes states_8bit.safetensors: steps of bitsandbytes' 8-bit optimizers on the CPU.

    python3 make_states_8bit.py states_8bit.safetensors        # made with bitsandbytes 0.50.2, PyTorch 2.15

One parameter [60,70], of 16 whole blocks of 256 elements and one of 104, whose gradients span four decades. `initial`,
`grads` [10,60,70] f16, the two maps `signed` and `unsigned`, and for each case and for the steps 1, 9 and 10
`<case>/<step>/parameter`, `codes1`, `scales1`, and `codes2`, `scales2` where the rule has two states.

States are rounded by quantize() below, to the nearest number, as bitsandbytes' default backend does. Its native CPU
kernel looks rounded values up in a table instead, and so is off by one for about one number in a thousand.
"""

import os
import sys

os.environ["TORCHDYNAMO_DISABLE"] = "1"
import bitsandbytes as bnb  # noqa: E402
import bitsandbytes.backends.cpu.ops as cpu  # noqa: E402
import torch  # noqa: E402
from bitsandbytes import functional as F  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

BLOCK = 256


def quantize(values, code, scales, codes, block):
    """To the nearest number of `code`, of a block divided by its largest magnitude."""
    flat = torch.nn.functional.pad(values.flatten(), (0, -values.numel() % block)).view(-1, block)
    largest = flat.abs().max(dim=1).values
    scaled = flat / largest.clamp(min=1e-38)[:, None]
    scales.copy_(largest)
    nearest = torch.bucketize(scaled, (code[1:] + code[:-1]) / 2)
    codes.copy_(nearest.flatten()[:values.numel()].view(values.shape))


cpu._quant_blockwise_fp32_direct = quantize

CASES = {
    "adamw": (bnb.optim.AdamW8bit, dict(lr=1e-2, weight_decay=0.1)),
    "sgd": (bnb.optim.SGD8bit, dict(lr=1e-2, momentum=0.9, weight_decay=0.1)),
    "lion": (bnb.optim.Lion8bit, dict(lr=1e-3, weight_decay=0.1)),
}


def main():
    generator = torch.Generator().manual_seed(2110)
    shape = (60, 70)
    initial = torch.randn(shape, generator=generator)
    size = 10 ** (-4 * torch.rand(shape, generator=generator))
    grads = (torch.randn((10, *shape), generator=generator) * size).half()
    out = {"initial": initial, "grads": grads, "signed": F.create_dynamic_map(signed=True),
           "unsigned": F.create_dynamic_map(signed=False)}
    for case, (rule, options) in CASES.items():
        parameter = torch.nn.Parameter(initial.clone())
        optimizer = rule([parameter], **options)
        for step, grad in enumerate(grads, 1):
            parameter.grad = grad.float()
            optimizer.step()
            if step not in (1, 9, 10):
                continue
            state = optimizer.state[parameter]
            assert state["state1"].dtype == torch.uint8
            kept = {"parameter": parameter.detach(), "codes1": state["state1"], "scales1": state["absmax1"]}
            if "state2" in state:
                kept |= {"codes2": state["state2"], "scales2": state["absmax2"]}
            out |= {f"{case}/{step}/{name}": tensor.clone() for name, tensor in kept.items()}
    save_file(out, sys.argv[1])


main()
