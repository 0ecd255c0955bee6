"""Siblings of the wrong values: at least thirty of each kind of data, so that a rule is tested and not its example.

They are played as those of `wrong_values` are, but only by `make long`, and are not written down in docs/faults.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.exchange.wrong_values import (
    LAST,
    WrongValue,
    averaged,
    ended,
    funding,
    gapped,
    history,
    inexact,
    listed_twice,
    newest,
    of_another_coin,
    of_other_days,
    price,
    scaled,
    settled_in,
    size,
    smallest_order,
    standing,
    step,
)

COINS = ("SOL", "ETH", "BTC", "ATOM", "OKB")
LISTED = ("SOL", "ETH", "BTC", "OKB")
"""Coins of the plan's legs, which have a contract."""

PRICES = (100.0, 7.0, 1.6, 0.65, 0.2, 0.0001)

NEAR_PRICES = (1.15, 0.92, 0.85)
"""Other exchanges agree within 20% with these."""

SIZES = (100.0, 3.0, 0.5, 0.01)

ANOTHER = {"SOL": "AVAX", "ETH": "SOL", "BTC": "ETH", "ATOM": "NEAR"}


def _histories(coin: str) -> tuple[WrongValue, ...]:
    return (
        history(coin, f"of {ANOTHER[coin]}", of_another_coin, other=ANOTHER[coin]),
        history(coin, "× 0.001", scaled, factor=0.001),
        history(coin, "× 3 in its first half", scaled, factor=3.0, last=-180),
        history(coin, "one close × 2, 100 days ago", scaled, factor=2.0, first=-100, last=-99),
        history(coin, "one close × 0.01, 30 days ago", scaled, factor=0.01, first=-30, last=-29),
        history(coin, "the last 5 days × 2", scaled, factor=2.0, first=-5),
        history(coin, "the newest close × 0.1", scaled, factor=0.1, first=-2, last=-1),
        history(coin, "ends 40 days early", ended, days=40),
        history(coin, "stands still for 30 days", standing, days=30),
        history(coin, "a day late", of_other_days, days=1),
        history(coin, "a day early", of_other_days, days=-1),
        history(coin, "means of seven closes", averaged, days=7),
        history(coin, "with errors of 5%", inexact, error=0.05),
        history(coin, "without the days 60 to 120", gapped, first=-120, last=-60),
        history(coin, "only the last 30 days", newest, days=30),
    )


def _one(rate: float, place: int) -> Callable[[int, float], float]:
    return partial(_replaced, wrong=rate, place=place)


def _replaced(n: int, rate: float, *, wrong: float, place: int) -> float:
    return wrong if n == place else rate


def _fundings() -> tuple[WrongValue, ...]:
    rates = (1.0, 0.5, 0.2, 0.1, 0.05, -0.05, -0.1, -0.2, -0.5, -1.0)
    return (
        *(funding(f"every rate {rate:.0%}", lambda n, _, rate=rate: rate) for rate in rates),
        *(funding(f"the newest rate but one {rate:.0%}", _one(rate, LAST - 1)) for rate in rates),
        *(funding(f"one rate of {rate:.0%} 20 days ago", _one(rate, LAST - 60)) for rate in rates),
    )


SIBLINGS = {
    "quotes": tuple(price(coin, factor) for coin in COINS for factor in (*PRICES, *NEAR_PRICES)),
    "history": tuple(sibling for coin in ANOTHER for sibling in _histories(coin)),
    "contracts": (
        *(size(coin, factor) for coin in LISTED for factor in SIZES),
        *(size(coin, factor) for coin in ("SOL", "ETH", "BTC") for factor in (1.25, 0.8)),
        *(listed_twice(coin, factor) for coin in LISTED for factor in SIZES),
        *(settled_in(coin, currency) for coin in LISTED for currency in (coin, "XRP")),
        *(smallest_order(coin, factor) for coin in LISTED for factor in (100.0, 10_000.0, 1e6)),
        *(step(coin, factor) for coin in ("SOL", "ETH", "BTC") for factor in (30.0, 0.001)),
    ),
    "funding": _fundings(),
}
"""By kind of data."""
