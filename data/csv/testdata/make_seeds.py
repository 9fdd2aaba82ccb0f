"""Writes the inputs that the fuzz targets of csv, covertype, text and tokenizer begin from."""
import gzip
import json
import pathlib
import struct

DATA = pathlib.Path(__file__).parent.parent.parent


def put(name, contents):
    path = DATA / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)


def packed(contents):
    return gzip.compress(contents, mtime=0)


numbers = b'1,2,3\n4.5,"6",7\r\n-1e-3,+2,9'
put("csv/testdata/fuzz/numbers.csv", numbers)
put("csv/testdata/fuzz/numbers.csv.gz", packed(numbers))
put("csv/testdata/fuzz/one_hot.csv", b'0,1,0,0,0,0,0,0,0,255,"a ""b""\r\n"\n')
put("csv/testdata/fuzz/header.csv", b'\xef\xbb\xbfd;c;s;s;i\n1e5;cat;;;-7\nNA;"dog";x;y;8')

rows = b""
for label, wilderness, soil in ((1, 0, 39), (7, 3, 0)):
    numeric = [2596 + label, 51, 3, 258, -6, 510, 221, 232, 148, 6279]
    flags = [int(i == wilderness) for i in range(4)] + [int(i == soil) for i in range(40)]
    rows += ",".join(map(str, numeric + flags + [label])).encode() + b"\n"
put("covertype/testdata/fuzz/two.data", rows)
put("covertype/testdata/fuzz/two.data.gz", packed(rows))

article = " \n = Title = \n \n Some <unk> words , na\u00efve \U0001f600 .\n = = Part = = \n x".encode()
put("text/testdata/fuzz/article.txt", article)
put("text/testdata/fuzz/article.txt.gz", packed(article))

model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "<s>": 3}, "merges": ["a b"], "unk_token": "a"}
put("tokenizer/testdata/fuzz/bytes.json", json.dumps({
    "model": model,
    "added_tokens": [{"id": 3, "content": "<s>", "special": True, "lstrip": True}],
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": False}]},
    "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
                       "special_tokens": {"<s>": {"ids": [3]}}},
}).encode())
put("tokenizer/testdata/fuzz/spaces.json", json.dumps({
    "model": {"vocab": {"\u2581": 0, "\u2581a": 1, "a": 2, "b": 3}, "merges": [["\u2581", "a"]], "byte_fallback": True},
    "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False},
    "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Strip", "content": " "}]},
}, ensure_ascii=False).encode())
put("tokenizer/testdata/fuzz/pair.bpe", '{"a":0,"b":1,"ab":2,"\u0120":3}\0#version: 0.2\na b\n'.encode())
pieces = [b"<0x%02X>" % (i - 3) if 3 <= i < 259 else b"%d" % i for i in range(262)]
put("tokenizer/testdata/fuzz/tiny.llama2c", struct.pack("<i", 6) + b"".join(
    struct.pack("<fi", -i, len(piece)) + piece for i, piece in enumerate(pieces)))
put("tokenizer/testdata/fuzz/words.txt", "Hello, I'll  12 \n\n  x\u00e9\u4f60 \U0001f600'S 345\r\n".encode())
