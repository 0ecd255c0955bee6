"""The price at which an order is quoted: that of its own contract.

In this order: the contract's best bid for a sale (the best ask for a purchase), its mark or last price, and for a dated
future without a quote the spot price plus the basis to its expiry,

    F = S·(1 + basis·days/365)

with the basis of the quoted month that is closest in expiry, else ASSUMED_BASIS. A perpetual without a quote is priced
at spot: it has no basis to a date. A future that is quoted at spot by its own rules is priced at spot too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from hedge_core.market.contracts import Contract
from hedge_core.market.instruments import Instrument
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.venues import venue_of

ASSUMED_BASIS = 0.056
"""The basis per year of a future that nothing is quoted of: Bitcoin's at CME in August 2026."""

PriceSource = Literal["bid", "ask", "mark", "basis", "assumed basis", "spot"]


@dataclass(frozen=True, slots=True)
class QuotedPrice:
    """A price in USD per coin, where it comes from, and the same in words."""

    price: float
    source: PriceSource
    words: str


def price_to_quote(
    instrument: Instrument, contract: Contract, market: MarketSnapshot, spot: float, *, expiry: date | None, side: str
) -> QuotedPrice:
    """The price of an order in `contract`; `spot` is the coin's price and `side` is sell or buy."""
    listed = market.contract_quotes.get(contract.id)
    if listed is not None:
        best, name = (listed.bid, "bid") if side == "sell" else (listed.ask, "ask")
        if best is not None:
            source: PriceSource = "bid" if name == "bid" else "ask"
            return QuotedPrice(best, source, f"the contract's {name}")
        if listed.mark is not None:
            return QuotedPrice(listed.mark, "mark", "the contract's mark")
    if expiry is None or not instrument.expires:
        words = "spot, as no quote of the contract is known; look at its own first"
        return QuotedPrice(instrument.spot_mark(spot), "spot", words)
    mark = instrument.mark(contract, market, spot, expiry)
    if mark is not None:
        return QuotedPrice(mark, "mark", "the contract's mark")
    if contract.code in venue_of(contract.venue).quoted_at_spot:
        return QuotedPrice(spot, "spot", "spot, at which this contract is quoted by its own rules")
    return _spot_and_basis(instrument, contract, market, spot, expiry)


def _spot_and_basis(
    instrument: Instrument, contract: Contract, market: MarketSnapshot, spot: float, expiry: date
) -> QuotedPrice:
    days = (expiry - market.as_of.date()).days
    rate, source, _ = instrument.carry_of_month(contract, market, expiry)
    known: PriceSource = "basis"
    if rate is None:
        rate, source, known = ASSUMED_BASIS, "assumed, as no future on this coin is quoted", "assumed basis"
    words = f"spot plus a basis of {rate:.1%} a year ({source})"
    return QuotedPrice(spot * (1.0 + rate * max(days, 0) / 365.0), known, words)
