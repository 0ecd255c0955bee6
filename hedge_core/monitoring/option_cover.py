"""Option cover: what each open option is worth and protects now, and what it costs to close or to roll it.

An option protects now as a short of so many dollars of its coin does, −direction·units·delta, and gains what it is
repriced at after a fall of FALL at once. It is rolled into the same strike of the next listed expiry that lasts the
plan's horizon. Whether it is then sold or left to expire depends on what each costs: half the spread and a fee, or the
delivery fee at today's price. Worth and cost are those of `hedge.option_legs`, USD.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.option_legs import OptionLeg, listed_until, option_leg
from hedge_core.hedge.sizing import achieved_hedge_ratio
from hedge_core.market.options.contracts import Option
from hedge_core.market.options.surface import VolatilitySurface, surface_of
from hedge_core.monitoring.option_ledger import OptionBook
from hedge_core.monitoring.position import PositionState
from hedge_core.monitoring.shorted_coins import shorted_coins
from hedge_core.text import days_text, exact_percent, signed_usd, usd

FALL = 0.20
"""The fall of a coin (a fraction) for which an option's gain is shown."""

_ONE = np.ones(())


@dataclass(frozen=True, eq=False)
class Roll:
    """The option into which one is rolled, as a leg of the same lots."""

    leg: OptionLeg

    @property
    def option(self) -> Option:
        """The option that is opened."""
        return self.leg.option

    @property
    def paid(self) -> float:
        """What opening it takes, premium and costs (USD); negative if it brings money."""
        return self.leg.up_front

    @property
    def cost(self) -> float:
        """Half the spread and the fee of opening it (USD)."""
        return self.leg.opening_cost


@dataclass(frozen=True, eq=False)
class OptionCover:
    """One open option today. `roll` is None if no later expiry of its series is listed, or if it hedges nothing."""

    leg: OptionLeg
    roll: Roll | None

    @property
    def option(self) -> Option:
        """The option."""
        return self.leg.option

    @property
    def days_left(self) -> int:
        """Days to the expiry."""
        return self.leg.days

    @property
    def is_hedge(self) -> bool:
        """Whether it is part of a hedge of what is held: a put that was bought, or a call that was sold."""
        return self.leg.is_bought == (self.option.kind == "put")

    @property
    def worth(self) -> float:
        """What it is worth (USD), negative if it was sold."""
        return float(self.leg.worth(_ONE, 0))

    @property
    def short(self) -> float:
        """USD of the coin of which it is as good as short now; negative if it adds to the coins held."""
        return self.leg.short

    @property
    def gain_in_fall(self) -> float:
        """What it gains (USD) if its coin falls by FALL at once."""
        return float(self.leg.worth(np.asarray(1.0 - FALL), 0)) - self.worth

    @property
    def closing_cost(self) -> float:
        """Half the spread and the fee of closing it now (USD)."""
        return float(self.leg.ending_cost(_ONE, 0))

    @property
    def closing(self) -> float:
        """What closing it now brings (USD), costs included; negative if it takes money."""
        return self.worth - self.closing_cost

    @property
    def delivery_cost(self) -> float:
        """The fee (USD) if it expires with its coin at today's price."""
        return float(self.leg.ending_cost(_ONE, max(self.leg.days, 0)))

    @property
    def roll_cost(self) -> float | None:
        """What a roll costs at least (USD): the cheaper way to end it, and opening the next; None without a next."""
        return None if self.roll is None else min(self.closing_cost, self.delivery_cost) + self.roll.cost

    def within(self, horizon_days: int) -> str:
        """What its expiry within the horizon means, and what a roll would cost; '' if it lasts that long."""
        if self.days_left >= horizon_days:
            return ""
        text = f"{self.option.id} expires in {days_text(self.days_left)}, before the horizon, and is not rolled here"
        if self.roll is None or self.roll_cost is None:
            return f"{text}."
        money = f"{'takes' if self.roll.paid >= 0.0 else 'brings'} about {usd(abs(self.roll.paid))}"
        return (
            f"{text}; rolling it into {self.roll.option.id} {money}, of which spread and fees of both are "
            f"{usd(self.roll_cost, cents=True)}. The strike stays the same."
        )

    @property
    def sentence(self) -> str:
        """What it is worth and protects now, in a sentence."""
        coin = self.leg.underlying
        side = f"is as good as a short of {usd(self.short)} of {coin}"
        if self.short < 0.0:
            side = f"adds {usd(-self.short)} of {coin} to what you hold"
        return (
            f"{self.option.id}: {days_text(self.days_left)} left, worth {signed_usd(self.worth)}; now it {side}, and "
            f"makes {signed_usd(self.gain_in_fall)} if {coin} falls {exact_percent(FALL)} at once."
        )


def option_covers(
    assessment: HedgeAssessment, book: OptionBook | None, surface: VolatilitySurface | None = None
) -> tuple[OptionCover, ...]:
    """The open options of a book today, in its order; () without one."""
    if book is None:
        return ()
    priced = surface or surface_of(assessment.market)
    return tuple(OptionCover(leg, _roll(assessment, leg, priced)) for leg in book.legs)


def _roll(assessment: HedgeAssessment, leg: OptionLeg, surface: VolatilitySurface) -> Roll | None:
    """The same option at the next listed expiry that lasts the horizon, else at the last one after its own."""
    option, market = leg.option, assessment.market
    if leg.is_bought != (option.kind == "put"):
        return None
    today = market.as_of.date()
    later = [day for day in option.series.expiries(today) if day > option.expiry]
    lasting = listed_until(option.series, today, assessment.plan.decisions.horizon_days)
    day = next((day for day in later if day in lasting), later[-1] if later else None)
    if day is None:
        return None
    following = option.series.option(option.kind, option.strike, day)
    return Roll(option_leg(following, market, surface, leg.spot, leg.lots, is_bought=leg.is_bought))


def cover_ratio(assessment: HedgeAssessment, state: PositionState | None, legs: Sequence[OptionLeg]) -> float | None:
    """The share of the bag's expected move that the options offset now, for small moves; None if it has no exposure.

    It comes on top of that of the shorts: (d'S b)/(b'S b), with d the USD of which they are as good as short.
    """
    coins = shorted_coins(assessment, state, [leg.underlying for leg in legs])
    exposure = coins.padded(assessment.exposure)
    if not exposure.any():
        return None
    short = np.zeros(len(coins.names))
    for leg in legs:
        short[coins.names.index(leg.underlying)] += leg.short
    return achieved_hedge_ratio(short, exposure, coins.covariance)
