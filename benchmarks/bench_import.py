"""What `import hedge_core` costs in a fresh interpreter, beside `import pandas`."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.harness import Timings, alternate_reported, benchmark

PROGRAM = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def import_time(module: str) -> float:
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(module)], capture_output=True, text=True, check=True)
    return float(done.stdout)


@benchmark("import hedge_core", peer="import pandas", at_most_ratio=0.65)
def importing() -> Timings:
    return alternate_reported(lambda: import_time("hedge_core"), lambda: import_time("pandas"), rounds=9)
