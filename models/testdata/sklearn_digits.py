#!/usr/bin/env python3
"""scikit-learn's MLPClassifier on the digits, beside //models:mlp_estimator_bench.

    python3 sklearn_digits.py ../../data/testdata/digits.csv.gz        # made with scikit-learn 1.2.1

The first 1,437 images are learnt from, the other 360 are the test. One line for each of five seeds: accuracy,
epochs, seconds.
"""

import gzip
import sys
import time
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore")
table = np.loadtxt(gzip.open(sys.argv[1], "rt"), delimiter=",")
x, y = (table[:, :64] / 16).astype(np.float32), table[:, 64].astype(int)
for seed in range(1, 6):
    classifier = MLPClassifier(random_state=seed)
    start = time.perf_counter()
    classifier.fit(x[:1437], y[:1437])
    seconds = time.perf_counter() - start
    print(f"seed={seed} accuracy={classifier.score(x[1437:], y[1437:]):.4f} epochs={classifier.n_iter_} "
          f"seconds={seconds:.3f}")
