"""Option demand: what a plan's bag asks of options, in USD of each coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hedge_core.exposure.market_moves import MARKET
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.options.contracts import OptionSeries


@dataclass(frozen=True, slots=True)
class OptionDemand:
    """What a bag asks of options: USD of each coin that cover the whole bag, and the coins covered by others.

    `moved` are the coins whose exposure is covered half with Bitcoin and half with Ether, because no option on them is
    proposed.
    """

    exposure: Mapping[str, float]
    moved: tuple[str, ...]


def option_demand(assessment: HedgeAssessment, offered: Mapping[str, OptionSeries]) -> OptionDemand:
    """USD of each coin that cover the bag as the plan's legs do at a hedge ratio of 1.

    What a leg on a coin without options would short is covered with Bitcoin and Ether: half of it in each, times the
    coin's beta to the market, which is half of each. Nothing is covered where these have no options either.
    """
    ratio = assessment.hedge_ratio
    exposure: dict[str, float] = {}
    moved = []
    for leg in assessment.legs:
        if leg.target_notional <= 0.0 or ratio <= 0.0:
            continue
        whole = leg.target_notional / ratio
        if leg.underlying in offered:
            exposure[leg.underlying] = exposure.get(leg.underlying, 0.0) + whole
        elif all(coin in offered for coin in MARKET):
            moved.append(leg.underlying)
            for coin in MARKET:
                exposure[coin] = exposure.get(coin, 0.0) + whole * assessment.market_betas.of(leg.underlying) / 2.0
    return OptionDemand(exposure, tuple(moved))
