"""Makes the fixtures of the tokenizers' tests with Hugging Face's tokenizers.

    pip install tokenizers && python3 make_fixtures.py DATA_FOLDER

DATA_FOLDER holds gpt2_tokenizer/, opt_tokenizer/ and wikitext2/. Writes beside this script:

    nasty.json               1,000 strings that tokenizers get wrong
    NAME.json                small tokenizers of several kinds, trained on this script and its strings
    NAME.sums                for each string a checksum of the ids that the tokenizer NAME gives it
    gpt2.sums, opt.sums      the same for the published tokenizers
    gpt2_wikitext2.sums      for each line of WikiText-2's valid and test files
    wikitext2.json           a checksum for each 1,000 of these lines, for OPT's and the small tokenizers
    trained.json             vocabulary and merges that the library learns from nasty.json
"""
import json
import pathlib
import random
import struct
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
DATA = pathlib.Path(sys.argv[1])

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")


def nasty_strings(count):
    """Pieces that are awkward by themselves, in random order; and characters from everywhere."""
    rng = random.Random(7)
    pieces = [
        " ", "  ", "   ", "\n", "\r\n", "\n\n", "\t", "\u00a0", "\u2003", "\u3000", "\u2028", "\x85", "\x0b", "\x1c", "\u200b",
        "'s", "'S", "'t", "'re", "'RE", "'ve", "'m", "'ll", "'LL", "'d", "'", "''", "'\u017f", "\u2019s", "n't",
        "a", "ab", "the", " the", "Hello", "WORLD", "\u00e9", "e\u0301", "\u00df", "\u0130", "\u01c5", "\ufb01", "\u1e9e", "na\u00efve",
        "1", "12", "123", "1234", "3.14", "1,000", "\u0661\u0662\u0663", "\u00bd", "\u00b2", "\u2167", "\u4e09", "\U0001d7d8", "\u0f33",
        "!", "?!", "...", "---", "@-@", "$", "\u20ac", "%", "\\", "\"", "<", ">", "&amp;", "#", "_", "\u2014", "\u00ab", "\u3002",
        "\u65e5\u672c\u8a9e", "\u4f60\u597d", "\ud55c\uad6d\uc5b4", "\u1112\u1161\u11ab", "\u0e44\u0e17\u0e22", "\u0939\u093f\u0928\u094d\u0926\u0940",
        "\u0645\u0631\u062d\u0628\u0627", "\u05e9\u05dc\u05d5\u05dd", "\u0395\u03bb\u03bb\u03ac\u03b4\u03b1", "\u041f\u0440\u0438\u0432\u0435\u0442", "\U00010330\U00010331",
        "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\u2764\ufe0f", "\U0001f44d\U0001f3fd", "1\ufe0f\u20e3",
        "\u0300", "\u0301\u0302", "\u200d", "\ufeff", "\ufffd", "\uffff", "\U0010ffff", "\ue000", "\U000e0041", "\x00", "\x01", "\x7f", "\x1b[0m",
        "<|endoftext|>", "<s>", "</s>", "<unk>", "<pad>", "<mask>", "<|endof", "\u2581", "\u2581the", "<0x0A>", "\u0120", "\u010a", "Z\u0351\u036b\u0343a\u0328l\u034fgo",
    ]
    everywhere = [(0x20, 0x7f), (0, 0x20), (0x80, 0x250), (0x300, 0x600), (0x900, 0xe00), (0x1e00, 0x2200), (0x2580, 0x2c00),
                  (0x3000, 0x3200), (0xa000, 0xa900), (0xf900, 0x10000), (0x10000, 0x11000), (0x1d400, 0x1d800), (0x1f000, 0x1fb00),
                  (0x20000, 0x20100), (0xe0000, 0x110000)]

    def character():
        low, high = rng.choice(everywhere)
        return chr(rng.randrange(low, high))

    strings = ["", " ", "a" * 300, " " * 40 + "x", "\n" * 9, "1" * 50, "\U0001f600" * 20]
    while len(strings) < count:
        if rng.random() < 0.7:
            strings.append("".join(rng.choice(pieces) for _ in range(rng.randrange(1, 9))))
        else:
            strings.append("".join(character() for _ in range(rng.randrange(1, 13))))
    return strings


def checksum(ids):
    """FNV-1a of the ids as 32-bit numbers, taken whole."""
    value = 2166136261
    for token in ids:
        value = ((value ^ token) * 16777619) & 0xFFFFFFFF
    return value


def write_sums(name, tokenizer, texts):
    sums = [checksum(tokenizer.encode(text).ids) for text in texts]
    (HERE / f"{name}.sums").write_bytes(struct.pack(f"<{len(sums)}I", *sums))


def thousands(tokenizer, lines):
    """A checksum for each 1,000 lines: of their ids, with the number of ids after each line's."""
    sums = []
    for begin in range(0, len(lines), 1000):
        ids = []
        for line in lines[begin:begin + 1000]:
            own = tokenizer.encode(line).ids
            ids += own + [len(own)]
        sums.append(checksum(ids))
    return sums


def small(name, tokenizer, texts, special, **options):
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=special, show_progress=False, **options)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def byte_level(texts, steps, special=("<|endoftext|>",), ignore_merges=False):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    small("", tokenizer, texts, list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.model.ignore_merges = ignore_merges
    return tokenizer


def llama(texts, normalized):
    """As Llama 2's file: byte fallback; spaces spelled by a normalizer, or by Metaspace."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    if normalized:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
        tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                                               decoders.Strip(content=" ", left=1, right=0)])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
        tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    small("", tokenizer, texts, special, limit_alphabet=150)
    tree = json.loads(tokenizer.to_str())
    tree["added_tokens"] = tree["added_tokens"][:3]  # the bytes are no special tokens
    tokenizer = Tokenizer.from_str(json.dumps(tree))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


def published(name, special, before=()):
    folder = DATA / f"{name}_tokenizer"
    tokenizer = Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(special)
    if before:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{before} $A", pair=f"{before} $A {before} $B", special_tokens=[(before, tokenizer.token_to_id(before))])
    return tokenizer


def main():
    strings = nasty_strings(1000)
    (HERE / "nasty.json").write_text(json.dumps({"strings": strings}, ensure_ascii=False), encoding="utf-8")
    texts = [pathlib.Path(__file__).read_text(encoding="utf-8")] + strings

    def split(pattern):
        return pre_tokenizers.Split(Regex(pattern), "isolated")

    plain = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    gpt2_rule = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizers = {
        "small_gpt2": byte_level(texts, [gpt2_rule]),
        "small_llama3": byte_level(texts, [split(LLAMA3), plain], ignore_merges=True),
        "small_qwen2": byte_level(texts, [split(QWEN2), plain]),
        "small_smollm": byte_level(texts, [pre_tokenizers.Digits(individual_digits=True), gpt2_rule]),
        "small_roberta": byte_level(texts, [pre_tokenizers.ByteLevel(add_prefix_space=True)], special=("<s>", "<pad>", "</s>")),
        "small_llama": llama(texts, True),
        "small_metaspace": llama(texts, False),
    }
    tokenizers["small_qwen2"].normalizer = normalizers.NFC()
    roberta = tokenizers["small_roberta"]
    roberta.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=True)
    roberta.add_special_tokens([AddedToken("<mask>", lstrip=True), AddedToken("<unk>", rstrip=True)])
    for name, tokenizer in tokenizers.items():
        tree = json.loads(tokenizer.to_str())
        (HERE / f"{name}.json").write_text(json.dumps(tree, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        write_sums(name, tokenizer, strings)

    gpt2 = published("gpt2", ["<|endoftext|>"])
    write_sums("gpt2", gpt2, strings)
    tokenizers["opt"] = published("opt", ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>"], "</s>")
    write_sums("opt", tokenizers["opt"], strings)
    lines = []
    for part in ("valid", "test"):
        text = (DATA / "wikitext2" / f"wiki.{part}.tokens").read_bytes().decode("utf-8")
        lines += text.split("\n")
    write_sums("gpt2_wikitext2", gpt2, lines)
    sums = {name: thousands(tokenizer, lines) for name, tokenizer in tokenizers.items()}
    (HERE / "wikitext2.json").write_text(json.dumps(sums), encoding="utf-8")

    trained = byte_level(strings, [gpt2_rule])
    model = json.loads(trained.to_str())["model"]
    (HERE / "trained.json").write_text(json.dumps({"vocab": model["vocab"], "merges": model["merges"]}, ensure_ascii=False,
                                                  separators=(",", ":")), encoding="utf-8")


main()
