"""Backtest: this bag, hedged in several ways, on days that the ratios had not seen.

Every 30 days each hedge is worked out anew from the days before, and held. The bag has its present weights
throughout; where a coin did not trade yet the others take its weight. All hedges are compared at a hedge ratio of 1,
before costs and rounding, so that they differ in the choice of proxies and ratios alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.alternatives import APPROACHES, alternatives
from hedge_core.assessment import HedgeAssessment
from hedge_core.effectiveness import Effectiveness, Interval, difference_interval, measure
from hedge_core.estimators import MINIMUM_DAYS
from hedge_core.evidence import REFIT_DAYS
from hedge_core.market import Days, Floats
from hedge_core.plan import Approach

NOISE = 0.02
"""Variance reductions that differ by less are not told apart, whatever their interval."""

LEAST_SHARE = 0.5
"""A span is tested when coins worth this share of the bag traded in it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TestedHedge:
    """One way to hedge the bag: the bag's daily returns with it, and how effective it was (None: unknown)."""

    name: str
    label: str
    hedged: Floats
    effectiveness: Effectiveness | None

    __test__ = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """Hedges of one bag on the same days; `unhedged` and each `hedged` are daily returns at the bag's weights.

    `approach` is the plan's, under which coins worth `covered_share` of the bag are hedged with futures of their own:
    they count as covered in full, because the basis between future and coin is not in the history; `rest` measures the
    others alone (their daily returns are `rest_unhedged`), None where there are none of either. `coins_missing`
    names coins that did not trade through the whole test, `differences` the interval of the plan's variance reduction
    less that of each other hedge. `as_planned` measures the plan's hedge at its own ratio and in whole contracts;
    `is_tradable` says whether there is a whole contract at all.
    """

    days: Days
    unhedged: Floats
    hedges: tuple[TestedHedge, ...]
    approach: Approach
    covered_share: float
    rest: Effectiveness | None
    rest_unhedged: Floats
    as_planned: Effectiveness | None
    is_tradable: bool
    coins_missing: tuple[str, ...]
    differences: Mapping[str, Interval]

    def of(self, name: str) -> TestedHedge | None:
        """One of the hedges, by name."""
        return next((hedge for hedge in self.hedges if hedge.name == name), None)

    @property
    def effectiveness(self) -> Effectiveness | None:
        """That of the plan's own approach; None where the history is too short."""
        own = self.of(self.approach)
        return own.effectiveness if own else None

    @property
    def better(self) -> TestedHedge | None:
        """The approach that did better than the plan's beyond noise, or None."""
        own = self.effectiveness
        others = [h for h in self.hedges if h.name in APPROACHES and h.name != self.approach and h.effectiveness]
        if own is None or not others:
            return None
        best = max(others, key=_reduction)
        interval = self.differences.get(best.name)
        is_beyond_noise = interval is not None and interval[1] < 0.0
        return best if is_beyond_noise and _reduction(best) - own.variance_reduction >= NOISE else None

    @property
    def verdict(self) -> str:
        """What the comparison says of the plan's approach, for a reader who will act on it."""
        own = self.effectiveness
        if own is None:
            return (
                "How good this hedge is cannot be tested: the history is too short. It takes the window for betas and "
                "90 days more. Treat the ratios as a guess."
            )
        if self.covered_share > 1.0 - 1e-9:
            return (
                "Every coin here is hedged with a future of its own, which follows it one to one but for the basis; "
                "there is no stand-in to test."
            )
        start = "On" if self.is_tradable else "No whole contract can be had for this bag; in theory: on"
        text = (
            f"{start} {own.days} days that it had not seen, this hedge would have taken out "
            f"{_percent(own.variance_reduction)} of your bag's daily variance "
            f"({_between(own.variance_interval)}grade {own.grade})"
        )
        naive = self.of("naive")
        if naive is not None and naive.effectiveness is not None:
            text += f"; half Bitcoin and half Ether, dollar for dollar, {_percent(_reduction(naive))}"
        text += ". "
        if self.rest is not None:
            text += (
                f"Coins with a future of their own, {_percent(self.covered_share)} of the bag, count as covered in "
                f"full; of the variance of the rest it took out {_percent(self.rest.variance_reduction)} (grade "
                f"{self.rest.grade}). "
            )
        better = self.better
        if better is not None:
            low, high = (-bound for bound in reversed(self.differences[better.name]))
            points = (_reduction(better) - own.variance_reduction) * 100
            return (
                f"{text}'{better.label}' did better by {points:.0f} points (between {low * 100:.0f} and "
                f"{high * 100:.0f}): consider it."
            )
        worse = [h for h in self.hedges if h.name in self.differences and self.differences[h.name][0] > 0]
        alternatives = [h for h in worse if h.name in APPROACHES and own.variance_reduction - _reduction(h) >= NOISE]
        if alternatives:
            names = _listed([f"'{h.label}' ({_percent(_reduction(h))})" for h in alternatives])
            return f"{text}It did better than {names} by more than chance explains."
        return f"{text}The other ways to hedge it differ by no more than chance: any of them would have done as well."


def compare_hedges(assessment: HedgeAssessment) -> Comparison | None:
    """Test the plan's approach, the others, and simpler hedges on the bag's own history; None with nothing hedged."""
    history = assessment.market.history
    weights = np.zeros(len(history.coins))
    for position in assessment.hedged_positions:
        if position.moves_with in history:
            weights[history.position[position.moves_with]] += position.value
    if weights.sum() <= 0.0:
        return None
    window = assessment.plan.decisions.window_days
    horizon = assessment.plan.decisions.horizon_days
    bag, spans, missing = _bag_returns(history.returns, weights, window)
    covered, rest = _without_own_futures(assessment, bag, spans)
    hedges = []
    for name, label, shorts in alternatives(assessment):
        hedged = np.full(len(bag), np.nan)
        for span, present in spans:
            short = shorts(history.returns[: span.start], present)
            if short is not None:
                hedged[span] = bag[span] - np.where(short != 0.0, history.returns[span], 0.0) @ short
        result = measure(bag, hedged, horizon_days=horizon)
        hedges.append(TestedHedge(name=name, label=label, hedged=hedged, effectiveness=result))
    approach = assessment.plan.decisions.approach
    own = next(hedge for hedge in hedges if hedge.name == approach)
    pairs = {hedge.name: difference_interval(bag, own.hedged, hedge.hedged) for hedge in hedges if hedge is not own}
    return Comparison(
        days=history.days[1:],
        unhedged=bag,
        hedges=tuple(hedges),
        approach=approach,
        covered_share=covered,
        rest=measure(rest, own.hedged, horizon_days=horizon) if 0.0 < covered < 1.0 - 1e-9 else None,
        rest_unhedged=rest,
        as_planned=measure(bag, bag + _planned_share(assessment) * (own.hedged - bag), horizon_days=horizon),
        is_tradable=any(leg.contracts for leg in assessment.legs),
        coins_missing=tuple(history.coins[column] for column in missing),
        differences={name: interval for name, interval in pairs.items() if interval is not None},
    )


def _planned_share(assessment: HedgeAssessment) -> float:
    """The plan's shorts in whole contracts as a share of those at a hedge ratio of 1."""
    asked = sum(leg.target_notional for leg in assessment.legs)
    shorted = sum(leg.notional for leg in assessment.legs)
    return assessment.hedge_ratio * shorted / asked if asked > 0.0 else 0.0


def untested_reason(assessment: HedgeAssessment) -> str:
    """Why there is nothing to compare."""
    if not assessment.hedged_positions:
        return "Nothing in this bag is hedged, so there is nothing to test."
    return "The coins that are hedged have no history in this market, so how good the hedge is cannot be tested."


def _without_own_futures(
    assessment: HedgeAssessment, bag: Floats, spans: Sequence[tuple[slice, Floats]]
) -> tuple[float, Floats]:
    """The share of the bag that futures of its own coins cover, and the bag's returns less those coins' part."""
    history = assessment.market.history
    own = [position for position in assessment.hedged_positions if position.route == "own future"]
    columns = [history.position[coin] for coin in {p.moves_with for p in own} if coin in history]
    rest = bag.copy()
    for span, present in spans:
        held = [column for column in columns if present[column] > 0.0]
        rest[span] -= history.returns[span][:, held] @ present[held]
    return sum(position.value for position in own) / assessment.hedgeable_value, rest


def _bag_returns(returns: Floats, weights: Floats, window: int) -> tuple[Floats, list[tuple[slice, Floats]], list[int]]:
    """The bag's daily returns, the spans of the test with the weights in each, and the columns missing in some."""
    bag = np.full(len(returns), np.nan)
    spans: list[tuple[slice, Floats]] = []
    missing: set[int] = set()
    known = np.cumsum(~np.isnan(returns), axis=0)
    for start in range(window, len(returns), REFIT_DAYS):
        span = slice(start, min(start + REFIT_DAYS, len(returns)))
        trades = (known[start - 1] >= MINIMUM_DAYS) & ~np.isnan(returns[span]).all(axis=0)
        present = np.where(trades, weights, 0.0)
        missing |= set(np.flatnonzero((weights > 0.0) & ~trades).tolist())
        if present.sum() < LEAST_SHARE * weights.sum():
            continue
        present = present / present.sum()
        held = present > 0.0
        bag[span] = returns[span][:, held] @ present[held]
        spans.append((span, present))
    return bag, spans, sorted(missing)


def _reduction(hedge: TestedHedge) -> float:
    return hedge.effectiveness.variance_reduction if hedge.effectiveness else -np.inf


def _percent(fraction: float) -> str:
    if 0.995 <= fraction < 1.0:
        return "more than 99%"
    return f"{fraction:.0%}".replace("-", "−")


def _between(interval: Interval) -> str:
    low, high = (_percent(bound) for bound in interval)
    return "" if low == high and low.startswith("more") else f"between {low} and {high}, "


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
