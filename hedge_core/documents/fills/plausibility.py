"""Fills against the real closes of their day: a price far from them is asked about, and so is the unit of a price.

Some contracts are quoted for 1,000 coins (SHIB and PEPE at Coinbase Derivatives). Whether a table states the price of
one coin or of the quoted unit is decided by the layout, else by that day's close, else by the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from hedge_core.documents.reader.doubts import Doubt
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.fills import Fill
from hedge_core.text import usd

FARTHEST = 1.5
"""A fill may be this many times above or below the close of its day."""


@dataclass(frozen=True, slots=True)
class Closes:
    """The closes of a market; of a simulated one, or without one, none are known."""

    market: MarketSnapshot | None = None

    def on(self, coin: str, at: datetime) -> float | None:
        """The coin's close (USD) on the UTC day of `at`, on the day after the last close the last one; or None."""
        if self.market is None or self.market.simulated or coin not in self.market.history:
            return None
        days = self.market.history.days
        day = np.datetime64(at.astimezone(UTC).date(), "D")
        index = int((day - days[0]).astype(int))
        index = len(days) - 1 if index == len(days) else index
        if not 0 <= index < len(days):
            return None
        close = float(self.market.history.of(coin)[index])
        return None if np.isnan(close) else close


class PriceUnit(NamedTuple):
    """For how many coins a stated price is, and what to ask about it."""

    coins: float
    question: str = ""


def unit_of_price(
    price: float, contract: Contract, at: datetime, closes: Closes, *, is_own: bool, is_certain: bool
) -> PriceUnit:
    """Whether a price is for one coin or for the contract's unit of quotation.

    `is_own`: the table has the columns of our own files, which state prices per coin. `is_certain`: a known layout. A
    name such as 1000PEPEUSDT says the unit itself.
    """
    quoted = contract.quote_per_coins
    usual = PriceUnit(1.0 if is_own else quoted)
    if quoted == 1.0:
        return usual
    close = closes.on(contract.underlying, at)
    if close is not None:
        near = [coins for coins in (usual.coins, 1.0, quoted) if is_near(price / coins, close)]
        return PriceUnit(near[0]) if near else usual
    is_in_name = not is_own and re.search(r"\d000|^k[A-Z]", contract.code) is not None
    if is_certain or is_in_name:
        return usual
    one, many = f"{price / usual.coins:.6g}", f"{price / (quoted if is_own else 1.0):.6g}"
    text = (
        f"{contract.code} is quoted for {quoted:,.0f} {contract.underlying}. The price {price:g} is read as {one} USD "
        f"for one coin; if it is stated in the other way, it is {many}. Which one is right?"
    )
    return usual._replace(question=text)


def is_near(price: float, close: float) -> bool:
    """Whether a price is at most FARTHEST times above or below a close."""
    return close / FARTHEST <= price <= close * FARTHEST


def price_doubts(fills: Iterable[tuple[int, Fill]], contracts: Iterable[Contract], closes: Closes) -> list[Doubt]:
    """A question for each fill whose price is far from the close of its day."""
    if closes.market is None:
        return []
    underlying = {contract.id: contract.underlying for contract in contracts}
    doubts = []
    for row, fill in fills:
        close = closes.on(underlying.get(fill.contract, ""), fill.at)
        if close is not None and not is_near(fill.price, close):
            text = (
                f"{fill.price:,.6g} USD is {fill.price / close:,.3g} times the close of {underlying[fill.contract]} on "
                f"{fill.at:%Y-%m-%d}, {close:,.6g} USD. Is the price right?"
            )
            doubts.append(Doubt("ask", text, row, "price"))
    return doubts


MOST_USUAL = 250_000_000.0
"""A fill worth more USD than this is asked about."""


def size_doubts(fills: Iterable[tuple[int, Fill]], contracts: Iterable[Contract]) -> list[Doubt]:
    """A question about the first fill of an unusual size, as when USD are read as coins."""
    by_id = {contract.id: contract for contract in contracts}
    for row, fill in fills:
        contract = by_id.get(fill.contract)
        worth = 0.0 if contract is None else fill.contracts * contract.lot_notional(fill.price)
        if worth > MOST_USUAL:
            text = f"is worth {usd(worth)}. Is the quantity in the contract's unit, and not in USD?"
            return [Doubt("ask", text, row, "quantity")]
    return []
