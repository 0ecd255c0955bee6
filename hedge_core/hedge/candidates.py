"""Which of a venue's contracts a basket may use: the ones that are traded most, in lots that suit the size of the bag.

Without a limit on the lot, the search for a small bag finds contracts of which it could sell one or none, and the whole
counts that remain hedge worse than Bitcoin and Ether alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from hedge_core.exposure.basket import CORE
from hedge_core.market.contracts import Contract

MOST_CANDIDATES = 25
"""How many coins of most volume are candidates, which also bounds the histories that a source has to fetch."""

ALWAYS = (*CORE, "SOL")
"""Coins that are candidates whatever their volume."""

MOST_OF_BAG = 0.25
"""The largest share of the bag that one lot may be worth, except in Bitcoin and Ether."""


def basket_candidates(
    contracts: Mapping[str, Contract], prices: Mapping[str, float], volumes: Mapping[str, float], *, value: float
) -> tuple[str, ...]:
    """Return the coins that may be proxies in the basket of a bag worth `value` USD: BTC, ETH, then by volume.

    `contracts` is the contract to short for each coin, `prices` are in USD per coin, and `volumes` is the daily volume
    of each contract in USD. A coin without a price is not a candidate; one without a volume comes last, in the order of
    `contracts`.
    """
    wanted = most_traded({coin: contract for coin, contract in contracts.items() if coin in prices}, volumes)
    return tuple(
        coin for coin in wanted if coin in CORE or contracts[coin].lot_notional(prices[coin]) <= MOST_OF_BAG * value
    )


def most_traded(contracts: Mapping[str, Contract], volumes: Mapping[str, float]) -> tuple[str, ...]:
    """Return the coins of most volume among those with a contract, and those of ALWAYS: BTC, ETH, then by volume."""
    by_volume = sorted(contracts, key=lambda coin: (coin not in volumes, -volumes.get(coin, 0.0)))
    wanted = {*by_volume[:MOST_CANDIDATES], *ALWAYS}
    core_first = sorted(by_volume, key=lambda coin: CORE.index(coin) if coin in CORE else len(CORE))
    return tuple(coin for coin in core_first if coin in wanted)
