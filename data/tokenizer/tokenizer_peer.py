"""Times Hugging Face's tokenizers on one core on the text of tokenizer_bench, for a comparison in one run.

    pip install tokenizers && python3 data/tokenizer/tokenizer_peer.py DATA_FOLDER
"""
import os
import pathlib
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers

data = pathlib.Path(sys.argv[1])
folder = data / "gpt2_tokenizer"
tokenizer = Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
raw = (data / "wikitext2" / "wiki.test.tokens").read_bytes()
lines = raw.decode("utf-8").splitlines(keepends=True)
best = float("inf")
for _ in range(4):
    start = time.perf_counter()
    tokens = sum(len(tokenizer.encode(line).ids) for line in lines)
    best = min(best, time.perf_counter() - start)
print(f"tokenizers {tokenizers.__version__}: {tokens} tokens, {len(raw) / best / 1e6:.1f} MB/s")
