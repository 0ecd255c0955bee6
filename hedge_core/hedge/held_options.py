"""Held options: the options that the fills of a plan hold open, beside its shorts, and the account of those sold.

Sold options and shorts share the plan's collateral by the margin that opens each, and neither can use the other's
share. Options are priced at the volatility of their strikes, and what expires is exercised for cash and not rolled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedge_core.hedge.breach import RULES, Breach, ToppedUp
from hedge_core.hedge.option_legs import OptionLeg, option_leg
from hedge_core.market.options.held import margin_assumption
from hedge_core.market.options.surface import VolatilitySurface
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.venues import venue_of
from hedge_core.text import exact_percent, listed, usd


@dataclass(frozen=True, eq=False, kw_only=True)
class HeldOptions:
    """The open options of a plan's fills, and the account of those that were sold.

    `collateral` is today's equity of that account (USD; None: none is stated, and margin is never watched), and
    `breach` what happens when it runs out, with one cost for each sold option. `offsets` is the share of the bag's
    expected move that the options offset now, for small moves; None if the bag has no exposure.
    """

    legs: tuple[OptionLeg, ...]
    collateral: float | None
    breach: Breach
    offsets: float | None = None

    @property
    def sold(self) -> tuple[OptionLeg, ...]:
        """Those that were sold."""
        return tuple(leg for leg in self.legs if not leg.is_bought)

    def priced(self, market: MarketSnapshot, surface: VolatilitySurface) -> HeldOptions:
        """The same options at the volatility of another surface."""
        legs = tuple(
            option_leg(leg.option, market, surface, leg.spot, leg.lots, is_bought=leg.is_bought) for leg in self.legs
        )
        return replace(self, legs=legs)

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins of the options."""
        return tuple(dict.fromkeys(leg.underlying for leg in self.legs))

    @property
    def assumed(self) -> str:
        """What is assumed where the options count, in a few sentences."""
        names = listed([leg.option.id for leg in self.legs])
        volatilities = listed([exact_percent(round(leg.held.volatility, 3)) for leg in self.legs])
        are_several = len(self.legs) > 1
        first = (
            f"Your options, {names}, are part of the hedge. They are"
            if are_several
            else (f"Your option {names} is part of the hedge. It is")
        )
        text = (
            f"{first} priced at the volatility of {'their strikes' if are_several else 'its strike'} ({volatilities} "
            "per year), which is taken to stay; what expires on the way is exercised for cash, not rolled."
        )
        if self.sold and self.collateral is not None:
            text += (
                f" Those sold have {usd(self.collateral)} of your collateral, their share by the margin that opens "
                "them and your shorts, with what they have made."
            )
        elif self.sold:
            text += " No collateral is stated, so those sold are never closed by force here."
        return text + margin_assumption(leg.option.series for leg in self.sold)


def calls_breach(calls: Sequence[OptionLeg], reserve: float) -> Breach:
    """What the venue of the sold calls does when their margin runs out; a `reserve` (USD) is paid in first."""
    runs_out = [venue_of(leg.option.series.venue).margin_runs_out for leg in calls]
    costs = [one.cost_of(leg.underlying) for one, leg in zip(runs_out, calls, strict=True)]
    rule = RULES[runs_out[0].closes] if runs_out else RULES["closed"]
    return Breach(ToppedUp(rule) if reserve > 0.0 else rule, np.array(costs, dtype=np.float64), reserve)
