"""Option legs: bought puts and sold calls in whole contracts.

A leg is priced at the volatility of its strike. It is bought above and sold below that, by half the spread, and pays
the venue's fee each time. What it makes until a day, with the coin at `level` times today's price, is

    direction·units·(worth then − worth today) − cost of opening − cost of ending

where ending is the cash exercise on the day of expiry, with its fee, and a trade on any other day. Amounts are USD.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np

from hedge_core.hedge.account import Account, MarginLeg
from hedge_core.market.options.contracts import Option, OptionSeries
from hedge_core.market.options.held import (
    MAINTENANCE_RATE,
    SOLD_MARGIN,
    OptionHeld,
    SoldCall,
    forward_basis,
    held_option,
)
from hedge_core.market.options.surface import VolatilitySurface
from hedge_core.market.snapshot import Floats, MarketSnapshot


@dataclass(frozen=True, eq=False, kw_only=True)
class OptionLeg:
    """A number of lots of one option, bought or sold as its instrument says.

    `spot` is the coin's price in USD, `held` the instrument today, `days` the days to the expiry and `half_spread` half
    the distance of bid and offer, in volatility. `lots` is positive and need not be whole while a size is searched for.
    """

    option: Option
    held: OptionHeld
    spot: float
    days: int
    half_spread: float
    lots: float

    @property
    def underlying(self) -> str:
        """The coin of the option."""
        return self.option.series.underlying

    @property
    def is_bought(self) -> bool:
        """Whether the holder owns the option; otherwise he has sold it."""
        return self.held.direction > 0

    @property
    def short(self) -> float:
        """USD of the coin of which it is as good as short now; negative if it adds to the coins held."""
        return -self.held.direction * self.units * float(self.held.delta(1.0))

    @property
    def contracts(self) -> float:
        """The number of the venue's contracts."""
        return self.lots * self.option.series.amount_step

    @property
    def units(self) -> float:
        """USD of the coins behind the options, at today's price."""
        return self.lots * self.option.series.lot_coins * self.spot

    def with_lots(self, lots: float) -> OptionLeg:
        """The leg with another number of lots."""
        return replace(self, lots=lots)

    @cached_property
    def price(self) -> float:
        """What the option trades at today, USD per coin: above its worth if bought, below it if sold."""
        return self.spot * float(self._traded(self.held, np.asarray(1.0), self.held.direction))

    @cached_property
    def opening_fee(self) -> float:
        """The venue's fee for opening the leg."""
        return self.units / self.spot * float(self.option.series.fee(self.price, self.spot))

    @property
    def premium(self) -> float:
        """The premium, positive if paid and negative if received, before fees."""
        return self.held.direction * self.units / self.spot * self.price

    @property
    def up_front(self) -> float:
        """What opening the leg takes from the account: the premium and the fee."""
        return self.premium + self.opening_fee

    @property
    def opening_cost(self) -> float:
        """Half the spread and the fee of opening."""
        return self.up_front - self.held.direction * self.units * float(self.held.value(1.0))

    def worth(self, level: Floats, days: int) -> Floats:
        """What the leg is worth `days` from today at `level`, at the volatility of its strike: negative if sold."""
        return self.held.direction * self.units * self.held.later(days).value(level)

    def ending_cost(self, level: Floats, days: int) -> Floats:
        """What ending the leg costs: the fee of the cash exercise at expiry, else half the spread and a fee."""
        then, series = self.held.later(days), self.option.series
        worth, coins = then.value(level), self.units / self.spot
        if days >= self.days:
            return coins * series.delivery_fee(self.spot * worth, self.spot * level)
        traded = self._traded(then, level, -self.held.direction)
        cost: Floats = self.units * np.abs(traded - worth) + coins * series.fee(self.spot * traded, self.spot * level)
        return cost

    def result(self, level: Floats, days: int) -> Floats:
        """The profit of opening the leg today and ending it `days` later at `level`, all costs included."""
        return self.worth(level, days) - self.up_front - self.ending_cost(level, days)

    def _traded(self, held: OptionHeld, level: Floats, side: int) -> Floats:
        """The price per unit at which `held` is bought (side 1) or sold (side −1)."""
        return held.with_volatility(held.volatility + side * self.half_spread).value(level)


def option_leg(
    option: Option,
    market: MarketSnapshot,
    surface: VolatilitySurface,
    spot: float,
    lots: float = 1.0,
    *,
    is_bought: bool | None = None,
) -> OptionLeg:
    """The leg of an option at the market's prices and the surface's volatility; `spot` is the coin's price in USD.

    `is_bought` None is what hedges a bag: puts are bought and calls are sold.
    """
    today, coin = market.as_of.date(), option.series.underlying
    days, smile = option.days_left(today), surface.of(coin)
    bought = option.kind == "put" if is_bought is None else is_bought
    basis = forward_basis(market, coin, option.expiry)
    held = held_option(option, is_bought=bought, spot=spot, days=days, smile=smile, basis=basis)
    return OptionLeg(option=option, held=held, spot=spot, days=days, half_spread=smile.half_spread, lots=lots)


def call_account(legs: Iterable[OptionLeg], days: int) -> Account:
    """The formulas of the one account that holds these sold calls, as they are `days` from today."""
    margined = tuple(
        MarginLeg(
            contract_id=leg.option.id,
            underlying=leg.underlying,
            price=leg.spot,
            notional=leg.units,
            tiers=SOLD_MARGIN,
            instrument=leg.held.later(days),
            is_exchange_traded=leg.option.series.settlement == "future",
        )
        for leg in legs
    )
    return Account(margined, np.zeros(len(margined)))


def initial_margin(legs: Iterable[OptionLeg]) -> float:
    """What opening the sold calls among `legs` needs as collateral (USD), the premium apart; 0 for bought puts."""
    return sum((leg.units * leg.held.initial_rate() for leg in legs if isinstance(leg.held, SoldCall)), start=0.0)


def maintenance_margin(legs: Iterable[OptionLeg]) -> float:
    """What keeping the sold options among `legs` needs (USD), their worth apart: a share of their coins' value."""
    return sum((MAINTENANCE_RATE * leg.units for leg in legs if not leg.is_bought), start=0.0)


def listed_until(series: OptionSeries, today: date, horizon_days: int) -> tuple[date, ...]:
    """The listed expiries that are no earlier than the horizon: nothing has to be rolled."""
    return tuple(day for day in series.expiries(today) if (day - today).days >= max(horizon_days, 1))
