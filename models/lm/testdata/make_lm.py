#!/usr/bin/env python3
"""Writes a tiny random model of each family as a Hugging Face folder, and what Transformers computes with it.

    python3 make_lm.py .        # made with Transformers 5.24, PyTorch 2.15

For each case a folder with `config.json`, `model.safetensors` (one case in two shards) and `expected.safetensors`:
`tokens` [2,T], `logits`, `loss` (the mean over shifted tokens), `grad.<parameter>` of the loss, `greedy` (tokens
that generate() adds to the first row) and `padded_logits` (of the second row with its first three tokens taken
as padding). In f32, except for the cases of 16-bit weights.
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import (GPT2Config, GPT2LMHeadModel, GPTNeoConfig, GPTNeoForCausalLM, LlamaConfig,
                          LlamaForCausalLM, OPTConfig, OPTForCausalLM, Qwen2Config, Qwen2ForCausalLM)

OPT = dict(vocab_size=40, hidden_size=16, num_hidden_layers=2, ffn_dim=24, num_attention_heads=4,
           max_position_embeddings=24, bos_token_id=2, eos_token_id=39)
LLAMA = dict(vocab_size=40, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=24, eos_token_id=39)
LLAMA3 = dict(rope_type="llama3", rope_theta=100.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=16)

CASES = {
    "opt": OPTForCausalLM(OPTConfig(**OPT, word_embed_proj_dim=16)),
    "opt_350m": OPTForCausalLM(OPTConfig(**OPT, word_embed_proj_dim=8, do_layer_norm_before=False)),
    "galactica": OPTForCausalLM(OPTConfig(**OPT, word_embed_proj_dim=16, activation_function="gelu",
                                          enable_bias=False)),
    "gpt_neo": GPTNeoForCausalLM(GPTNeoConfig(
        vocab_size=40, hidden_size=16, num_layers=2, attention_types=[[["global", "local"], 1]], num_heads=4,
        max_position_embeddings=24, window_size=5, bos_token_id=39, eos_token_id=39)),
    "gpt2": GPT2LMHeadModel(GPT2Config(vocab_size=40, n_embd=16, n_layer=2, n_head=4, n_positions=24,
                                       bos_token_id=39, eos_token_id=39)),
    "llama": LlamaForCausalLM(LlamaConfig(**LLAMA, tie_word_embeddings=False)),
    "llama3": LlamaForCausalLM(LlamaConfig(**LLAMA, tie_word_embeddings=True, head_dim=8, rope_parameters=LLAMA3)),
    "qwen2": Qwen2ForCausalLM(Qwen2Config(**LLAMA, tie_word_embeddings=True)),
}


def randomize(model, generator):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.randn(parameter.shape, generator=generator)
            is_scale = parameter.ndim == 1 and not name.endswith("bias")
            parameter.copy_(1 + 0.2 * values if is_scale else 0.3 * values)


def run(model, folder, generator, shards):
    randomize(model, generator)
    model.eval()
    model.save_pretrained(folder, max_shard_size="6KB" if shards else "1GB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    tokens = torch.randint(3, 38, (2, 11), generator=generator)
    out = model(tokens, labels=tokens)
    out.loss.backward()
    expected = {"tokens": tokens, "logits": out.logits, "loss": out.loss.reshape(1)}
    for name, parameter in model.named_parameters():
        expected["grad." + name] = parameter.grad
    greedy = model.generate(tokens[:1], max_new_tokens=10, do_sample=False, pad_token_id=0)
    expected["greedy"] = greedy[0, tokens.shape[1]:]
    mask = torch.ones(1, tokens.shape[1], dtype=torch.long)
    mask[0, :3] = 0
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    extra = {} if model.config.model_type == "opt" else {"position_ids": positions}
    expected["padded_logits"] = model(tokens[1:], attention_mask=mask, **extra).logits[:, 3:]
    save_file({name: value.detach().contiguous() for name, value in expected.items()},
              folder / "expected.safetensors")


def main():
    generator = torch.Generator().manual_seed(2302)
    for case, model in CASES.items():
        run(model, pathlib.Path(sys.argv[1]) / case, generator, shards=case == "gpt_neo")


main()
