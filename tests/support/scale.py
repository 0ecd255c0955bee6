"""How often tests that repeat themselves do so: a little in the suite, many times more in `make long`."""

from __future__ import annotations

import os

SCALE = int(os.environ.get("TEST_SCALE", "1"))


def scaled(times: int) -> int:
    """`times` in the suite, TEST_SCALE times as many where that is set."""
    return times * SCALE
