#!/usr/bin/env python3
"""Writes pca.npz and prints t-SNE's divergence: what scikit-learn makes of the digits.

    python3 make_fixtures.py       # made with scikit-learn 1.2.1

Signs are set as Tenon's: of each component the entry of largest magnitude is positive.
"""

import pathlib

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

x = load_digits().data


def fit(points, components):
    pca = PCA(components, svd_solver="full").fit(points)
    rows = pca.components_
    pca.components_ = rows * np.sign(np.take_along_axis(rows, np.abs(rows).argmax(1)[:, None], 1))
    return pca


pca, few = fit(x, 5), fit(x[:20], 3)
np.savez(
    pathlib.Path(__file__).parent / "pca.npz",
    mean=pca.mean_,
    components=pca.components_,
    variance=pca.explained_variance_,
    share=pca.explained_variance_ratio_,
    projected=pca.transform(x[:10]),
    components_of_20=few.components_,
    variance_of_20=few.explained_variance_,
)

points = x[:600] / 16
scaled = fit(points, 2).transform(points)
scaled *= 1e-4 / scaled[:, 0].std()
for iterations in (400, 1000):
    tsne = TSNE(init=scaled, n_iter=iterations).fit(points.astype(np.float32))
    away = ((tsne.embedding_[:, None] - tsne.embedding_[None]) ** 2).sum(2) + 1e9 * np.eye(600)
    labels = load_digits().target[:600]
    agreement = (labels[away.argmin(1)] == labels).mean()
    print(f"t-SNE of 600 digits, {iterations} iterations: divergence {tsne.kl_divergence_:.4f}, "
          f"nearest neighbour of the same class {agreement:.4f}")
