"""What simulated paths foretold about a bag and its hedge, what then happened, and tests of the one by the other.

Forecasts and outcomes are of prices alone, without costs. VaR and expected shortfall are tested in `risk_tests`.

A *close-out* is a loss of the shorts of at least 25% of their notional at some close of the span. Its chance, on paths
at today's volatility, is judged by the Brier score, the mean of (chance − outcome)², beside that of the share of
earlier spans in which it happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.exposure.inference import DIFFERENCE_COSINES, Interval, projections, simultaneous_intervals
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import ShortLeg
from hedge_core.history.risk_tests import LEAST_DATES, TAIL, Outcome
from hedge_core.market.snapshot import Floats
from hedge_core.simulation.paths import PathModel
from hedge_core.simulation.setup import Setup, path_model, prepare
from hedge_core.simulation.volatility import CLOSE_OUT_POWER, todays_paths

POWERS = (0.0, 0.5, 1.0)
"""The powers with which paths are scaled to today's volatility; losses are forecast with the first."""

PATHS = 1_000
HORIZONS = (7, 30)
CLOSE_OUT = 0.25
"""The loss of the shorts, as a fraction of their notional, at which a close-out is counted."""

LEAST_EARLIER = 10
"""The earlier spans from which the share of close-outs is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Forecasts of one span. `bag` and `net` are by horizon in days; the close-out is None if nothing was short.

    `scaled` holds the same, bag before net and the shorter horizon first, by the other POWERS.
    """

    bag: Mapping[int, Outcome]
    net: Mapping[int, Outcome]
    close_chance: float | None
    is_closed: bool
    scaled: Mapping[float, tuple[Outcome, ...]] = field(default_factory=dict)

    def at_power(self, power: float) -> tuple[Outcome, ...]:
        """Bag and net by horizon on paths scaled with one of POWERS."""
        return self.scaled[power] if power else (*self.bag.values(), *self.net.values())


def forecast_of(
    assessment: HedgeAssessment, returns: Floats, columns: Mapping[str, int], *, seed: int
) -> Forecast | None:
    """The forecasts of an assessment and what the `returns` (days, coins) after it made of them; None without paths."""
    try:
        setup = prepare(assessment)
        model, _ = path_model(setup)
    except InvalidInput:
        return None
    fans = _fans(setup, model, seed)
    levels = np.asarray(np.cumprod(1.0 + returns, axis=0), dtype=np.float64)
    value, legs = assessment.hedgeable_value, assessment.traded_legs
    held_coins = assessment.hedged_coins
    values = np.array([held.value for held in held_coins])
    bag: Floats = (levels[:, [columns[held.moves_with] for held in held_coins]] - 1.0) @ values
    hedge: Floats = np.zeros(len(returns))
    for leg in legs:
        hedge += gain_of(leg, levels[:, columns[leg.underlying]])
    limit = CLOSE_OUT * sum(leg.notional for leg in legs)
    after = {"bag": bag / value, "net": (bag + hedge) / value}

    def outcomes(power: float, name: str) -> dict[int, Outcome]:
        fan, moved = fans[power][name] / value, after[name]
        return {days: _outcome(fan[days], float(moved[days - 1])) for days in HORIZONS}

    return Forecast(
        bag=outcomes(0.0, "bag"),
        net=outcomes(0.0, "net"),
        close_chance=float((fans[CLOSE_OUT_POWER]["hedge"].min(axis=0) <= -limit).mean()) if legs else None,
        is_closed=bool(legs) and bool(hedge.min() <= -limit),
        scaled={power: (*outcomes(power, "bag").values(), *outcomes(power, "net").values()) for power in POWERS[1:]},
    )


def _fans(setup: Setup, model: PathModel, seed: int) -> Mapping[float, Mapping[str, Floats]]:
    """Profit (USD) of "bag", "hedge" and "net" by day and path on paths scaled with each of POWERS."""
    fans: dict[float, Mapping[str, Floats]] = {}
    for power in POWERS:
        drawn = todays_paths(setup, model, power).model if power else model
        fans[power] = fans[0.0] if power and drawn is model else profit_on_paths(setup, drawn, seed)
    return fans


def profit_on_paths(setup: Setup, model: PathModel, seed: int) -> Mapping[str, Floats]:
    """Profit (USD) from prices alone of "bag", "hedge" and "net", shape (days + 1, PATHS), held to the last horizon."""
    bag, legs = setup.bag, setup.assessment.traded_legs
    days = model.draw(np.random.default_rng(seed), PATHS, max(HORIZONS))
    growth = np.array([np.ones((PATHS, len(model.coins))), *(day.growth for day in days)])
    levels = np.asarray(np.cumprod(growth, axis=0), dtype=np.float64)
    gained: Floats = levels @ np.bincount(bag.columns, bag.values, len(model.coins)) - bag.value
    hedged: Floats = np.zeros(gained.shape)
    for leg, column in zip(legs, setup.book.columns, strict=True):
        hedged += gain_of(leg, levels[:, :, column])
    return {"bag": gained, "hedge": hedged, "net": gained + hedged}


def gain_of(leg: ShortLeg, levels: Floats) -> Floats:
    """The profit (USD) of all lots of a leg while its coin goes from today's price to `levels` times it."""
    today: Floats = np.ones(1)
    units: Floats = leg.instrument.units(np.full(1, leg.notional), today)
    return leg.instrument.gain(units, today, levels - 1.0)


def _outcome(results: Floats, realised: float) -> Outcome:
    worst = np.sort(results)[: max(1, round(TAIL * len(results)))]
    shortfall = -float(worst.mean())
    return Outcome(
        value_at_risk=-float(np.quantile(results, TAIL)),
        shortfall=shortfall,
        loss=-realised,
        tail_variance=float(worst.var()) / shortfall**2 if shortfall > 0.0 else 0.0,
    )


def p_value(values: Floats) -> float | None:
    """The two-sided p-value of a mean of zero, with errors that allow for memory; None if the values never vary."""
    from scipy.special import stdtr

    P = projections((values - values.mean())[:, None], DIFFERENCE_COSINES)[:, 0]
    error = float(np.sqrt((P**2).mean() / len(values)))
    return None if error <= 0.0 else float(2.0 * stdtr(DIFFERENCE_COSINES, -abs(float(values.mean())) / error))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChanceTest:
    """The chance of a close-out beside what happened, on `dates` start dates.

    `skill` is 1 − Brier score / Brier score of the share of earlier spans, with its interval. `reliability` lists, for
    chances in fifths, the mean chance, the share that happened and the number of forecasts.
    """

    forecasts: int
    dates: int
    brier: float
    climatology: float
    skill: float
    skill_interval: Interval
    reliability: tuple[tuple[float, float, int], ...]


def chance_test(forecasts: Mapping[int, Sequence[Forecast]]) -> ChanceTest | None:
    """The test of the chances of a close-out by start date; None with fewer than LEAST_DATES scored dates."""
    scored: list[tuple[float, float]] = []
    pairs: list[tuple[float, bool]] = []
    earlier: list[bool] = []
    for date in sorted(forecasts):
        made = [(one.close_chance, one.is_closed) for one in forecasts[date] if one.close_chance is not None]
        if made and len(earlier) >= LEAST_EARLIER:
            share = float(np.mean(earlier))
            ours = float(np.mean([(chance - happened) ** 2 for chance, happened in made]))
            scored.append((ours, float(np.mean([(share - happened) ** 2 for _, happened in made]))))
            pairs += made
        earlier += [happened for _, happened in made]
    if len(scored) < LEAST_DATES:
        return None
    scores = np.array(scored)
    ours, theirs = scores.mean(axis=0)
    if theirs <= 0.0:
        return None
    skill = 1.0 - ours / theirs
    influence = (ours / theirs * scores[:, 1] - scores[:, 0]) / theirs
    return ChanceTest(
        forecasts=len(pairs),
        dates=len(scored),
        brier=float(ours),
        climatology=float(theirs),
        skill=float(skill),
        skill_interval=simultaneous_intervals(np.array([skill]), influence[:, None])[0],
        reliability=_reliability(pairs),
    )


def _reliability(pairs: Sequence[tuple[float, bool]]) -> tuple[tuple[float, float, int], ...]:
    chances = np.array([chance for chance, _ in pairs])
    happened = np.array([happened for _, happened in pairs], dtype=np.float64)
    fifths = np.minimum((chances * 5).astype(int), 4)
    return tuple(
        (float(chances[fifths == fifth].mean()), float(happened[fifths == fifth].mean()), int((fifths == fifth).sum()))
        for fifth in range(5)
        if (fifths == fifth).any()
    )
