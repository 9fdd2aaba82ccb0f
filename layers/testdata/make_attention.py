#!/usr/bin/env python3
"""Writes attention.safetensors: what PyTorch's layers of several inputs give: embeddings, attention, transformers.

    python3 make_attention.py attention.safetensors        # made with PyTorch 1.13

For each case: `<case>/<input>`, `<case>/state/<name>`, `<case>/y`, `<case>/grad_y` (the gradient that goes
in), `<case>/grad_<input>` and `<case>/grad/<name>` (those that come out). Computed in double precision and
rounded once to f32, from f32 inputs. Masks are bool, true for what is seen, as Tenon takes them.
"""

import sys

import torch
from torch import nn
from fixtures import normal, write_safetensors

B, T, S, E, H, F = 2, 3, 5, 6, 2, 7


def causal(size):
    return torch.ones(size, size).tril().bool()


def attention(**options):
    return nn.MultiheadAttention(E, H, batch_first=True, **options)


def attend(module, query, key, value, seen=None, present=None):
    hidden = None if seen is None else ~seen
    padding = None if present is None else ~present
    return module(query, key, value, attn_mask=hidden, key_padding_mask=padding, need_weights=False)[0]


def encoder(**options):
    return nn.TransformerEncoderLayer(E, H, F, batch_first=True, **options)


def decoder(**options):
    return nn.TransformerDecoderLayer(E, H, F, batch_first=True, **options)


def encode(module, x, seen=None, present=None):
    hidden = None if seen is None else ~seen
    padding = None if present is None else ~present
    return module(x, src_mask=hidden, src_key_padding_mask=padding)


def decode(module, x, memory, seen=None, present=None):
    hidden = None if seen is None else ~seen
    padding = None if present is None else ~present
    return module(x, memory, tgt_mask=hidden, memory_key_padding_mask=padding)


def embed(module, ids):
    return module(ids)


def combine(module, left, right):
    return module(left, right)


def cases(generator):
    x, other, memory = normal((B, T, E), generator), normal((B, T, E), generator), normal((B, S, E), generator)
    present = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()
    here = torch.tensor([[1, 1, 0], [1, 1, 1]]).bool()
    ids = torch.tensor([[3, 0, 3], [1, 4, 2]])
    yield "embedding", nn.Embedding(5, 4), embed, {"ids": ids}
    yield "embedding_padding", nn.Embedding(5, 4, padding_idx=3), embed, {"ids": ids}
    yield "self_attention", attention(), lambda m, x: attend(m, x, x, x), {"x": x}
    yield "self_attention_no_bias", attention(bias=False), lambda m, x: attend(m, x, x, x), {"x": x}
    yield "causal_attention", attention(), lambda m, x, seen: attend(m, x, x, x, seen), {"x": x, "seen": causal(T)}
    yield "cross_attention", attention(), attend, {"query": x, "key": memory, "value": memory * 0.5 + 1}
    yield "cross_attention_sizes", attention(kdim=5, vdim=4), attend, {
        "query": x, "key": memory[:, :, :5] + 0, "value": memory[:, :, 1:5] * 0.5}
    yield "padded_attention", attention(), lambda m, x, memory, present: attend(
        m, x, memory, memory, None, present), {"x": x, "memory": memory, "present": present}
    dropped = {"dropout": 0.5}
    yield "encoder", encoder(**dropped).eval(), encode, {"x": x}
    yield "encoder_training", encoder(dropout=0.0), encode, {"x": x, "seen": causal(T), "present": here}
    yield "encoder_gelu_first", encoder(dropout=0.0, activation="gelu", norm_first=True), encode, {"x": x}
    yield "decoder", decoder(**dropped).eval(), decode, {"x": other, "memory": memory}
    yield "decoder_training", decoder(dropout=0.0), decode, {
        "x": other, "memory": memory, "seen": causal(T), "present": present}
    yield "decoder_gelu_first", decoder(dropout=0.0, activation="gelu", norm_first=True), decode, {
        "x": other, "memory": memory}
    left, right = normal((5, 3), generator), normal((5, 2), generator)
    yield "bilinear", nn.Bilinear(3, 2, 4), combine, {"left": left, "right": right}
    yield "bilinear_no_bias", nn.Bilinear(3, 1, 1, bias=False), combine, {
        "left": normal((2, 3, 3), generator), "right": normal((2, 3, 1), generator)}


def run(module, call, inputs, generator):
    module = module.double()
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            value = normal(parameter.shape, generator) * 0.5
            if isinstance(module, nn.Embedding) and module.padding_idx is not None:
                value[module.padding_idx] = 0
            parameter.copy_(value)
    leaves = {n: t.clone().requires_grad_(t.is_floating_point()) for n, t in inputs.items()}
    y = call(module, **leaves)
    grad_y = normal(y.shape, generator)
    y.backward(grad_y)
    tensors = {**leaves, "y": y, "grad_y": grad_y}
    tensors.update({"grad_" + n: t.grad for n, t in leaves.items() if t.requires_grad})
    for name, parameter in module.named_parameters():
        tensors["state/" + name] = parameter
        tensors["grad/" + name] = parameter.grad
    return tensors


def main():
    generator = torch.Generator().manual_seed(20170612)
    tensors = {}
    for case, module, call, inputs in cases(generator):
        for name, tensor in run(module, call, inputs, generator).items():
            tensors[case + "/" + name] = tensor
    write_safetensors(sys.argv[1], tensors)


main()
