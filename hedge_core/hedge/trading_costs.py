"""What one purchase or sale costs besides the fee: half the spread, and slippage.

    half spread   h = max(stated, tick / (2·P))
    slippage      c·σ·√(Q / V)

as fractions of the order's notional Q (USD), with the price P (USD per coin), the daily volatility σ of the contract
and the factor c of the plan (0.3). V is the volume per day in USD: √(volume at the venue × the largest volume of a
contract on that coin at any venue), as the whole market absorbs an order, or the venue's own if no larger one is known.
Slippage doubles when an order is four times as large.

If a plan states a depth, as plans of the first edition do, half spread and slippage are h·(1 + √(Q / depth)) instead,
with h as stated.

The square-root law: Donier and Bonart, A million metaorder analysis of market impact on the Bitcoin, arXiv 1412.4503.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hedge_core.hedge.legs import ShortLeg
from hedge_core.market.contracts import Contract
from hedge_core.market.liquidity import CLASSES, Liquidity, liquidity_of
from hedge_core.market.volumes import largest_volume
from hedge_core.plan.plan import CostAssumptions, OwnLiquidity

LARGE_SHARE = 0.01
"""An order above this share of the venue's volume per day is warned about."""

SLICE_SHARE = 0.05
"""The largest part of an order, as a share of the venue's volume per day; one part is sent per day."""

MOST_SHARE = 0.25
"""An order above this share of the venue's volume per day is not printed."""

YOURS = "stated by you"

BY_TICKER = "the venue's ticker, the last 24 hours"


@dataclass(frozen=True, slots=True)
class TradingCost:
    """The half spread and the slippage of one order, fractions of its notional, and the figures behind them.

    `volume` is V of the formula, `venue_volume` what the whole series trades at the venue, both USD per day.
    """

    half_spread_rate: float
    slippage_rate: float
    volume: float
    venue_volume: float
    volatility: float
    liquidity: Liquidity

    @property
    def rate(self) -> float:
        """Half spread plus slippage, a fraction of the notional."""
        return self.half_spread_rate + self.slippage_rate


@dataclass(frozen=True, slots=True)
class TradingCosts:
    """What trading costs under a plan's assumptions.

    `volatilities` are standard deviations of daily returns by coin; a coin without one takes that of its contract's
    class. `traded` is what the venues' tickers say of the last day, USD by id of the contract.
    """

    assumptions: CostAssumptions
    volatilities: Mapping[str, float] = field(default_factory=dict)
    traded: Mapping[str, float] = field(default_factory=dict)

    def liquidity(self, contract: Contract, ahead: int = 0) -> Liquidity:
        """The liquidity of a contract, `ahead` expiries behind the active one.

        The user's own figures come first, then the volume of the venue's ticker, then the tables.
        """
        known = liquidity_of(contract)
        if contract.id in self.traded:
            known = replace(known, daily_volume=self.traded[contract.id], volume_source=BY_TICKER, volume_as_of="")
        own = self.assumptions.liquidity.get(contract.id)
        return (known if own is None else _with_own(known, own)).of_later_month(ahead)

    def of_order(self, contract: Contract, price: float, notional: float, *, ahead: int = 0) -> TradingCost:
        """What an order of `notional` USD (not negative) costs at `price` (USD per coin)."""
        given, liquidity = self.assumptions, self.liquidity(contract, ahead)
        largest = largest_volume(contract.underlying) or 0.0
        volume = math.sqrt(liquidity.daily_volume * max(largest, liquidity.daily_volume))
        volatility = self._volatility(contract, liquidity)
        stated = given.half_spread_rate
        if given.depth is not None:
            spread = liquidity.half_spread_rate if stated is None else stated
            slippage = spread * math.sqrt(notional / given.depth)
        else:
            spread = max(liquidity.half_spread_rate if stated is None else stated, half_tick(contract, price))
            slippage = given.slippage * volatility * math.sqrt(notional / volume)
        series = self.liquidity(contract).daily_volume
        return TradingCost(spread, slippage, volume, series, volatility, liquidity)

    def of_leg(self, leg: ShortLeg, *, ahead: int) -> float:
        """Half spread and slippage in USD of buying or selling the whole leg once."""
        return leg.notional * self.of_order(leg.contract, leg.price, leg.notional, ahead=ahead).rate

    def of_coins(self, coin: str, notional: float, volatility: float) -> float:
        """The slippage of selling or buying `notional` USD of a coin itself at once, a fraction of it.

        It is c·σ·√(Q / V), as for contracts, with the daily `volatility` σ and the largest known volume V of a contract
        on the coin, or that of class D; with a depth stated, a stated half spread (or class D's) times √(Q / depth).
        """
        given, unknown = self.assumptions, CLASSES["D"]
        if given.depth is not None:
            spread = unknown.half_spread_rate if given.half_spread_rate is None else given.half_spread_rate
            return spread * math.sqrt(notional / given.depth)
        volume = largest_volume(coin) or unknown.daily_volume
        return given.slippage * volatility * math.sqrt(notional / volume)

    def _volatility(self, contract: Contract, liquidity: Liquidity) -> float:
        own = self.assumptions.liquidity.get(contract.id)
        if own is not None and own.daily_volatility is not None:
            return own.daily_volatility
        return self.volatilities.get(contract.underlying, liquidity.daily_volatility)


def half_tick(contract: Contract, price: float) -> float:
    """Half a tick as a fraction of `price` (USD per coin): no spread is narrower; 0 if the tick is not known."""
    return 0.0 if contract.tick is None else contract.tick / contract.quote_per_coins / (2.0 * price)


def _with_own(known: Liquidity, own: OwnLiquidity) -> Liquidity:
    if own.half_spread_rate is not None:
        known = replace(known, half_spread_rate=own.half_spread_rate, spread_source=YOURS, spread_as_of="")
    if own.daily_volume is not None:
        known = replace(known, daily_volume=own.daily_volume, volume_source=YOURS, volume_as_of="")
    return known
