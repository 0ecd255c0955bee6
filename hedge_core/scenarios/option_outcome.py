"""The outcome of options on the straight way to new prices, with what happens to sold calls if margin runs out on it.

The prices move at once and the days of the horizon pass after that. On the way margin is checked as for shorts (see
`hedge_outcome`); what stays open is then worth what it is at the horizon, and is exercised if it expires by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.breach import Breach
from hedge_core.hedge.option_legs import OptionLeg, call_account
from hedge_core.market.snapshot import Floats
from hedge_core.scenarios.shocks import Shock, applied_move, proxy_move, underlying_move


@dataclass(frozen=True, eq=False, kw_only=True)
class OptionOutcome:
    """What options make until the horizon (USD, costs included), by leg; `kept` is the share of each that stays open.

    `costs` are those of opening and of ending what stays open (USD), by leg. `paid_in` is USD from the reserve.
    """

    results: Floats
    costs: Floats
    kept: Floats
    paid_in: float = 0.0

    @property
    def pnl(self) -> float:
        """The profit of all legs."""
        return float(self.results.sum())

    @property
    def before_costs(self) -> float:
        """The profit of all legs before these costs."""
        return float((self.results + self.costs).sum())

    @property
    def is_closed(self) -> bool:
        """Whether any sold call is closed by force."""
        return bool((self.kept < 1.0).any())


def option_levels(assessment: HedgeAssessment, legs: Sequence[OptionLeg], shock: Shock) -> dict[str, float]:
    """Each coin's price after the shock, relative to today's, as the plan's contracts on that coin move.

    Options settle against the coin's price, so that the basis of the shock does not count.
    """
    p = applied_move(assessment, shock, proxy_move(assessment, shock))
    levels = {}
    for coin in dict.fromkeys(leg.underlying for leg in legs):
        if shock.of != "proxy" and coin not in assessment.market_betas.coins and coin not in shock.stated_moves:
            move = assessment.estimates.market_betas((coin,)).of(coin) * p + shock.own_moves.get(coin, 0.0)
        else:
            move = underlying_move(assessment, coin, shock, p)
        levels[coin] = max(1.0 + move, 0.0)
    return levels


def option_outcome(
    legs: Sequence[OptionLeg],
    levels: Mapping[str, float],
    days: int,
    *,
    collateral: float | None = None,
    breach: Breach | None = None,
    are_held: bool = False,
) -> OptionOutcome:
    """What the legs make until the horizon if each coin goes to its entry in `levels` and `days` pass.

    `collateral` is that of the sold calls, whose `breach` has one cost for each; without either, margin is not watched.
    `are_held`: the legs are open already, so that their opening costs nothing any more and gains count from today.
    """
    at = np.array([levels[leg.underlying] for leg in legs])
    opening = np.array([0.0 if are_held else leg.opening_cost for leg in legs])
    started = np.array([float(leg.worth(np.ones(()), 0)) for leg in legs])
    ending = np.array([float(leg.ending_cost(level, days)) for leg, level in zip(legs, at, strict=True)])
    ends = np.array([float(leg.worth(level, days)) for leg, level in zip(legs, at, strict=True)]) - ending
    results, kept, paid_in = ends - started - opening, np.ones(len(legs)), 0.0
    sold = np.flatnonzero([not leg.is_bought for leg in legs])
    if collateral is not None and breach is not None and sold.size:
        calls = [leg for leg in legs if not leg.is_bought]
        lots = np.array([leg.lots for leg in calls])
        account = call_account(calls, 0)
        end = breach.on_the_way(account, collateral, lots, at[sold] - 1.0)
        kept[sold] = end.lots[0] / lots
        paid_in = breach.reserve - float(end.reserve[0])
        if (kept[sold] < 1.0).any():
            # What the account has made on the way, less what the lots that are left have made on it.
            now = np.array([float(leg.worth(level, 0)) for leg, level in zip(calls, at[sold], strict=True)])
            made = float(end.equity[0]) - collateral - paid_in
            left = kept[sold] * (now - started[sold])
            share = (1.0 - kept[sold]) / (1.0 - kept[sold]).sum()
            results[sold] = kept[sold] * (ends[sold] - started[sold]) - opening[sold] + share * (made - left.sum())
    return OptionOutcome(results=results, costs=opening + kept * ending, kept=kept, paid_in=paid_in)


def held_outcome(assessment: HedgeAssessment, shock: Shock, days: int) -> OptionOutcome | None:
    """What the options that are held make if prices move by the shock at once and `days` pass; None without any."""
    held = assessment.options
    if held is None:
        return None
    return option_outcome(
        held.legs,
        option_levels(assessment, held.legs, shock),
        days,
        collateral=held.collateral,
        breach=held.breach,
        are_held=True,
    )
