"""Contracts that venues list and that the program does not size, each with the reason."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple


class ListedOnly(NamedTuple):
    """A contract that a venue lists and that is not in the catalogue, and why it cannot be sized."""

    venue: str
    code: str
    underlying: str
    why_not_sized: str
    as_of: str


@lru_cache(maxsize=1)
def listed_only() -> tuple[ListedOnly, ...]:
    """Contracts that venues list but whose size is not known well enough (hedge_core/data/listed_contracts.csv)."""
    text = files("hedge_core").joinpath("data", "listed_contracts.csv").read_text(encoding="utf-8")
    return tuple(ListedOnly(**row) for row in csv.DictReader(text.splitlines()))
