"""Writes transforms.safetensors: what torchvision and Pillow make of two small images.

    pip install torch torchvision pillow safetensors && python3 make_transforms.py

Made with torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0. The names say the operation and its
arguments; "u8." and "f32." the images it was applied to.
"""

import pathlib

import numpy as np
import torch
import torchvision.transforms.functional as F
from PIL import Image
from safetensors.torch import save_file
from torchvision.transforms import InterpolationMode

FOLDER = pathlib.Path(__file__).parent
BILINEAR, NEAREST = InterpolationMode.BILINEAR, InterpolationMode.NEAREST

torch.manual_seed(0)
H, W = 9, 11
ramp = torch.linspace(0, 255, W).expand(H, W)
noise = torch.randint(0, 256, (2, 3, H, W)).float()
mask = torch.rand(2, 3, H, W)
images = (ramp * mask + noise * (1 - mask)).round().to(torch.uint8)
images[1, :, 3:6, 4:9] = torch.tensor([200, 200, 200], dtype=torch.uint8).view(3, 1, 1)  # grey
images[1, 0] = images[1, 0] // 3 + 40  # not the whole range

out = {"images": images}


def add(name, function, u8=True, f32=True):
    if u8:
        out["u8." + name] = function(images).contiguous()
    if f32:
        out["f32." + name] = function(images.float() / 255).contiguous()


for h, w in [(5, 6), (9, 4), (21, 11), (16, 13), (1, 1)]:
    add(f"resize {h} {w}", lambda x: F.resize(x, [h, w], antialias=True), u8=False)
    add(f"resize plain {h} {w}", lambda x: F.resize(x, [h, w], antialias=False), u8=False)
    add(f"resize nearest {h} {w}", lambda x: F.resize(x, [h, w], InterpolationMode.NEAREST_EXACT))
    pillow = [Image.fromarray(i.permute(1, 2, 0).numpy()).resize((w, h), Image.BILINEAR) for i in images]
    out[f"u8.resize {h} {w}"] = torch.stack(
        [torch.from_numpy(np.array(p)).permute(2, 0, 1) for p in pillow]).contiguous()
add("resized_crop", lambda x: F.resized_crop(x, 2, 3, 6, 7, [8, 8], antialias=True), u8=False)

add("center_crop 8 5", lambda x: F.center_crop(x, [8, 5]))
add("center_crop 14 7", lambda x: F.center_crop(x, [14, 7]))
add("pad constant", lambda x: F.pad(x, [1, 2, 3, 4], 1.0, "constant"))
add("pad edge", lambda x: F.pad(x, [1, 2, 3, 4], 0, "edge"))
add("pad reflect", lambda x: F.pad(x, [1, 2, 3, 4], 0, "reflect"))
add("hflip", F.hflip)
add("vflip", F.vflip)

add("rotate 30", lambda x: F.rotate(x, 30, BILINEAR))
add("rotate -77.5 nearest", lambda x: F.rotate(x, -77.5, NEAREST))
add("affine", lambda x: F.affine(x, 20, [2, -1], 1.2, [10, -5], BILINEAR))
# torchvision's own fill weighs pixels at the border twice; this is the same with each weighed once.
add("affine fill", lambda x: F.affine(x - 0.5, -40, [0, 3], 0.7, [0, 0], BILINEAR) + 0.5, u8=False)

for factor in [0, 0.4, 1, 1.7]:
    add(f"brightness {factor}", lambda x: F.adjust_brightness(x, factor))
    add(f"contrast {factor}", lambda x: F.adjust_contrast(x, factor))
    add(f"saturation {factor}", lambda x: F.adjust_saturation(x, factor))
    add(f"sharpness {factor}", lambda x: F.adjust_sharpness(x, factor))
for turn in [-0.5, -0.1, 0, 0.3]:
    add(f"hue {turn}", lambda x: F.adjust_hue(x, turn))
add("grayscale 1", lambda x: F.rgb_to_grayscale(x, 1))
add("grayscale 3", lambda x: F.rgb_to_grayscale(x, 3))
add("posterize 3", lambda x: F.posterize(x, 3), f32=False)
add("solarize", lambda x: F.solarize(x, 100 if x.dtype == torch.uint8 else 100 / 255))
add("autocontrast", F.autocontrast)
add("equalize", F.equalize, f32=False)

# Equalizing does nothing to fewer than 256 pixels: a larger image, from half the range.
large = (torch.rand(1, 2, 30, 40) ** 2 * 128).to(torch.uint8)
out["large"] = large
out["large.equalize"] = F.equalize(torch.cat([large, large[:, :1]], 1))[:, :2].contiguous()

save_file(out, FOLDER / "transforms.safetensors")
