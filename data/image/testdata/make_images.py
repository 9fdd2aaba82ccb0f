"""Writes the JPEG files and 16-bit PNGs of this folder with Pillow, and images.safetensors: what
Pillow decodes them to, [H,W] or [H,W,3].

    apt-get install python3-pil python3-numpy && python3 make_images.py

Made with Debian 12's Pillow 9.4.0, which decodes with libjpeg-turbo 2.1.5.
"""

import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).parent
out = {}

y, x = np.mgrid[0:24, 0:40]
color = np.stack([x * 6, y * 10, 255 - x * 3 - y * 4], -1).clip(0, 255).astype(np.uint8)
color[6:14, 10:20] = [250, 20, 30]


def decoded(path, half=False):
    image = Image.open(path)
    if half:
        image.draft("RGB", (20, 12))
    if image.mode != "L":
        image = image.convert("RGB")
    return np.array(image)


def save(name, image, **options):
    image.save(FOLDER / f"{name}.jpg", **options)
    out[name] = decoded(FOLDER / f"{name}.jpg")


save("color", Image.fromarray(color), quality=85)
save("sampled", Image.fromarray(color[:23, :37]), quality=90, subsampling=2)
save("progressive", Image.fromarray(color), quality=85, progressive=True)
save("grey", Image.fromarray(color[..., 0]), quality=85)
save("cmyk", Image.fromarray(color).convert("CMYK"), quality=85)
save("one_pixel", Image.fromarray(color[:1, :1]), quality=85)
out["color half"] = decoded(FOLDER / "color.jpg", half=True)


def write_png16(name, values):
    """values [H,W] or [H,W,3], 16 bits; Pillow cannot write the latter."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    h, w = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", w, h, 16, 2 if values.ndim == 3 else 0, 0, 0, 0)
    (FOLDER / f"{name}.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


deep = (color[:5, :7].astype(np.uint16) * 257)
write_png16("deep_color", deep)
write_png16("deep_grey", deep[..., 0])
out["deep_color"] = color[:5, :7]
out["deep_grey"] = color[:5, :7, 0]

header, data = {}, b""
for name, array in out.items():
    header[name] = {"dtype": "U8", "shape": array.shape, "data_offsets": [len(data), len(data) + array.size]}
    data += array.tobytes()
text = json.dumps(header).encode()
(FOLDER / "images.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
