"""Contracts that venues list and that the program does not size, each with the reason."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from hedge_core.tables import shipped_rows


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
    return tuple(ListedOnly(**row) for row in shipped_rows("listed_contracts.csv"))
