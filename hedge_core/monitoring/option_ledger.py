"""The option ledger: positions in options, their profit, and their cash exercise, computed from fills.

A fill whose contract has an option's id (`Deribit:BTC_USDC-27NOV26-90000-P`) is one of an option: its price is the
premium in USD per coin, its lots are those of the series. Premiums are averaged over the open lots, and a close takes
the same share of all of them. With c coins (negative when sold), the profit of an open position is

    c·(worth − premium) − fees            realised on a close: c closed·(price − premium)

On its expiry an option is exercised for cash: it is realised at its payoff, max(±(S − K), 0) per coin, less the
delivery fee. S is the coin's close of that day, because the venue's settlement price is not known here; a fill of that
day at the payoff that the venue paid takes its place. Without a close the position is listed as unsettled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from hedge_core.errors import Fault, HedgeError, InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.option_legs import OptionLeg, maintenance_margin, option_leg
from hedge_core.market.options.contracts import Option, is_option_id, option_of
from hedge_core.market.options.surface import VolatilitySurface, surface_of
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.monitoring.ledger import Contracts, Ledger, post
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.plan.plan import HedgePlan

EXPIRY_HOUR = 8
"""The hour (UTC) of expiry at Deribit; options of CME expire later on the same day."""

_ONE = np.ones(())


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionPosition:
    """The position in one option after some fills; flat if `lots` is 0.

    `lots` are negative when sold. `premium` is the average of the open lots (USD per coin, None when flat). `realised`
    is before fees, which are positive when paid (USD). `settlement` is the coin's price at which it was exercised.
    """

    option: Option
    lots: int = 0
    premium: float | None = None
    realised: float = 0.0
    fees: float = 0.0
    settlement: float | None = None

    @property
    def coins(self) -> float:
        """The coins behind the open lots, negative when sold."""
        return self.lots * self.option.series.lot_coins

    def open_pnl(self, worth: float) -> float:
        """The profit of closing at `worth` (USD per coin), before fees; 0 when flat."""
        return 0.0 if self.premium is None else self.coins * (worth - self.premium)

    def after(self, fill: Fill) -> OptionPosition:
        """The position after one more fill."""
        signed, size = fill.signed_contracts, self.option.series.lot_coins
        closed = min(abs(self.lots), abs(signed)) if self.lots * signed < 0 else 0
        kept, added, lots = abs(self.lots) - closed, abs(signed) - closed, self.lots + signed
        premium = (kept * (self.premium or 0.0) + added * fill.price) / (kept + added) if kept + added else None
        gain = 0.0
        if closed and self.premium is not None:
            side = 1 if self.lots > 0 else -1
            gain = side * closed * size * (fill.price - self.premium)
        return replace(self, lots=lots, premium=premium, realised=self.realised + gain, fees=self.fees + fill.fee)

    def exercised(self, settlement: float) -> OptionPosition:
        """The position after its cash exercise with the coin at `settlement` (USD)."""
        paid = float(self.option.payoff(settlement))
        fee = abs(self.coins) * float(self.option.series.delivery_fee(paid, settlement))
        return replace(
            self,
            lots=0,
            premium=None,
            realised=self.realised + self.open_pnl(paid),
            fees=self.fees + fee,
            settlement=settlement,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class OptionBook:
    """The options of a plan at today's prices, USD.

    `positions` are all that the fills name, exercised where they have expired; `legs` are the open ones, in the order
    of `open_positions`. `unsettled` are expired ones without a close of their day.
    """

    positions: tuple[OptionPosition, ...]
    legs: tuple[OptionLeg, ...]
    unsettled: tuple[OptionPosition, ...]
    surface: str

    @property
    def open_positions(self) -> tuple[OptionPosition, ...]:
        """The positions that are open and have not expired."""
        return tuple(one for one in self.positions if one.lots and one not in self.unsettled)

    @property
    def closing_order(self) -> tuple[str, ...]:
        """The orders that close every open option, one sentence each, with the coins behind it and its model price."""
        return tuple(
            f"{'Buy' if one.lots < 0 else 'Sell'} {abs(one.coins):,.10g} {leg.underlying} of {one.option.id}, about "
            f"${abs(float(leg.worth(_ONE, 0))):,.0f}, to close."
            for one, leg in zip(self.open_positions, self.legs, strict=True)
        )

    @property
    def worth(self) -> float:
        """What the open options are worth at their volatility, those sold counted as negative."""
        return sum((float(leg.worth(_ONE, 0)) for leg in self.legs), start=0.0)

    @property
    def realised(self) -> float:
        """Profit of closed and exercised options, before fees."""
        return sum((one.realised for one in self.positions), start=0.0)

    @property
    def fees(self) -> float:
        """Fees paid, delivery fees included."""
        return sum((one.fees for one in self.positions), start=0.0)

    @property
    def pnl(self) -> float:
        """Realised and open profit less fees; unsettled options count as worthless."""
        paid = sum((one.coins * (one.premium or 0.0) for one in self.positions), start=0.0)
        return self.realised + self.worth - paid - self.fees

    @property
    def sold_pnl(self) -> float:
        """Open profit of the sold options, which counts in the equity of the account."""
        sold = (one for one in zip(self.open_positions, self.legs, strict=True) if one[0].lots < 0)
        return sum((float(leg.worth(_ONE, 0)) - one.coins * (one.premium or 0.0) for one, leg in sold), start=0.0)

    @property
    def maintenance(self) -> float:
        """Maintenance margin of the sold options: a share of the value of their coins."""
        return maintenance_margin(self.legs)


def has_option_fills(plan: HedgePlan) -> bool:
    """Whether a fill of the plan is one of an option."""
    return any(is_option_id(fill.contract) for fill in plan.execution.fills)


def without_options(fills: Iterable[Fill]) -> tuple[Fill, ...]:
    """The fills that are not of options."""
    return tuple(fill for fill in fills if not is_option_id(fill.contract))


def post_options(fills: Iterable[Fill]) -> tuple[OptionPosition, ...]:
    """The positions of the fills of options, in the order in which they first appear; others are left out.

    Raises InvalidInput naming every fill that cannot be used: an unknown or American option, a day after the expiry, or
    another expiry than the option's.
    """
    positions: dict[str, OptionPosition] = {}
    faults = []
    rows = [(row, fill) for row, fill in enumerate(fills, start=1) if is_option_id(fill.contract)]
    for row, fill in sorted(rows, key=lambda one: one[1].at):
        try:
            option = option_of(fill.contract)
        except HedgeError as error:
            faults.append(Fault(str(error), row=row, field="contract"))
            continue
        if fill.expiry not in (None, option.expiry):
            faults.append(
                Fault(f"{option.id} expires on {option.expiry}, not on {fill.expiry}", row=row, field="expiry")
            )
        elif fill.at.date() > option.expiry:
            text = (
                f"{fill.at.date()} is after {option.expiry}, the day the option expired; correct one of the two dates"
            )
            faults.append(Fault(text, row=row, field="at"))
        else:
            known = positions.get(option.id) or OptionPosition(option=option)
            positions[option.id] = known.after(fill.counted_in(option.series.amount_step))
    if faults:
        raise InvalidInput("These fills of options cannot be used:", faults)
    return tuple(positions.values())


def post_futures(fills: Sequence[Fill], payments: Iterable[FundingPayment], contracts: Contracts) -> Ledger:
    """The ledger of the fills of futures and of the payments, once those of options have been checked too.

    Raises InvalidInput as `post_options` does, and as `ledger.post` does.
    """
    post_options(fills)
    return post(without_options(fills), payments, contracts)


def option_book(assessment: HedgeAssessment, surface: VolatilitySurface | None = None) -> OptionBook | None:
    """The options of the plan's fills at today's prices; None if there are none.

    Raises InvalidInput as `post_options` does, and if a coin of an open option has no price.
    """
    posted = post_options(assessment.plan.execution.fills)
    if not posted:
        return None
    market = assessment.market
    surface = surface or surface_of(market)
    settled = tuple(_settled(one, market) for one in posted)
    unsettled = tuple(one for one in settled if one.lots and has_expired(one.option, market))
    alive = [one for one in settled if one.lots and one not in unsettled]
    legs = tuple(_leg(one, assessment, surface) for one in alive)
    return OptionBook(positions=settled, legs=legs, unsettled=unsettled, surface=surface.source)


def has_expired(option: Option, market: MarketSnapshot) -> bool:
    """Whether the option has expired at the time of the prices."""
    today = market.as_of.date()
    return option.expiry < today or (option.expiry == today and market.as_of.hour >= EXPIRY_HOUR)


def _settled(position: OptionPosition, market: MarketSnapshot) -> OptionPosition:
    if not position.lots or not has_expired(position.option, market):
        return position
    close = close_on(market, position.option.series.underlying, position.option.expiry)
    return position if close is None else position.exercised(close)


def close_on(market: MarketSnapshot, coin: str, day: date) -> float | None:
    """The coin's close of a day (USD); None if the history does not have it."""
    history = market.history
    if coin not in history:
        return None
    at = np.flatnonzero(history.days == np.datetime64(day, "D"))
    close = float(history.of(coin)[at[0]]) if at.size else float("nan")
    return close if np.isfinite(close) else None


def _leg(position: OptionPosition, assessment: HedgeAssessment, surface: VolatilitySurface) -> OptionLeg:
    coin = position.option.series.underlying
    spot = assessment.underlying_price_or_none(coin)
    if spot is None:
        raise InvalidInput(f"{coin} has no price, so that your option {position.option.id} cannot be valued.")
    lots = float(abs(position.lots))
    return option_leg(position.option, assessment.market, surface, spot, lots, is_bought=position.lots > 0)
