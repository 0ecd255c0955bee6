"""What `from hedge_core import assess` costs in a fresh interpreter, beside `import pandas`.

`import hedge_core` alone loads next to nothing: names are imported on first use.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.harness import Timings, alternate_reported, benchmark

PROGRAM = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"


def import_time(statement: str) -> float:
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(statement)], capture_output=True, text=True, check=True)
    return float(done.stdout)


@benchmark("import hedge_core", peer="import pandas", at_most_ratio=0.65)
def importing() -> Timings:
    return alternate_reported(
        lambda: import_time("from hedge_core import assess"), lambda: import_time("import pandas"), rounds=9
    )
