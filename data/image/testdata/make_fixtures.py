"""Writes the PNG files of this folder with Pillow.

    pip install pillow numpy && python3 make_fixtures.py

Each shows the same 2x3 pixels, as far as its kind can. Made with Pillow 13.0.0.
"""

import pathlib

import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).parent

GREY = np.array([[0, 1, 127], [128, 254, 255]], np.uint8)
COLOR = np.array(
    [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0, 0, 0], [255, 255, 255], [10, 20, 30]]], np.uint8)


def save(name, image, **options):
    image.save(FOLDER / f"{name}.png", **options)


save("grey", Image.fromarray(GREY))
save("color", Image.fromarray(COLOR))
save("palette", Image.fromarray(COLOR).quantize(6))
save("one_bit", Image.fromarray(GREY > 127))
alpha = np.array([[255, 255, 255], [255, 255, 0]], np.uint8)
save("alpha", Image.fromarray(np.dstack([COLOR, alpha])))
