"""Reads numbers out of data from outside, which may hold text, booleans, NaN or nothing where a number belongs."""

from __future__ import annotations

import math


def number(value: object) -> float | None:
    """The value as a finite number, or None if it is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):  # no number; a whole number of more than 308 digits
        return None
    return result if math.isfinite(result) else None


def positive(value: object) -> float | None:
    """The value as a number above zero and below 1e15, or None if it is not one."""
    result = number(value)
    return result if result is not None and 0 < result < 1e15 else None
