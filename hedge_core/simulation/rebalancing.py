"""Rebalancing: how soon the count will change, and within which band it pays to leave the hedge alone.

Both on joint paths of the plan (see `simulation`). The cheapest band is the one that costs least among those whose tail
cannot be told apart from the best: a narrow band trades often, a wide one lets the hedge drift away from the bag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.sizing import SNAP
from hedge_core.market.snapshot import Floats
from hedge_core.plan.plan import Rounding
from hedge_core.simulation.distributions import Chance, Figure, distribution
from hedge_core.simulation.engine import run_paths
from hedge_core.simulation.policies import Hedge
from hedge_core.simulation.setup import path_model, prepare, traded_legs
from hedge_core.text import days_text

BANDS: tuple[float | None, ...] = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, None)
"""Fractions of what is asked for; None: never touched."""

FORECAST_PATHS = 4_000
BAND_PATHS = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BandOutcome:
    """A band over the horizon, USD: `risk` (CVaR) and `cost` (less carry)."""

    band: float | None
    risk: Figure
    cost: float

    @property
    def label(self) -> str:
        """In words."""
        return "left alone" if self.band is None else f"within {self.band:.0%}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BandChoice:
    """All bands, and the place of the cheapest that serves as well as the best."""

    horizon: int
    outcomes: tuple[BandOutcome, ...]
    cheapest: int

    @property
    def sentence(self) -> str:
        """The choice in words."""
        best, tight = self.outcomes[self.cheapest], self.outcomes[0]
        saved = tight.cost - best.cost
        start = f"Over {days_text(self.horizon)} the cheapest way that protects as well as any is"
        if best.band is None:
            text = f"{start} to leave the number of contracts alone"
        else:
            text = f"{start} to trade only when a short is more than {best.band:.0%} off its target"
        if best is tight:
            return f"{text}."
        often = f"trading at every {tight.band:.0%}"
        if abs(saved) < 0.5:
            return f"{text}; {often} would cost the same."
        if saved < 0:
            return f"{text}; {often} would cost ${-saved:,.0f} less and protects less."
        return f"{text}: that costs ${saved:,.0f} less than {often}."


def chances_of_change(
    assessment: HedgeAssessment, held: Sequence[float], *, band: float, days: Sequence[int] = (7, 30), seed: int = 0
) -> dict[int, Chance]:
    """The chance that within so many days a leg is further than `band` from its target and another whole count nearer.

    `held` are the lots that are short now, a traded leg each. Raises InvalidInput as `setup.prepare` does.
    """
    setup = prepare(assessment)
    model, _ = path_model(setup)
    rounding = assessment.plan.decisions.rounding
    legs, book, weights = traded_legs(assessment), setup.book, setup.weights()
    # Jointly best counts are not each leg's own: the plan's are taken as what is asked for.
    is_joint = rounding == "optimal"
    target = np.array([leg.notional if is_joint else leg.target_notional for leg in legs])
    lots = np.asarray(held, dtype=np.float64)
    level = np.ones((FORECAST_PATHS, len(model.coins)))
    changed = np.zeros(FORECAST_PATHS, dtype=bool)
    chances = {}
    for number, day in enumerate(model.draw(np.random.default_rng(seed), FORECAST_PATHS, max(days)), start=1):
        level = level * day.growth
        asked = target * (level[:, setup.bag.columns] @ weights)
        moved = level[:, book.columns]
        short = lots * book.lot_notional * moved
        worth = np.where(book.is_inverse, 1.0, moved) * book.lot_notional
        exact = lots + (asked - short) / worth
        off = np.abs(short - asked) > band * np.maximum(asked, 1e-12)
        changed |= (off & (_rounded(exact, rounding) != lots)).any(axis=1)
        if number in days:
            chances[number] = Chance.of(changed)
    return chances


def _rounded(exact: Floats, rounding: Rounding) -> Floats:
    """Whole counts as the plan rounds; jointly best counts to the nearest."""
    if rounding == "down":
        return np.floor(exact + SNAP)
    return np.ceil(exact - SNAP) if rounding == "up" else np.ceil(exact - 0.5)


def cheapest_band(
    assessment: HedgeAssessment, *, bands: Sequence[float | None] = BANDS, paths: int = BAND_PATHS, seed: int = 0
) -> BandChoice:
    """Every band on the same paths. Raises InvalidInput as `setup.prepare` does."""
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
