"""Closes in other currencies as USD, converted day by day.

    close in USD = close in EUR × USD per EUR, of the same day or of at most MOST_DAYS_OLD days before (rates have no
    weekends)

The rate comes from the file itself (a column EURUSD, or a coin EUR) or from a market that is not simulated. Without a
rate the file is refused: a currency is never taken for dollars, and one rate is never used for a whole history. A close
of a day without a rate is left out, and the number of such closes is noted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from hedge_core.documents.reader.doubts import Doubt
from hedge_core.errors import Fault
from hedge_core.market.snapshot import MarketSnapshot

MOST_DAYS_OLD = 4
USUAL = {"EUR": (0.93, 1.55), "GBP": (1.03, 1.75), "CHF": (0.93, 1.45)}
"""USD per unit since 2010, with room. A rate outside may have been stated the other way round."""

Cells = dict[tuple[str, date], float]
"""Closes in USD by coin and day."""


class Foreign(NamedTuple):
    """A close in another currency; `text` states the currency, in `row` and under `title`."""

    coin: str
    day: date
    close: float
    currency: str
    row: int
    title: str
    text: str


class Converted(NamedTuple):
    """All closes in USD, notes on the rates, a fault for each currency without one, and whether the market gave any."""

    cells: Cells
    notes: list[Doubt]
    faults: list[Fault]
    has_market_rates: bool


def converted(cells: Cells, foreign: Sequence[Foreign], market: MarketSnapshot | None) -> Converted:
    """The closes with those of other currencies in USD.

    Where the file has a close of the coin in USD too, that one stays.
    """
    found: Cells = {}
    rates_of = {currency: _rates(currency, cells, market) for currency in {one.currency for one in foreign}}
    faults: dict[str, Fault] = {}
    missing: Counter[str] = Counter()
    used: dict[str, str] = {}
    for one in foreign:
        if one.currency in faults or (one.coin, one.day) in cells:
            continue
        source, rates = rates_of[one.currency]
        if not rates:
            why = (
                f"'{one.text[:40]}' is quoted in {one.currency[:16]}; closes must be in USD, or the file needs a "
                f"column {one.currency[:16]}USD with the rate of each day"
            )
            faults[one.currency] = Fault(why, row=one.row, field=one.title)
            continue
        rate = _rate_on(one.day, rates)
        if rate is None:
            missing[one.currency] += 1
            continue
        used[one.currency] = source
        found[one.coin, one.day] = one.close * rate
    notes = [
        Doubt("note", f"Closes in {currency} are converted to USD with {source}, day by day")
        for currency, source in used.items()
    ]
    notes += [doubt for currency in used if (doubt := _turned(currency, rates_of[currency][1])) is not None]
    for currency, count in missing.items():
        text = f"{count:,} closes in {currency} have no rate to USD of their day and are left out"
        notes.append(Doubt("ask" if currency not in used else "note", text))
    has_market_rates = bool(used.keys() - {coin for coin, _ in cells})
    return Converted({**cells, **found} if found else cells, notes, list(faults.values()), has_market_rates)


def _rates(currency: str, cells: Cells, market: MarketSnapshot | None) -> tuple[str, dict[date, float]]:
    """Return where the rates of a currency come from, and USD per unit of it by day; empty if there are none."""
    own = {day: close for (coin, day), close in cells.items() if coin == currency}
    if own:
        return f"the file's own closes of {currency}", own
    if market is None or market.simulated or currency not in market.history.coins:
        return "", {}
    history = market.history
    closes = history.values[:, history.coins.index(currency)]
    days = history.days.astype("datetime64[D]").tolist()
    found = {day: float(close) for day, close in zip(days, closes, strict=True) if np.isfinite(close)}
    return f"the rates of {market.source}", found


def _turned(currency: str, rates: dict[date, float]) -> Doubt | None:
    """Return a question if a rate is outside the usual range of its currency."""
    low, high = USUAL.get(currency, (0.0, np.inf))
    odd = next((day for day, rate in rates.items() if not low <= rate <= high), None)
    if odd is None:
        return None
    text = f"1 {currency} would be {rates[odd]:.4g} USD on {odd}. Is the rate stated the right way round?"
    return Doubt("ask", text, None, currency)


def _rate_on(day: date, rates: dict[date, float]) -> float | None:
    before = (day - timedelta(days=age) for age in range(MOST_DAYS_OLD + 1))
    return next((rates[one] for one in before if one in rates), None)
