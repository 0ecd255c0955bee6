"""Option ways: what options are on offer for a plan, and the put and the collar that match its short or a limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.option_demand import OptionDemand, option_demand
from hedge_core.hedge.option_legs import listed_until
from hedge_core.market.options.contracts import OptionSeries, option_series, proposed_series
from hedge_core.market.options.surface import VolatilitySurface
from hedge_core.market.snapshot import Floats
from hedge_core.market.venues import venue_of
from hedge_core.plan.plan import HedgePlan
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.option_search import Limit, Offer, Outcomes, Protection, cheapest, cvar, largest_loss
from hedge_core.simulation.policies import Running
from hedge_core.simulation.ways import Kind, Missing
from hedge_core.text import days_text, usd

FALLS = tuple(step / 100.0 for step in range(-95, 101))
"""The market moves (fractions) among which a stated largest loss is kept."""


def option_venue(plan: HedgePlan) -> str:
    """The venue whose options go with a plan: the first in the table that is reached as the plan's own venue is.

    That is through a broker (CME) or directly (Deribit).
    """
    is_brokered = venue_of(plan.decisions.venue).is_exchange_traded
    proposed = (one.venue for one in option_series().values() if one.is_proposed)
    return next(venue for venue in proposed if venue_of(venue).is_exchange_traded == is_brokered)


def offer_of(
    assessment: HedgeAssessment, *, venue: str, surface: VolatilitySurface, own_series: Sequence[OptionSeries] = ()
) -> tuple[Offer | None, OptionDemand, list[Missing]]:
    """The options on offer for the plan, what its bag asks of them, and why there are none."""
    series = proposed_series(venue, own_series)
    history = assessment.market.history
    series = {
        coin: one
        for coin, one in series.items()
        if coin in history and assessment.underlying_price_or_none(coin) is not None
    }
    demand = option_demand(assessment, series)
    if not demand.exposure:
        why = f"{venue} lists no option that is proposed here on the coins of this hedge, or they have no prices"
        return None, demand, [Missing("Put and collar", why)]
    spots = {coin: assessment.underlying_price(coin) for coin in demand.exposure}
    offer = Offer(market=assessment.market, surface=surface, series=series, spots=spots, exposure=demand.exposure)
    return offer, demand, []


def limit_of(
    assessment: HedgeAssessment, offer: Offer, outcomes: Outcomes, short: Floats, stated_loss: float | None
) -> Limit:
    """What put and collar must reach: the worst 5% of the results of the `short`, or a `stated_loss` at most."""
    if stated_loss is None:
        return Limit(outcomes, cvar, cvar(short))
    results = [run_scenario(assessment, Shock(move=move, of="market")).bag_pnl for move in FALLS]
    betas = assessment.estimates.market_betas(tuple(offer.exposure))
    levels = {coin: np.maximum(1.0 + betas.of(coin) * np.array(FALLS), 0.0) for coin in offer.exposure}
    moved = Outcomes(np.array(results), levels, outcomes.days)
    return Limit(moved, largest_loss, stated_loss, must_hold=True)


def protections(offer: Offer, outcomes: Outcomes, limit: Limit) -> tuple[dict[Kind, Protection], list[Missing]]:
    """The cheapest put and the cheapest collar, or why there is none."""
    today = offer.market.as_of.date()
    months = [set(listed_until(offer.series[coin], today, outcomes.days)) for coin in offer.exposure]
    expiries = sorted(set.intersection(*months))
    if not expiries:
        why = f"no listed option lasts {days_text(outcomes.days)}, and rolling options is not followed here"
        return {}, [Missing("Put and collar", why)]
    if limit.measure(limit.outcomes.bag) <= limit.target:
        why = f"the bag alone loses less than the {usd(limit.target)} that they are to reach"
        return {}, [Missing("Put and collar", why)]
    found: dict[Kind, Protection] = {}
    missing = []
    searches: tuple[tuple[Kind, str, Callable[[], Protection | None]], ...] = (
        ("put", "Put", lambda: cheapest(offer.puts(expiries), outcomes, limit)),
        ("collar", "Collar", lambda: cheapest(offer.collars(expiries), outcomes, limit)),
    )
    for kind, label, search in searches:
        protection = search()
        if protection is not None:
            found[kind] = protection
        if protection is None or not protection.is_met:
            why = f"no {kind} on these coins in whole contracts brings the loss down to {usd(limit.target)}"
            missing.append(Missing(label, why if protection is None else f"{why}; the closest is shown"))
    return found, missing


def break_even_volatility(put: Protection, outcomes: Outcomes, short_mean: float) -> float | None:
    """The mean volatility at which the same puts would have ended as high as the short on average, by bisection.

    `short_mean` is the mean result with the short (USD). None if no volatility from a fiftieth to four times the one
    assumed does.
    """
    bag = float(outcomes.bag.mean())

    def ahead(factor: float) -> float:
        """By how much the put ends higher than the short if every volatility is `factor` times what it is."""
        made = 0.0
        for leg in put.legs:
            dearer = replace(leg, held=leg.held.with_volatility(factor * leg.held.volatility))
            made += float(dearer.result(outcomes.levels[leg.underlying], outcomes.days).mean())
        return bag + made - short_mean

    low, high = 0.02, 4.0
    if ahead(low) <= 0.0 or ahead(high) >= 0.0:
        return None
    while high - low > 1e-4:
        middle = (low + high) / 2.0
        low, high = (middle, high) if ahead(middle) > 0.0 else (low, middle)
    return mean_volatility(put) * (low + high) / 2.0


def mean_volatility(put: Protection) -> float:
    """The volatility at which the puts are priced, weighted by the coins that they cover."""
    units = np.array([leg.units for leg in put.legs])
    return float(units @ np.array([leg.held.volatility for leg in put.legs]) / units.sum())


class EndLevels:
    """A policy that does nothing but keep the levels at the horizon."""

    label = "Levels at the horizon"

    def __init__(self, coins: tuple[str, ...]) -> None:
        self._coins = coins
        self.found: list[Floats] = []

    def start(self, bag: BagOnPaths, paths: int) -> Running:
        """Follow the levels."""
        return _RunningLevels(self, paths)

    def levels(self, coins: Mapping[str, float]) -> dict[str, Floats]:
        """The levels of some coins at the horizon, on all paths in their order."""
        together = np.concatenate(self.found)
        return {coin: together[:, self._coins.index(coin)] for coin in coins}


class _RunningLevels:
    def __init__(self, policy: EndLevels, paths: int) -> None:
        self._policy = policy
        self._level = np.ones((paths, 1))
        self.worth = self.costs = self.trades_regretted = np.zeros(paths)
        self.is_closed = np.zeros(paths, dtype=np.bool_)

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        self._level = level

    def finish(self) -> None:
        self._policy.found.append(self._level)
