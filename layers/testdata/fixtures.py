"""What the scripts that make fixtures share."""

import json
import struct

import torch

DTYPES = {torch.float64: "F32", torch.int64: "I64", torch.bool: "BOOL"}


def normal(shape, generator):
    """Normal numbers that are f32 exactly, held in double precision."""
    return torch.randn(shape, generator=generator).double()


def write_safetensors(path, tensors):
    """Rounds double precision to f32."""
    header, body = {}, b""
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        data = (tensor.float() if tensor.dtype == torch.float64 else tensor).numpy().tobytes()
        header[name] = {
            "dtype": DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + body)
