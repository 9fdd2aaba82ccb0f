#!/usr/bin/env python3
"""Writes published.json: the tensors that models of the Hub have, by their configs.

    python3 make_published.py > published.json        # made with Transformers 5.24

For each model its `config` (the fields of the published config.json that decide about tensors), its number of
`parameters`, and `tensors`: names with `*` for the number of a layer, and shapes, as Transformers' class has them.
Nothing is downloaded, and no weights are made.

The counts were compared with those that are published with or about each model.
"""

import json
import re

import torch
import transformers

OPT = dict(model_type="opt", vocab_size=50272, max_position_embeddings=2048, activation_function="relu",
           bos_token_id=2, eos_token_id=2, pad_token_id=1)
GPT2 = dict(model_type="gpt2", vocab_size=50257, n_positions=1024, n_inner=None, activation_function="gelu_new",
            layer_norm_epsilon=1e-5, bos_token_id=50256, eos_token_id=50256)
SMOL = dict(model_type="llama", vocab_size=49152, max_position_embeddings=8192, hidden_act="silu", rms_norm_eps=1e-5,
            rope_theta=100000, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0)
QWEN = dict(model_type="qwen2", vocab_size=151936, hidden_size=896, num_hidden_layers=24, num_attention_heads=14,
            num_key_value_heads=2, intermediate_size=4864, hidden_act="silu", rms_norm_eps=1e-6, rope_theta=1000000,
            use_sliding_window=False, tie_word_embeddings=True, bos_token_id=151643, eos_token_id=151643)

MODELS = {
    "facebook/opt-125m": (125239296, dict(
        OPT, hidden_size=768, num_hidden_layers=12, num_attention_heads=12, ffn_dim=3072, word_embed_proj_dim=768,
        do_layer_norm_before=True)),
    "facebook/opt-350m": (331196416, dict(
        OPT, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, ffn_dim=4096, word_embed_proj_dim=512,
        do_layer_norm_before=False)),
    "EleutherAI/gpt-neo-125m": (125198592, dict(
        model_type="gpt_neo", vocab_size=50257, hidden_size=768, num_layers=12, num_heads=12, intermediate_size=None,
        max_position_embeddings=2048, window_size=256, activation_function="gelu_new", layer_norm_epsilon=1e-5,
        attention_layers=["global", "local"] * 6, attention_types=[[["global", "local"], 6]], bos_token_id=50256,
        eos_token_id=50256)),
    "openai-community/gpt2": (124439808, dict(GPT2, n_embd=768, n_layer=12, n_head=12)),
    "openai-community/gpt2-xl": (1557611200, dict(GPT2, n_embd=1600, n_layer=48, n_head=25)),
    "distilbert/distilgpt2": (81912576, dict(GPT2, n_embd=768, n_layer=6, n_head=12)),
    "HuggingFaceTB/SmolLM2-135M": (134515008, dict(
        SMOL, hidden_size=576, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
        intermediate_size=1536)),
    "HuggingFaceTB/SmolLM2-360M": (361821120, dict(
        SMOL, hidden_size=960, num_hidden_layers=32, num_attention_heads=15, num_key_value_heads=5,
        intermediate_size=2560)),
    "TinyLlama/TinyLlama-1.1B-Chat-v1.0": (1100048384, dict(
        model_type="llama", vocab_size=32000, hidden_size=2048, num_hidden_layers=22, num_attention_heads=32,
        num_key_value_heads=4, intermediate_size=5632, max_position_embeddings=2048, hidden_act="silu",
        rms_norm_eps=1e-5, rope_theta=10000, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2)),
    "meta-llama/Llama-3.2-1B": (1235814400, dict(
        model_type="llama", vocab_size=128256, hidden_size=2048, num_hidden_layers=16, num_attention_heads=32,
        num_key_value_heads=8, head_dim=64, intermediate_size=8192, max_position_embeddings=131072, hidden_act="silu",
        rms_norm_eps=1e-5, rope_theta=500000, tie_word_embeddings=True, bos_token_id=128000, eos_token_id=128001,
        rope_scaling=dict(factor=32.0, high_freq_factor=4.0, low_freq_factor=1.0,
                          original_max_position_embeddings=8192, rope_type="llama3"))),
    "Qwen/Qwen2-0.5B": (494032768, dict(QWEN, max_position_embeddings=131072)),
    "Qwen/Qwen2.5-0.5B": (494032768, dict(QWEN, max_position_embeddings=32768)),
}


def tensors_of(config):
    """And how many numbers they have together."""
    fields = {key: value for key, value in config.items() if key != "model_type"}
    if "attention_layers" in fields:
        del fields["attention_layers"]  # follows from attention_types
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(
            transformers.AutoConfig.for_model(config["model_type"], **fields))
    tensors = {}
    for name, parameter in model.named_parameters():
        shape = list(parameter.shape)
        assert tensors.setdefault(re.sub(r"\.\d+\.", ".*.", name), shape) == shape
    return tensors, model.num_parameters()


def main():
    out = {}
    for name, (published, config) in MODELS.items():
        tensors, count = tensors_of(config)
        assert count == published, (name, count, published)
        out[name] = {"config": config, "parameters": count, "tensors": tensors}
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in out.items()]
    print("{" + ",\n".join(lines) + "}")


main()
