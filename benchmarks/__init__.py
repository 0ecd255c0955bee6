"""What the program costs, each figure beside a peer or a floor measured in the same run: `python -m benchmarks`."""

import os

# numpy computes on this thread alone: threads of its own would be counted for nobody, and wait for each other where the
# machine is busy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
