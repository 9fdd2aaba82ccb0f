"""Writes the files of this folder: what the fuzz targets of the readers begin from.

    python3 make_seeds.py
"""

import gzip
import io
import pathlib
import struct
import tarfile
import zipfile

FOLDER = pathlib.Path(__file__).parent


def put(name, data):
    (FOLDER / name).write_bytes(data)


def idx(kind, shape, data):
    return bytes([0, 0, kind, len(shape)]) + b"".join(struct.pack(">I", s) for s in shape) + data


put("u8.idx", idx(0x08, [2, 2, 3], bytes(range(12))))
put("f32.idx", idx(0x0D, [3], struct.pack(">3f", 1, 2, 3)))
put("f64.idx", idx(0x0E, [1, 1], struct.pack(">d", 1)))
put("u8.idx.gz", gzip.compress(idx(0x08, [4], b"abcd"), mtime=0))

pixels = bytes(3072)
put("one.cifar10", b"\3" + pixels)
put("one.cifar100.gz", gzip.compress((b"\1\2" + pixels) * 2, mtime=0))


def tar(mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tarfile.USTAR_FORMAT) as archive:
        for name, data in [("set/a.txt", b"alpha"), ("set/b.txt", b"beta" * 100)]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("set/link")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/passwd"
        archive.addfile(link)
    return out.getvalue()


put("three.tar.gz", gzip.compress(tar("w"), mtime=0))
put("three.tar.xz", tar("w:xz"))
put("three.tar.bz2", tar("w:bz2"))
plain = tar("w")
put("three.tar", plain[:3072])

out = io.BytesIO()
with zipfile.ZipFile(out, "w") as archive:
    for name, method in [("set/a.txt", zipfile.ZIP_STORED), ("set/b.txt", zipfile.ZIP_DEFLATED)]:
        info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
        archive.writestr(info, b"alpha" * 20, compress_type=method)
put("two.zip", out.getvalue())
