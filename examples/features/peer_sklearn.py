"""What //examples/features:embed does with pixels, in scikit-learn: 50 principal components, then Barnes-Hut t-SNE of them.
usage: OMP_NUM_THREADS=2 peer_sklearn.py [--points N] [--iterations N] [--data_dir DIR]"""
import argparse
import gzip
import os
import time

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

parser = argparse.ArgumentParser()
parser.add_argument("--data_dir", default=os.environ.get("TENON_DATA", "../shared/data"))
parser.add_argument("--points", type=int, default=5000)
parser.add_argument("--iterations", type=int, default=1000)
options = parser.parse_args()


def read_idx(name, header):
    path = f"{options.data_dir}/mnist/{name}"
    opened = gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb")
    with opened as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def agreement(plane, labels):
    """The part of the points whose 10 nearest others mostly have their label."""
    others = NearestNeighbors(n_neighbors=11).fit(plane).kneighbors(plane, return_distance=False)[:, 1:]
    return np.mean([np.bincount(labels[row], minlength=10).argmax() == label for row, label in zip(others, labels)])


images = read_idx("t10k-images-idx3-ubyte", 16).reshape(-1, 784)[:options.points].astype(np.float32) / 255
labels = read_idx("t10k-labels-idx1-ubyte", 8)[:options.points]
start = time.perf_counter()
reduced = PCA(50, random_state=1).fit_transform(images)
middle = time.perf_counter()
method = TSNE(random_state=1, max_iter=options.iterations)
plane = method.fit_transform(reduced)
end = time.perf_counter()
print(f"pca seconds={middle - start:.3f} agree={100 * agreement(reduced[:, :2], labels):.2f}")
print(f"tsne seconds={end - middle:.3f} divergence={method.kl_divergence_:.3f} "
      f"agree={100 * agreement(plane, labels):.2f}")
