"""Times pandas.read_csv on the file that covertype_bench writes, for a comparison in one run.

    bazelw run //data/covertype:covertype_bench && python3 data/covertype/covertype_pandas.py
"""
import os
import time

import pandas

path = os.path.join(os.environ.get("TMPDIR", "/tmp"), "covtype_full_size.data")
best = float("inf")
for _ in range(3):
    start = time.perf_counter()
    table = pandas.read_csv(path, header=None)
    best = min(best, time.perf_counter() - start)
print(f"pandas {pandas.__version__}: {len(table)} rows, {os.path.getsize(path) / best / 1e6:.0f} MB/s")
