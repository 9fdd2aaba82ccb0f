"""Writes the files of this folder with NumPy and the safetensors package.

    pip install numpy safetensors && python3 make_fixtures.py

The tests know the values by heart; here they are stated once more, and written by other people's
code. Made with NumPy 2.4.6 and safetensors 0.8.0.
"""

import pathlib

import numpy as np
from numpy.lib import format as npy_format
from safetensors import TensorSpec, serialize

FOLDER = pathlib.Path(__file__).parent

FLOATS = np.array([[-2.5, -1.5, -0.5], [0.5, 1.5, 65504.0]])
VALUES = {
    "f32": FLOATS.astype("<f4"),
    "f64": FLOATS.astype("<f8"),
    "f16": FLOATS.astype("<f2"),
    "i64": np.array([[-(2**63), -1, 0], [1, 2, 2**63 - 1]], "<i8"),
    "i32": np.array([[-(2**31), -1, 0], [1, 2, 2**31 - 1]], "<i4"),
    "u8": np.array([[0, 1, 2], [127, 128, 255]], "u1"),
    "bool": np.array([[True, False, False], [True, True, False]]),
}


def save_npy(name, array, version=(1, 0)):
    with open(FOLDER / f"{name}.npy", "wb") as file:
        npy_format.write_array(file, array, version=version)


def make_npy():
    for name, array in VALUES.items():
        save_npy(name, array)
    save_npy("f32_big_endian", VALUES["f32"].astype(">f4"))
    save_npy("i64_big_endian", VALUES["i64"].astype(">i8"))
    save_npy("f32_fortran", np.asfortranarray(VALUES["f32"]))
    save_npy("f32_version2", VALUES["f32"], version=(2, 0))
    save_npy("f32_version3", VALUES["f32"], version=(3, 0))
    save_npy("scalar", np.array(2.5, "<f8"))
    save_npy("vector", np.array([1, 2, 3], "<i4"))
    save_npy("empty", np.zeros((0, 3), "<f4"))
    save_npy("u16", np.array([1, 2], "<u2"))
    save_npy("structured", np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f4")]))


def make_npz():
    arrays = {**VALUES, "big_endian": VALUES["f32"].astype(">f4"), "fortran": np.asfortranarray(VALUES["f64"]),
              "scalar": np.array(2.5), "empty": np.zeros((0, 3), "<f4"), "folder/x": np.arange(3)}
    np.savez(FOLDER / "stored.npz", **arrays)
    np.savez_compressed(FOLDER / "deflated.npz", **arrays)
    np.savez(FOLDER / "objects.npz", np.array([{}, None]))


def spec(array, dtype=None):
    return TensorSpec(dtype=dtype or array.dtype.name, shape=array.shape,
                      data_ptr=array.ctypes.data, data_len=array.nbytes)


def make_safetensors():
    # The upper halves of the floats; NumPy has no bfloat16. 65504 is rounded to 65536.
    bf16 = np.array([[0xC020, 0xBFC0, 0xBF00], [0x3F00, 0x3FC0, 0x4780]], "<u2")
    others = {"scalar": np.array(2.5), "empty": np.zeros((0, 3), "<f4")}
    tensors = {name: spec(array) for name, array in {**VALUES, **others}.items()}
    tensors["bf16"] = spec(bf16, "bfloat16")
    metadata = {"format": "np", "quote": 'a "b" \\ \n é'}
    (FOLDER / "all.safetensors").write_bytes(serialize(tensors, metadata))
    i16 = np.array([1, 2], "<i2")
    (FOLDER / "i16.safetensors").write_bytes(serialize({"x": spec(i16)}, None))


if __name__ == "__main__":
    make_npy()
    make_npz()
    make_safetensors()
