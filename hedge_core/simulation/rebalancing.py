"""Rebalancing: how soon the number of contracts will change, and at which drift it pays to rebalance.

Both use joint paths of the plan (see `simulation`). A narrow band trades often; a wide one lets the hedge drift away
from the bag. The cheapest band is the one with the lowest cost among those whose tail risk is as good as the best,
within the simulation's error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.simulation.distributions import Chance, Figure, distribution
from hedge_core.simulation.engine import run_paths
from hedge_core.simulation.policies import Hedge
from hedge_core.simulation.setup import path_model, prepare
from hedge_core.text import days_text

BANDS: tuple[float | None, ...] = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, None)
"""The bands compared, as fractions of a leg's target; None means no rebalancing."""

FORECAST_PATHS = 4_000
BAND_PATHS = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BandOutcome:
    """One band over the horizon, USD: `risk` is the CVaR (positive), `cost` the mean cost minus carry."""

    band: float | None
    risk: Figure
    cost: float

    @property
    def label(self) -> str:
        """The band as a short label."""
        return "left alone" if self.band is None else f"rebalanced at {self.band:.0%}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BandChoice:
    """All bands, and the index of the cheapest among those that protect as well as the best."""

    horizon: int
    outcomes: tuple[BandOutcome, ...]
    cheapest: int

    @property
    def sentence(self) -> str:
        """The choice as one or two sentences."""
        best, tight = self.outcomes[self.cheapest], self.outcomes[0]
        saved = tight.cost - best.cost
        if best.band is None:
            text = (
                f"Leave the number of contracts alone over the next {days_text(self.horizon)}: rebalancing would not "
                "protect measurably better."
            )
        else:
            text = (
                f"Over the next {days_text(self.horizon)} it pays to rebalance only when a short is more than "
                f"{best.band:.0%} off its target."
            )
        if best is tight:
            return text
        often = f"rebalancing at {tight.band:.0%}"
        if abs(saved) < 0.5:
            return f"{text} {often.capitalize()} would cost the same."
        if saved < 0:
            return f"{text} {often.capitalize()} would cost ${-saved:,.0f} less but protect less."
        return f"{text} That saves ${saved:,.0f} compared with {often}."


def chances_of_change(
    assessment: HedgeAssessment, held: Sequence[float], *, band: float, days: Sequence[int] = (7, 30), seed: int = 0
) -> dict[int, Chance]:
    """For each of `days`, the chance that by then at least one leg needs another whole number of contracts.

    A leg needs one if it is further than `band` (a fraction) from its target and rounding gives another number. `held`
    are the lots short now, one entry per traded leg. Raises InvalidInput as `setup.prepare` does.
    """
    setup = prepare(assessment)
    model, _ = path_model(setup)
    rounding = ROUNDINGS[assessment.plan.decisions.rounding]
    legs, book, weights = assessment.traded_legs, setup.book, setup.weights()
    # Joint rounding has no target per leg, so the plan's whole contracts serve as the target.
    target = np.array([leg.notional if rounding.is_joint else leg.target_notional for leg in legs])
    lots = np.asarray(held, dtype=np.float64)
    level = np.ones((FORECAST_PATHS, len(model.coins)))
    changed = np.zeros(FORECAST_PATHS, dtype=bool)
    chances = {}
    for number, day in enumerate(model.draw(np.random.default_rng(seed), FORECAST_PATHS, max(days)), start=1):
        level = level * day.growth
        asked = target * (level[:, setup.bag.columns] @ weights)
        moved = level[:, book.columns]
        short = lots * book.lot_notional * moved
        exact = lots + (asked - short) / book.lot_worth(moved)
        off = np.abs(short - asked) > band * np.maximum(asked, 1e-12)
        changed |= (off & (rounding.whole(exact) != lots)).any(axis=1)
        if number in days:
            chances[number] = Chance.of(changed)
    return chances


def cheapest_band(
    assessment: HedgeAssessment, *, bands: Sequence[float | None] = BANDS, paths: int = BAND_PATHS, seed: int = 0
) -> BandChoice:
    """Risk and cost of each band on the same paths, and the cheapest. Raises InvalidInput as `setup.prepare` does."""
    setup = prepare(assessment)
    model, _ = path_model(setup)
    policies = [Hedge(setup.book, "", band, setup.weights()) for band in bands]
    runs = run_paths(model, setup.bag, setup.book, policies, horizon=setup.horizon, paths=paths, seed=seed)
    outcomes = tuple(
        BandOutcome(
            band=band,
            risk=distribution(track.worth - runs.start_value).expected_shortfall,
            cost=float(track.costs.mean()),
        )
        for band, track in zip(bands, runs.tracks, strict=True)
    )
    best = min(outcomes, key=lambda outcome: outcome.risk.value)
    served = [
        place for place, outcome in enumerate(outcomes) if outcome.risk.value <= best.risk.value + 2.0 * best.risk.error
    ]
    return BandChoice(
        horizon=setup.horizon,
        outcomes=outcomes,
        cheapest=min(served, key=lambda place: (round(outcomes[place].cost, 2), -place)),
    )
