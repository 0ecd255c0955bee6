"""How much of each contract is traded per day, as far as it is known.

`data/volumes.csv` holds one figure per contract, each with its source and date. Volumes change by a factor of four from
year to year; they are good enough to rank contracts, not to size orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from hedge_core.market.contracts import Contract, catalogue
from hedge_core.tables import shipped_rows


def volumes_of(contracts: Mapping[str, Contract]) -> Mapping[str, float]:
    """The daily volume (USD) of each contract, by coin; a contract without a known volume is left out."""
    known = _volumes()
    return {coin: known[contract.id].usd for coin, contract in contracts.items() if contract.id in known}


class Volume(NamedTuple):
    """What is traded of a contract per day in USD, by this source of this day or quarter."""

    usd: float
    source: str
    as_of: str


def volume_of(contract: Contract) -> Volume | None:
    """The daily volume of one contract with its source, None if it is not known."""
    return _volumes().get(contract.id)


def largest_volume(coin: str) -> float | None:
    """The largest known daily volume (USD) of a contract on this coin, at whichever venue; None if none is known."""
    return _largest().get(coin)


@lru_cache(maxsize=1)
def _largest() -> Mapping[str, float]:
    known, largest = _volumes(), dict[str, float]()
    for contract in catalogue():
        if contract.id in known:
            largest[contract.underlying] = max(largest.get(contract.underlying, 0.0), known[contract.id].usd)
    return largest


@lru_cache(maxsize=1)
def _volumes() -> Mapping[str, Volume]:
    """The daily volume of each contract id."""
    return {
        f"{row['venue']}:{row['code']}": Volume(float(row["daily_volume_usd"]), row["source"], row["source_date"])
        for row in shipped_rows("volumes.csv")
    }
