"""How much of each contract is traded per day, as far as it is known.

`data/volumes.csv` holds one figure per contract, each with its source and date. Volumes change by a factor of four from
year to year; they are good enough to rank contracts, not to size orders.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from hedge_core.market.contracts import Contract


def volumes_of(contracts: Mapping[str, Contract]) -> Mapping[str, float]:
    """The daily volume (USD) of each contract, by coin; a contract without a known volume is left out."""
    known = _volumes()
    return {coin: known[contract.id] for coin, contract in contracts.items() if contract.id in known}


@lru_cache(maxsize=1)
def _volumes() -> Mapping[str, float]:
    """The daily volume (USD) of each contract id."""
    text = files("hedge_core").joinpath("data/volumes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {f"{row['venue']}:{row['code']}": float(row["daily_volume_usd"]) for row in rows}
