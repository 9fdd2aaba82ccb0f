"""Times the workloads of //benchmarks:steps --large in PyTorch on a GPU, in bf16: a model of OPT's
blocks with GELU, random tokens and labels, AdamW.

  python3 torch_large.py [--seconds 2] [--modes eager,compile,max-autotune] [--quick] [name ...]

Prints `name mode step_ms, MB at the most`. LoRA is written out, as PEFT computes it: adapters of
rank 8 in f32 on queries, keys, values and outputs, beside weights in bf16. NF4 is bitsandbytes',
left out where that is not installed. Decoding runs one token after 64 others, always at the same
position.
"""

import argparse
import math
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

CONTEXT = 64
SMALL = dict(hidden=768, layers=12, heads=12, vocabulary=50000)
LARGE = dict(hidden=2048, layers=24, heads=32, vocabulary=50000)
TINY = dict(hidden=64, layers=2, heads=4, vocabulary=300)


class Adapted(nn.Module):
    """A frozen linear layer and an update of low rank."""

    def __init__(self, base, rank=8, alpha=32):
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / math.sqrt(base.in_features))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))
        self.scaling = alpha / rank

    def forward(self, x):
        return self.base(x) + F.linear(F.linear(x, self.a), self.b) * self.scaling


class Block(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.q, self.k, self.v, self.o = (nn.Linear(hidden, hidden) for _ in range(4))
        self.fc1, self.fc2 = nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden)

    def forward(self, x, cache=None):
        batch, length, hidden = x.shape
        y = self.norm1(x)
        q, k, v = (layer(y).view(batch, length, self.heads, -1).transpose(1, 2)
                   for layer in (self.q, self.k, self.v))
        if cache is not None:
            cache[0][:, :, CONTEXT:], cache[1][:, :, CONTEXT:] = k, v
            k, v = cache
        z = F.scaled_dot_product_attention(q, k, v, is_causal=cache is None)
        x = x + self.o(z.transpose(1, 2).reshape(batch, length, hidden))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class Model(nn.Module):
    def __init__(self, hidden, layers, heads, vocabulary):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, hidden), nn.Embedding(2050, hidden)
        self.blocks = nn.ModuleList(Block(hidden, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden)

    def forward(self, tokens, caches=None):
        first = 0 if caches is None else CONTEXT
        x = self.tokens(tokens)
        x = x + self.positions(torch.arange(first, first + tokens.shape[1], device=tokens.device))
        for i, block in enumerate(self.blocks):
            x = block(x, None if caches is None else caches[i])
        return F.linear(self.norm(x), self.tokens.weight)


def to_nf4(model, device):
    """Linear layers of the blocks in NF4 with nested scales."""
    import bitsandbytes as bnb
    for block in model.blocks:
        for name in ("q", "k", "v", "o", "fc1", "fc2"):
            dense = getattr(block, name)
            layer = bnb.nn.Linear4bit(dense.in_features, dense.out_features, quant_type="nf4",
                                      compute_dtype=torch.bfloat16, compress_statistics=True)
            layer.weight = bnb.nn.Params4bit(dense.weight.data.cpu(), requires_grad=False,
                                             quant_type="nf4", compress_statistics=True)
            layer.bias = nn.Parameter(dense.bias.data.cpu(), requires_grad=False)
            setattr(block, name, layer.to(device))


def compiled(model, mode):
    if mode == "eager":
        return model
    return torch.compile(model, mode=None if mode == "compile" else mode)


def training(sizes, trained, batch, length, mode, device):
    model = Model(**sizes).to(device)
    if trained == "all_bf16":
        model.bfloat16()  # without an f32 copy: less work than Tenon's step of that name
    elif trained != "all":
        model.requires_grad_(False)
        model.bfloat16()
        if trained == "nf4":
            to_nf4(model, device)
        for block in model.blocks:
            for name in ("q", "k", "v", "o"):
                setattr(block, name, Adapted(getattr(block, name)).to(device))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=2e-4, fused=device == "cuda")
    forward = compiled(model, mode)
    tokens = torch.randint(0, sizes["vocabulary"], (batch, length), device=device)
    labels = torch.randint(0, sizes["vocabulary"], (batch * length,), device=device)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=trained != "all_bf16"):
            logits = forward(tokens)
            loss = F.cross_entropy(logits.view(-1, logits.shape[-1]), labels)
        loss.backward()
        optimizer.step()

    return step


def decoding(sizes, nf4, mode, device):
    model = Model(**sizes).to(device).bfloat16().requires_grad_(False)
    if nf4:
        to_nf4(model, device)
    shape = (1, sizes["heads"], CONTEXT + 1, sizes["hidden"] // sizes["heads"])
    caches = [tuple(torch.zeros(shape, device=device, dtype=torch.bfloat16) for _ in range(2))
              for _ in model.blocks]
    forward = compiled(model, mode)
    token = torch.full((1, 1), 7, device=device)

    def step():
        with torch.inference_mode():
            forward(token, caches)

    return step


def workloads(quick):
    small, large = (TINY, TINY) if quick else (SMALL, LARGE)
    batch, length, few = (2, 32, 1) if quick else (32, 1024, 4)
    return {
        "opt125m_full_b32x1024": lambda *to: training(small, "all", batch, length, *to),
        "opt125m_full_bf16_b32x1024": lambda *to: training(small, "all_bf16", batch, length, *to),
        "opt1.3b_lora_b4x512": lambda *to: training(large, "adapters", few, length // 2, *to),
        "opt1.3b_qlora_b4x512": lambda *to: training(large, "nf4", few, length // 2, *to),
        "opt1.3b_decode_bf16": lambda *to: decoding(large, False, *to),
        "opt1.3b_decode_nf4": lambda *to: decoding(large, True, *to),
    }


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def median_ms(step, seconds, device):
    for _ in range(5):
        step()
    wait(device)
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    times, end = [], time.time() + seconds
    while time.time() < end or len(times) < 3:
        start = time.perf_counter()
        for _ in range(5):
            step()
        wait(device)
        times.append((time.perf_counter() - start) / 5)
    return 1e3 * statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description="//benchmarks:steps --large in PyTorch")
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each figure")
    parser.add_argument("--modes", default="eager,compile,max-autotune")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--quick", action="store_true", help="tiny models of the same names")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        print("skipped: no CUDA device")
        return
    if args.device == "cuda":
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}", file=sys.stderr)
    table = workloads(args.quick)
    for name in args.names or table:
        best = {}
        for mode in args.modes.split(","):
            torch.manual_seed(0)
            torch._dynamo.reset()
            try:
                best[mode] = median_ms(table[name](mode, args.device), args.seconds, args.device)
            except Exception as error:  # a mode that cannot run it, or no bitsandbytes
                print(f"{name:28s} {mode:14s} failed: {str(error).splitlines()[:1]}", flush=True)
                continue
            most = 1e-6 * torch.cuda.max_memory_allocated() if args.device == "cuda" else 0
            print(f"{name:28s} {mode:14s} {best[mode]:10.3f} ms {most:12.1f} MB at the most",
                  flush=True)
        if best:
            fastest = min(best, key=best.get)
            print(f"{name:28s} {'fastest':14s} {best[fastest]:10.3f} ms  {fastest}", flush=True)


if __name__ == "__main__":
    main()
