#!/usr/bin/env python3
"""Writes whitening.txt: whitening filters of 2x2 patches by NumPy's eigen-decomposition.

    python3 make_whitening.py > whitening.txt        # made with NumPy 2.4.6

Images [6,3,9,7]: pixel (n, c, h, w) with the flat index i is frac(43758.5453 sin(0.7 i)) + 0.3 c (h + 2 w) / 9, noise
over a slope, in double precision. One line: the 12 filters of 12 values, largest variance first, each with its value of
largest magnitude positive; eps is 5e-4.
"""

import numpy as np

SHAPE, EPS = (6, 3, 9, 7), 5e-4
i = np.arange(np.prod(SHAPE), dtype=np.float64)
noise = (np.sin(0.7 * i) * 43758.5453 + 65536) % 1
_, c, h, w = np.indices(SHAPE)
images = noise.reshape(SHAPE) + 0.3 * c * (h + 2 * w) / 9
windows = np.lib.stride_tricks.sliding_window_view(images, (2, 2), axis=(2, 3))  # [N,C,8,6,2,2]
patches = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, 12)
variances, vectors = np.linalg.eigh(np.cov(patches.T, bias=True))
filters = (vectors / np.sqrt(variances + EPS)).T[::-1]
for f in filters:
    f *= np.sign(f[np.abs(f).argmax()])
print(" ".join(repr(float(value)) for value in filters.flatten()))
