#!/usr/bin/env python3
"""Writes adapters as PEFT saves them, and the logits that PEFT computes with them.

    python3 make_peft.py ../../models/lm/testdata .        # made with PEFT 0.21.2, PyTorch 2.15

For each case a folder `<case>` with `adapter_config.json`, `adapter_model.safetensors` and
`expected.safetensors`: `tokens`, `logits` (in evaluation mode), `loss`, and `grad.<name>` of every
trained parameter, by its name in the adapter's file.
"""

import pathlib
import sys

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

CASES = {
    "opt_lora": ("opt", dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])),
    "opt_pattern": ("opt", dict(r=4, lora_alpha=6, target_modules=["fc1", "fc2"], rank_pattern={"fc1": 2},
                                alpha_pattern={"layers.1.fc2": 3}, use_rslora=True, bias="lora_only")),
    "opt_dora": ("opt", dict(r=2, lora_alpha=4, target_modules=["k_proj", "out_proj"], use_dora=True)),
    "opt_embedding": ("opt", dict(r=3, lora_alpha=3, target_modules=["embed_tokens", "q_proj"])),
    "llama_all": ("llama", dict(r=2, lora_alpha=4, target_modules="all-linear")),
    "gpt2_lora": ("gpt2", dict(r=2, lora_alpha=4, target_modules=["c_attn"], fan_in_fan_out=True, bias="all")),
}


def main():
    models, out = map(pathlib.Path, sys.argv[1:])
    generator = torch.Generator().manual_seed(2106)
    for case, (base, options) in CASES.items():
        model = AutoModelForCausalLM.from_pretrained(models / base)
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **options))
        trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        with torch.no_grad():
            for name, parameter in trained.items():
                change = 0.3 * torch.randn(parameter.shape, generator=generator)
                parameter.copy_(parameter + change)
        model.eval()
        tokens = torch.randint(3, 38, (2, 9), generator=generator)
        result = model(tokens, labels=tokens)
        result.loss.backward()
        expected = {"tokens": tokens, "logits": result.logits, "loss": result.loss.reshape(1)}
        for name, parameter in trained.items():
            expected["grad." + name.replace(".default", "")] = parameter.grad
        folder = out / case
        model.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        save_file({n: t.detach().contiguous() for n, t in expected.items()}, folder / "expected.safetensors")


main()
