#!/usr/bin/env python3
"""Writes the files of torch_pickle_test: torch.save in both formats, and pickles that must be refused.

    /usr/bin/python3 make_torch_files.py .        # made with PyTorch 1.13
"""

import collections
import os
import sys
import zipfile

import torch


def contents():
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    state = collections.OrderedDict()
    state["layer.weight"] = base
    state["layer.view"] = base.t()[1:, ::2]  # shares the storage
    state["parameter"] = torch.nn.Parameter(torch.tensor([0.5, -2.0]))
    for dtype in [torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8]:
        state[str(dtype)[6:]] = torch.tensor([1, 2, 3], dtype=dtype)
    state["bool"] = torch.tensor([True, False])
    state["scalar"] = torch.tensor(7)
    state["empty"] = torch.zeros(0, 3)
    state._metadata = collections.OrderedDict(version=1)
    return {"state_dict": state, "best": 91.75, "epoch": 164, "big": 2**40, "minus": -300,
            "flag": True, "nothing": None, "arch": "resnet20", "groups": [{"lr": 0.1}, (1, 2)], 5: 6.0}


class Call:
    """Pickles as a call of os.system."""

    def __reduce__(self):
        return os.system, ("touch /tmp/should_not_exist",)


def repack(source, target):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)


def main():
    os.chdir(sys.argv[1])
    torch.save(contents(), "torch_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(contents(), "torch_zip.pt")
    repack("torch_zip.pt", "torch_deflated.pt")
    torch.save({"w": torch.ones(2), "f": Call()}, "torch_hostile_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({"w": torch.ones(2), "f": Call()}, "torch_hostile_zip.pt")
    torch.save({"w": torch.tensor([1], dtype=torch.int8)}, "torch_int8.pt")
    torch.save(torch.nn.Linear(1, 1), "torch_module.pt")


main()
