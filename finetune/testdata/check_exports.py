#!/usr/bin/env python3
"""Loads what //finetune:write_exports wrote, with Transformers, PEFT and bitsandbytes, and compares with Tenon.

    ./bazelw run //finetune:write_exports -- /tmp/exports
    python3 check_exports.py /tmp/exports        # passed with Transformers 5.24, PEFT 0.21.2, bitsandbytes 0.50.2

For each folder: the largest difference of logits over their largest magnitude, and whether greedy decoding continues
the text with the same tokens. Exits 1 where a difference passes 1e-5 or a token differs.
"""

import pathlib
import sys

import bitsandbytes.nn.modules
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

# Its AVX-512 kernels take sizes that are multiples of 32 only.
bitsandbytes.nn.modules.has_avx512bf16 = lambda: False

TEXT = "Once upon a time, there was a little girl named Lily."


def load(folder):
    if (folder / "adapter_config.json").exists():
        base = AutoModelForCausalLM.from_pretrained(folder.parent / "stories", dtype=torch.float32)
        return PeftModel.from_pretrained(base, folder)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def check(folder):
    expected = load_file(folder / "expected.safetensors")
    model = load(folder).eval()
    with torch.no_grad():
        logits = model(expected["tokens"]).logits
        text = model.generate(input_ids=expected["tokens"], attention_mask=torch.ones_like(expected["tokens"]),
                              max_new_tokens=60, do_sample=False, pad_token_id=0)
    error = ((logits - expected["logits"]).abs().max() / expected["logits"].abs().max()).item()
    greedy = text[0, expected["tokens"].shape[1]:]
    same = torch.equal(greedy, expected["greedy"])
    print(f"{folder.name:15} logits differ by {error:.1e}, greedy text {'is the same' if same else 'DIFFERS'}")
    return error <= 1e-5 and same


def check_tokenizer(folder):
    ids = AutoTokenizer.from_pretrained(folder)(TEXT).input_ids
    same = ids == load_file(folder / "expected.safetensors")["tokens"][0].tolist()
    print(f"{'tokenizer':15} ids {'are the same' if same else 'DIFFER'}")
    return same


def main():
    root = pathlib.Path(sys.argv[1])
    folders = sorted(path.parent for path in root.glob("*/expected.safetensors"))
    results = [check(folder) for folder in folders] + [check_tokenizer(root / "stories")]
    sys.exit(0 if folders and all(results) else 1)


main()
