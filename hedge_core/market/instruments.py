"""Instruments: what a contract is worth, costs and asks for while it is held against the bag.

The rest of the core asks the instrument of a contract and never which kind of contract it has. To add a kind, write one
class here and name it in INSTRUMENTS.

Amounts are USD, and every array may have any shape. A *level* is the coin's price relative to today's. The *face* of a
position is its lots × the value of one lot today; its *units* are the coins behind these lots, valued at today's price.
A lot that is sized in coins has units equal to its face. A lot of fixed USD has units of face / level at its opening.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, NamedTuple, TypeVar

import numpy as np

from hedge_core.market.contracts import Contract, Kind, MarginTier, Style
from hedge_core.market.expiries import held_expiry
from hedge_core.market.snapshot import Floats, FutureQuote, MarketSnapshot

A = TypeVar("A", float, Floats)

ASSUMED_MARGIN_RATE = 1.0
"""Initial and maintenance margin rate of a contract whose rates are not known: the whole notional."""

FUNDING_WINDOW_DAYS = 90
LEAST_BASIS_DAYS = 14
"""The basis of a future that expires sooner is not annualised if another future is quoted; if it is the only one, its
basis counts until its expiry only."""


class Carry(NamedTuple):
    """What a position earns per year, and where the figure comes from.

    `rate` is a fraction of notional, None if it is unknown. It counts to the day `until` (None: without end).
    """

    rate: float | None
    source: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """A linear contract that is sold short; the base of all instruments.

    - `direction`: the sign of the lots that hedge the bag, −1 for a short; `order` is the verb of the opening
      order, `adds` and `lifts` are those of orders that change a position.
    - `term`: the word for its life if no rule is known; `expires`: whether it has an expiry.
    - `earns_funding`: carry is the coin's funding rate, paid on the notional every day.
    - `settles_in_coin`: profit and collateral are in the coin, so the collateral gains and loses with it.
    """

    direction: ClassVar[int] = -1
    order: ClassVar[str] = "Sell short"
    adds: ClassVar[str] = "sell"
    lifts: ClassVar[str] = "buy back"
    term: ClassVar[str] = "dated"
    expires: ClassVar[bool] = True
    earns_funding: ClassVar[bool] = False
    settles_in_coin: ClassVar[bool] = False

    @classmethod
    def of(cls, contract: Contract, price: float) -> Instrument:
        """The instrument of `contract`; levels are relative to `price` (USD per coin)."""
        return cls()

    def gain(self, units: A, level: A, move: A) -> A:
        """Profit while the coin goes from `level` to `level + move`: −units·move for a short."""
        return -units * move

    def notional(self, face: A, units: A, level: A) -> A:
        """The notional at `level`, on which margin, funding and fees are charged: units·level."""
        return units * level

    def units(self, face: A, level: A) -> A:
        """The units of lots with this face that are opened at `level`."""
        return face

    def margin_table(self, contract: Contract) -> tuple[MarginTier, ...]:
        """The venue's margin tiers, else one tier with the contract's rates, else with ASSUMED_MARGIN_RATE."""
        kept = contract.maintenance_margin_rate
        kept = ASSUMED_MARGIN_RATE if kept is None else kept
        asked = kept if contract.initial_margin_rate is None else max(contract.initial_margin_rate, kept)
        return contract.margin_tiers or (MarginTier(0.0, asked, kept),)

    def quote(self, contract: Contract, market: MarketSnapshot, expiry: date | None = None) -> FutureQuote | None:
        """The quote from which the carry is read: that of the unexpired future closest in expiry to the one held.

        `expiry` is that of the future held, None for the one that `held_expiry` gives.
        """
        today = market.as_of.date()
        held = expiry or held_expiry(contract, today) or today
        unexpired = [q for q in market.futures if q.underlying == contract.underlying and q.expiry > today]
        # The basis of a few days says nothing about a year.
        unexpired = [q for q in unexpired if (q.expiry - today).days >= LEAST_BASIS_DAYS] or unexpired
        return min(unexpired, key=lambda quote: (abs((quote.expiry - held).days), quote.expiry), default=None)

    def carry(self, contract: Contract, market: MarketSnapshot) -> Carry:
        """The basis of the quoted future, which a short earns until the expiry if the future is above spot."""
        return _basis(self.quote(contract, market), contract, market)

    def carry_of_month(self, contract: Contract, market: MarketSnapshot, expiry: date) -> Carry:
        """The carry of the contract that expires on `expiry`; that of any month if the instrument knows no months."""
        return self.carry(contract, market)

    def mark(self, contract: Contract, market: MarketSnapshot, spot: float, expiry: date | None) -> float | None:
        """The price (USD per coin) at which a position with this expiry could be closed; None if it is not quoted."""
        if expiry is None:
            return self.spot_mark(spot)
        quoted = (q.price for q in market.futures if q.underlying == contract.underlying and q.expiry == expiry)
        return next(quoted, None)

    def spot_mark(self, spot: A) -> A:
        """The price (USD per coin) that stands in for a mark if only the coin's price is known: the coin's price."""
        return spot

    def coin_price(self, mark: float, spot: float) -> float:
        """The price (USD per coin) at which a position with this `mark` counts as exposure and for margin: the mark."""
        return mark


@dataclass(frozen=True, slots=True)
class Future(Instrument):
    """A linear future."""

    def carry_of_month(self, contract: Contract, market: MarketSnapshot, expiry: date) -> Carry:
        """The basis of the future that expires on `expiry`, or of the quoted one that is closest in expiry."""
        return _basis(self.quote(contract, market, expiry), contract, market)


@dataclass(frozen=True, slots=True)
class Perpetual(Instrument):
    """A linear perpetual: it never expires, and longs pay shorts the funding rate (shorts pay if it is negative)."""

    term: ClassVar[str] = "perpetual"
    expires: ClassVar[bool] = False
    earns_funding: ClassVar[bool] = True

    def quote(self, contract: Contract, market: MarketSnapshot, expiry: date | None = None) -> FutureQuote | None:
        """None: a perpetual has no basis to a date."""
        return None

    def carry(self, contract: Contract, market: MarketSnapshot) -> Carry:
        """The coin's mean realised funding over the last FUNDING_WINDOW_DAYS; a single rate is never used."""
        funding = market.mean_funding(contract.underlying, FUNDING_WINDOW_DAYS)
        if funding is None:
            return Carry(None, "no funding history")
        return Carry(funding[0], f"mean realised funding over {funding[1]} days")

    def mark(self, contract: Contract, market: MarketSnapshot, spot: float, expiry: date | None) -> float | None:
        """The coin's price."""
        return self.spot_mark(spot)


class _Inverse:
    """Sized in USD and settled in the coin.

    In USD such a short loses as a linear one does. Its notional is the face value, which does not change, and its
    collateral is held in the coin.
    """

    __slots__ = ()
    settles_in_coin: ClassVar[bool] = True

    def notional(self, face: A, units: A, level: A) -> A:
        """The face value."""
        return face

    def units(self, face: A, level: A) -> A:
        """The coins that the face buys at `level`."""
        return face / level


@dataclass(frozen=True, slots=True)
class InverseFuture(_Inverse, Future):
    """An inverse future."""


@dataclass(frozen=True, slots=True)
class InversePerpetual(_Inverse, Perpetual):
    """An inverse perpetual."""


def _basis(quote: FutureQuote | None, contract: Contract, market: MarketSnapshot) -> Carry:
    """The basis per year of a quoted future, (F/S − 1)·365/days; it counts to the expiry if that is close."""
    today, spot = market.as_of.date(), market.price_or_none(contract.underlying)
    until = quote.expiry if quote is not None and (quote.expiry - today).days < LEAST_BASIS_DAYS else None
    rate = None if spot is None or quote is None else quote.annual_basis(spot, today)
    if rate is None or quote is None:
        return Carry(None, "no quote for a dated future", until)
    return Carry(rate, f"basis of the future that expires on {quote.expiry:%d %b %Y}", until)


INSTRUMENTS: Mapping[tuple[Kind, Style], type[Instrument]] = {
    ("future", "linear"): Future,
    ("perpetual", "linear"): Perpetual,
    ("future", "inverse"): InverseFuture,
    ("perpetual", "inverse"): InversePerpetual,
}
"""The instrument for the words with which a contract's row describes it."""


def instrument_of(contract: Contract, price: float = 1.0) -> Instrument:
    """The instrument of a contract; its levels are relative to `price` (USD per coin)."""
    return INSTRUMENTS[contract.kind, contract.style].of(contract, price)


class SideBySide:
    """The instruments of several legs, applied to arrays whose last axis is the leg."""

    def __init__(self, instruments: tuple[Instrument, ...]) -> None:
        kinds = dict.fromkeys(instruments)
        self._groups = [(kind, np.flatnonzero([instrument == kind for instrument in instruments])) for kind in kinds]
        self.settles_in_coin = np.array([instrument.settles_in_coin for instrument in instruments], dtype=bool)

    def gain(self, units: Floats, level: Floats, move: Floats) -> Floats:
        """`Instrument.gain` by leg."""
        if len(self._groups) == 1:
            return self._groups[0][0].gain(units, level, move)
        gain = np.empty(np.broadcast_shapes(units.shape, level.shape, move.shape))
        for kind, at in self._groups:
            gain[..., at] = kind.gain(units[..., at], level[..., at], move[..., at])
        return gain

    def notional(self, face: Floats, units: Floats, level: Floats) -> Floats:
        """`Instrument.notional` by leg."""
        if len(self._groups) == 1:
            return self._groups[0][0].notional(face, units, level)
        notional = np.empty(np.broadcast_shapes(face.shape, level.shape))
        for kind, at in self._groups:
            notional[..., at] = kind.notional(face[..., at], units[..., at], level[..., at])
        return notional

    def units(self, face: Floats, level: Floats) -> Floats:
        """`Instrument.units` by leg."""
        units = np.empty(np.broadcast_shapes(face.shape, level.shape))
        for kind, at in self._groups:
            units[..., at] = kind.units(face[..., at], level[..., at])
        return units
