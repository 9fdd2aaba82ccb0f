#!/usr/bin/env python3
"""Writes layers.safetensors: what PyTorch's layers give for small inputs of odd sizes.

    python3 make_layers.py layers.safetensors        # made with PyTorch 1.13

For each case: `<case>/x`, `<case>/state/<name>` (parameters and buffers), `<case>/after/<name>`
(buffers after the forward), `<case>/y`, `<case>/grad_y` (the gradient that
goes in), `<case>/grad_x` and `<case>/grad/<name>` (those that come out). Computed in double precision and
rounded once to f32, from f32 inputs.
"""

import sys

import torch
from torch import nn
from fixtures import normal, write_safetensors

CASES = {
    "linear": (nn.Linear(5, 7), (3, 5)),
    "linear_3d": (nn.Linear(4, 3), (2, 3, 4)),
    "linear_no_bias": (nn.Linear(6, 1, bias=False), (5, 6)),
    "linear_one": (nn.Linear(1, 1), (1, 1)),
    "conv2d": (nn.Conv2d(3, 4, 3, padding=1), (2, 3, 7, 5)),
    "conv2d_pairs": (
        nn.Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(0, 2), dilation=(1, 2)),
        (2, 2, 9, 6),
    ),
    "conv2d_groups": (nn.Conv2d(4, 6, 3, stride=2, groups=2), (1, 4, 8, 7)),
    "conv2d_depthwise": (nn.Conv2d(5, 5, 3, padding=1, groups=5), (2, 5, 4, 6)),
    "conv2d_no_bias": (nn.Conv2d(3, 2, 1, bias=False), (3, 3, 5, 5)),
    "conv2d_whole_image": (nn.Conv2d(1, 2, (5, 3)), (2, 1, 5, 3)),
    "max_pool2d": (nn.MaxPool2d(2), (2, 3, 7, 5)),
    "max_pool2d_overlap": (nn.MaxPool2d(3, stride=2, padding=1), (1, 2, 7, 6)),
    "max_pool2d_pairs": (nn.MaxPool2d((2, 3), stride=(1, 2)), (2, 1, 5, 8)),
    "relu": (nn.ReLU(), (3, 4)),
    "tanh": (nn.Tanh(), (3, 4)),
    "sigmoid": (nn.Sigmoid(), (3, 4)),
    "flatten": (nn.Flatten(), (2, 3, 2, 2)),
    "flatten_middle": (nn.Flatten(1, 2), (2, 3, 2, 2)),
    "dropout_eval": (nn.Dropout(0.5).eval(), (3, 4)),
    "sequential": (
        nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(24, 5), nn.ReLU(), nn.ReLU(), nn.Linear(5, 3), nn.Tanh(),
        ),
        (3, 2, 5, 7),
    ),
    "batch_norm1d": (nn.BatchNorm1d(4), (5, 4)),
    "batch_norm1d_3d": (nn.BatchNorm1d(3, momentum=0.3), (2, 3, 5)),
    "batch_norm2d": (nn.BatchNorm2d(3), (2, 3, 5, 4)),
    "batch_norm2d_eval": (nn.BatchNorm2d(3).eval(), (2, 3, 5, 4)),
    "batch_norm2d_plain": (nn.BatchNorm2d(2, eps=0.1, affine=False), (3, 2, 1, 3)),
    "batch_norm2d_one_image": (nn.BatchNorm2d(2), (1, 2, 3, 3)),
}



class RMSNorm(nn.Module):
    """As PyTorch 2 has it (Zhang & Sennrich 2019, section 3)."""

    def __init__(self, size, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(size)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


NORMS = {
    "layer_norm": (nn.LayerNorm(7), (3, 7)),
    "layer_norm_2d": (nn.LayerNorm((3, 5), eps=0.1), (2, 4, 3, 5)),
    "layer_norm_plain": (nn.LayerNorm(6, elementwise_affine=False), (2, 3, 6)),
    "layer_norm_one_item": (nn.LayerNorm(5), (5,)),
    "rms_norm": (RMSNorm(7, 1e-6), (2, 3, 7)),
    "rms_norm_eps": (RMSNorm(5, 0.5), (3, 5)),
    "group_norm": (nn.GroupNorm(2, 6), (2, 6, 3, 5)),
    "group_norm_rows": (nn.GroupNorm(3, 3, eps=0.1), (4, 3, 5)),
    "group_norm_plain": (nn.GroupNorm(1, 4, affine=False), (1, 4, 3, 3)),
}


class CELU(nn.Module):
    """With an alpha that is trained (Barron 2017)."""

    def __init__(self, alpha):
        super().__init__()
        self.alpha = nn.Parameter(torch.tensor([alpha]))

    def forward(self, x):
        return x.clamp(min=0) + self.alpha * torch.expm1(x.clamp(max=0) / self.alpha)


class Swish(nn.Module):
    """Ramachandran, Zoph & Le 2017, section 4."""

    def __init__(self):
        super().__init__()
        self.beta = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)


class Maxout(nn.Module):
    def forward(self, x):
        return x.unflatten(1, (3, 2)).amax(2)


MORE = {
    "conv1d": (nn.Conv1d(3, 4, 3, padding=1), (2, 3, 7)),
    "conv1d_options": (nn.Conv1d(4, 6, 2, stride=2, padding=1, dilation=3, groups=2, bias=False), (1, 4, 9)),
    "conv_transpose2d": (nn.ConvTranspose2d(3, 2, 3), (2, 3, 4, 5)),
    "conv_transpose2d_options": (
        nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2), (1, 4, 3, 5)),
    "conv_transpose2d_dilation": (nn.ConvTranspose2d(2, 3, 2, dilation=2, bias=False), (2, 2, 3, 3)),
    "avg_pool2d": (nn.AvgPool2d(2), (2, 3, 7, 5)),
    "avg_pool2d_padding": (nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True), (1, 2, 6, 7)),
    "avg_pool2d_not_counted": (nn.AvgPool2d((3, 2), padding=1, count_include_pad=False), (1, 2, 5, 7)),
    "adaptive_avg_pool2d": (nn.AdaptiveAvgPool2d((3, 2)), (2, 3, 7, 5)),
    "adaptive_avg_pool2d_one": (nn.AdaptiveAvgPool2d(1), (2, 3, 3, 5)),
    "adaptive_max_pool2d": (nn.AdaptiveMaxPool2d((3, 2)), (2, 3, 7, 5)),
    "max_pool2d_options": (nn.MaxPool2d(2, stride=3, padding=1, dilation=2, ceil_mode=True), (1, 2, 9, 8)),
    "dropout2d_eval": (nn.Dropout2d(0.5).eval(), (2, 3, 2, 2)),
    "leaky_relu": (nn.LeakyReLU(0.2), (3, 5)),
    "elu": (nn.ELU(0.7), (3, 5)),
    "celu": (nn.CELU(1.5), (3, 5)),
    "celu_trainable": (CELU(1.5), (3, 5)),
    "selu": (nn.SELU(), (3, 5)),
    "gelu": (nn.GELU(), (3, 5)),
    "gelu_tanh": (nn.GELU("tanh"), (3, 5)),
    "silu": (nn.SiLU(), (3, 5)),
    "swish": (Swish(), (3, 5)),
    "mish": (nn.Mish(), (3, 5)),
    "softplus": (nn.Softplus(2.0), (3, 5)),
    "log_sigmoid": (nn.LogSigmoid(), (3, 5)),
    "hardtanh": (nn.Hardtanh(-0.5, 1.0), (3, 5)),
    "hardsigmoid": (nn.Hardsigmoid(), (3, 5)),
    "hardswish": (nn.Hardswish(), (3, 5)),
    "softmax": (nn.Softmax(-1), (3, 5)),
    "log_softmax": (nn.LogSoftmax(1), (3, 5)),
    "prelu": (nn.PReLU(), (3, 5)),
    "prelu_channels": (nn.PReLU(3), (2, 3, 4)),
    "maxout": (Maxout(), (4, 6)),
}

POOLS = {
    "max_pool1d": (nn.MaxPool1d(2), (2, 3, 7)),
    "max_pool1d_options": (nn.MaxPool1d(3, stride=2, padding=1, dilation=2, ceil_mode=True), (1, 2, 10)),
    "avg_pool1d": (nn.AvgPool1d(2), (2, 3, 7)),
    "avg_pool1d_padding": (nn.AvgPool1d(3, stride=2, padding=1, ceil_mode=True), (1, 2, 8)),
    "avg_pool1d_not_counted": (nn.AvgPool1d(3, padding=1, count_include_pad=False), (1, 2, 7)),
    "adaptive_avg_pool1d": (nn.AdaptiveAvgPool1d(3), (2, 3, 7)),
    "adaptive_max_pool1d": (nn.AdaptiveMaxPool1d(3), (2, 3, 7)),
}

EVALUATED = {
    "batch_norm1d_eval": (nn.BatchNorm1d(5).eval(), (1, 5)),
    "batch_norm1d_3d_eval": (nn.BatchNorm1d(3).eval(), (2, 3, 7)),
    "batch_norm2d_plain_eval": (nn.BatchNorm2d(2, affine=False).eval(), (3, 2, 1, 5)),
}

LOSSES = ["mean", "sum", "none"]


def run_case(module, shape, generator):
    module = module.double()
    tensors = {}
    with torch.no_grad():
        for parameter in module.parameters():
            value = normal(parameter.shape, generator) * 0.5
            parameter.copy_(value.abs() + 0.5 if isinstance(module, CELU) else value)
        for name, buffer in module.named_buffers():
            if buffer.dtype == torch.float64:
                buffer.copy_(normal(buffer.shape, generator).abs() + 0.5)
            tensors["state/" + name] = buffer.clone()
    x = normal(shape, generator).requires_grad_()
    y = module(x)
    grad_y = normal(y.shape, generator)
    y.backward(grad_y)
    tensors.update({"x": x, "y": y, "grad_y": grad_y, "grad_x": x.grad})
    for name, parameter in module.named_parameters():
        tensors["state/" + name] = parameter
        tensors["grad/" + name] = parameter.grad
    for name, buffer in module.named_buffers():
        tensors["after/" + name] = buffer
    return tensors


def run_loss(reduction, generator):
    x = (normal((5, 4), generator) * 3).requires_grad_()
    labels = torch.tensor([3, 0, 2, 2, 1])
    y = nn.CrossEntropyLoss(reduction=reduction)(x, labels)
    grad_y = normal(y.shape, generator)
    y.backward(grad_y)
    return {"x": x, "labels": labels, "y": y, "grad_y": grad_y, "grad_x": x.grad}


def run_alpha_dropout(p, generator):
    """Which elements are dropped is PyTorch's own choice: those whose grad_x is 0."""
    torch.manual_seed(7)
    return run_case(nn.AlphaDropout(p), (6, 8), generator)


def main():
    generator = torch.Generator().manual_seed(20130921)
    tensors = {}
    for case, (module, shape) in (CASES | NORMS | MORE).items():
        for name, tensor in run_case(module, shape, generator).items():
            tensors[case + "/" + name] = tensor
    for reduction in LOSSES:
        for name, tensor in run_loss(reduction, generator).items():
            tensors["cross_entropy_" + reduction + "/" + name] = tensor
    for p in (0.1, 0.5):
        for name, tensor in run_alpha_dropout(p, generator).items():
            tensors["alpha_dropout_" + str(p) + "/" + name] = tensor
    for case, (module, shape) in (POOLS | EVALUATED).items():
        for name, tensor in run_case(module, shape, generator).items():
            tensors[case + "/" + name] = tensor
    write_safetensors(sys.argv[1], tensors)


main()
