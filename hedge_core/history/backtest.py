"""Backtest: the present bag, hedged in several ways, on days that the hedge ratios were not fitted to.

Every 30 days each hedge is fitted again to the days before and then held. The bag keeps its present weights throughout;
the other coins take the weight of a coin that did not trade yet. All hedges are compared at a hedge ratio of 1, before
costs and rounding, so that only the choice of proxies and ratios differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hedge_core.exposure.effectiveness import MINIMUM_TEST_DAYS, Effectiveness, Interval, difference_interval, measure
from hedge_core.exposure.evidence import REFIT_DAYS
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.history.alternatives import APPROACHES, Rule, Shorts, hedge_rules
from hedge_core.market.snapshot import MINIMUM_DAYS, Days, Floats
from hedge_core.plan.plan import Approach
from hedge_core.text import listed, whole_percent

NOISE = 0.02
"""Variance reductions that differ by less than this count as equal, whatever their interval."""

LEAST_SHARE = 0.5
"""A span is tested only if coins worth at least this share of the bag traded in it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TestedHedge:
    """One way to hedge the bag: the hedged bag's daily returns, and the effectiveness (None if unknown).

    `is_available` says whether the venue lists the contracts that it needs.
    """

    name: str
    label: str
    hedged: Floats
    effectiveness: Effectiveness | None
    is_available: bool = True

    __test__ = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """Hedges of one bag compared on the same days.

    - `unhedged`, and `hedged` of each hedge: daily returns at the bag's weights, shape (days,), NaN if not tested.
    - `approach`: the plan's own. `as_planned`: its effectiveness at the plan's hedge ratio and in whole contracts.
    - `differences`: by name of each other hedge, the interval of the plan's variance reduction minus that hedge's.
    - `covered_share`: the share of the tested value hedged with a coin's own future. It counts as fully covered,
      because the history has no basis.
    - `rest`: the effectiveness on the other coins, whose returns are `rest_unhedged`; None if all or no coins have
      their own future.
    - `tested_share`: the share of the bag's value in the test. `coins_missing`: coins without history in some or all
      of it.
    - `obstacle`: why nothing is shorted, or ''.
    - `basis`: comparisons with equal `basis` have the same hedges.
    """

    days: Days
    unhedged: Floats
    hedges: tuple[TestedHedge, ...]
    approach: Approach
    differences: Mapping[str, Interval]
    as_planned: Effectiveness | None
    covered_share: float
    rest: Effectiveness | None
    rest_unhedged: Floats
    tested_share: float
    coins_missing: tuple[str, ...]
    obstacle: str
    basis: tuple[object, ...] = field(default=(), repr=False)

    def of(self, name: str) -> TestedHedge | None:
        """The hedge with this name, or None."""
        return next((hedge for hedge in self.hedges if hedge.name == name), None)

    @property
    def effectiveness(self) -> Effectiveness | None:
        """The effectiveness of the plan's own approach; None if the history is too short."""
        own = self.of(self.approach)
        return own.effectiveness if own else None

    @property
    def better(self) -> TestedHedge | None:
        """The available approach that clearly did better than the plan's, or None.

        Clearly: by at least NOISE, and with an interval of the difference that excludes zero.
        """
        own, others = self.effectiveness, self._others()
        if own is None or not others:
            return None
        best = max(others, key=_reduction)
        is_beyond_noise = self.differences[best.name][1] < 0.0
        return best if is_beyond_noise and _reduction(best) - own.variance_reduction >= NOISE else None

    @property
    def verdict(self) -> str:
        """The conclusion about the plan's approach, in one text."""
        return " ".join(self.sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict in parts of one or two sentences; the first part is the main result."""
        own = self.effectiveness
        if own is None:
            return (
                "This hedge cannot be tested: the price history is too short or has too many gaps.",
                "A test needs the window for betas and 90 days more. Treat the hedge ratios as a guess.",
            )
        if self.covered_share > 1.0 - 1e-9:
            return (
                "Every coin here is hedged with its own future, which follows it one to one except for the basis, so "
                "there is no proxy to test.",
            )
        return *self._results(own), *self._comparisons(own)

    def _results(self, own: Effectiveness) -> Iterator[str]:
        start = f"{self.obstacle} In theory, tested" if self.obstacle else "Tested"
        yield (
            f"{start} on {own.days} unseen days, this hedge would have removed {whole_percent(own.variance_reduction)} "
            f"of the daily variance of the coins that it hedges ({_range(own.variance_interval)}grade {own.grade}). "
            "The test uses a hedge ratio of 100%, without costs or rounding."
        )
        naive = self.of("naive")
        if naive is not None and naive.effectiveness is not None:
            yield f"Half Bitcoin and half Ether, dollar for dollar: {whole_percent(_reduction(naive))}."
        if self.tested_share < 0.995:
            yield (
                f"The test covers {whole_percent(self.tested_share)} of your bag; the rest is not hedged or cannot be "
                "tested."
            )
        if self.rest is not None:
            yield (
                f"Coins hedged with their own future ({whole_percent(self.covered_share)} of the tested value) count "
                f"as fully covered. For the other coins, the hedge removed "
                f"{whole_percent(self.rest.variance_reduction)} of the variance (grade {self.rest.grade})."
            )

    def _comparisons(self, own: Effectiveness) -> Iterator[str]:
        better, others = self.better, self._others()
        if better is not None:
            low, high = (-bound for bound in reversed(self.differences[better.name]))
            points = (_reduction(better) - own.variance_reduction) * 100
            yield (
                f"'{better.label}' would have removed {points:.0f} percentage points more (95% range {low * 100:.0f} "
                f"to {high * 100:.0f}). Consider switching to it."
            )
            return
        worse = [
            hedge
            for hedge in others
            if self.differences[hedge.name][0] > 0.0 and own.variance_reduction - _reduction(hedge) >= NOISE
        ]
        if worse:
            names = listed([f"'{hedge.label}' ({whole_percent(_reduction(hedge))})" for hedge in worse])
            yield f"This hedge did better than {names}, by more than chance explains."
        elif others:
            yield "On these days, the other approaches did neither clearly better nor clearly worse."

    def _others(self) -> list[TestedHedge]:
        """The other approaches that the venue's contracts allow and that could be tested."""
        return [
            hedge
            for hedge in self.hedges
            if hedge.name in APPROACHES and hedge.name in self.differences and hedge.is_available
        ]


def compare_hedges(assessment: HedgeAssessment, earlier: Comparison | None = None) -> Comparison | None:
    """Compare the plan's approach with the other approaches and with simpler hedges, on the bag's own history.

    None if nothing is hedged, or none of it has a history. Results of an `earlier` comparison with the same basis are
    reused: a change of hedge ratio, rounding or collateral rarely changes what is tested.
    """
    history, decisions = assessment.market.history, assessment.plan.decisions
    weights, unknown = np.zeros(len(history.coins)), []
    for held in assessment.hedged_coins:
        if held.moves_with in history:
            weights[history.column_of[held.moves_with]] += held.value
        else:
            unknown.append(held.holding.coin)
    total = float(weights.sum())
    if total <= 0.0:
        return None
    bag, spans, missing = _bag_returns(history.returns, weights / total, decisions.window_days)
    rules = hedge_rules(assessment)
    basis = _basis(assessment, weights, rules)

    def measured(unhedged: Floats, covered: Floats) -> Effectiveness | None:
        return measure(unhedged, covered, horizon_days=decisions.horizon_days)

    if earlier is not None and earlier.basis == basis:
        hedges, differences = earlier.hedges, earlier.differences
    else:
        hedged = _on_the_same_days(bag, [_hedged_returns(history.returns, bag, spans, rule.shorts) for rule in rules])
        hedges = tuple(
            TestedHedge(
                name=rule.name,
                label=rule.label,
                hedged=returns,
                effectiveness=measured(bag, returns),
                is_available=rule.is_available,
            )
            for rule, returns in zip(rules, hedged, strict=True)
        )
        differences = _differences(bag, hedges, decisions.approach)
    own = next(hedge for hedge in hedges if hedge.name == decisions.approach)
    covered, rest = _without_own_futures(assessment, bag, spans)
    return Comparison(
        days=history.days[1:],
        unhedged=bag,
        hedges=hedges,
        approach=decisions.approach,
        differences=differences,
        as_planned=measured(bag, bag + _planned_share(assessment) * (own.hedged - bag)),
        covered_share=covered,
        rest=measured(rest, own.hedged) if 0.0 < covered < 1.0 - 1e-9 else None,
        rest_unhedged=rest,
        tested_share=total / assessment.bag_value,
        coins_missing=tuple(dict.fromkeys([*(history.coins[column] for column in missing), *unknown])),
        obstacle=_obstacle(assessment),
        basis=basis,
    )


def _basis(assessment: HedgeAssessment, weights: Floats, rules: Sequence[Rule]) -> tuple[object, ...]:
    """Everything that determines the returns and measures of the hedges."""
    decisions = assessment.plan.decisions
    return (
        assessment.market.history,
        tuple(weights.tolist()),
        (decisions.window_days, decisions.horizon_days, decisions.approach),
        tuple((rule.name, rule.is_available, rule.basis) for rule in rules),
    )


def _differences(bag: Floats, hedges: Sequence[TestedHedge], approach: Approach) -> dict[str, Interval]:
    """The interval of the plan's variance reduction minus each other hedge's, by name, if there are enough days."""
    own = next(hedge for hedge in hedges if hedge.name == approach)
    pairs = {hedge.name: difference_interval(bag, own.hedged, hedge.hedged) for hedge in hedges if hedge is not own}
    return {name: interval for name, interval in pairs.items() if interval is not None}


def untested_reason(assessment: HedgeAssessment) -> str:
    """Why `compare_hedges` returns None for this assessment."""
    if not assessment.hedged_coins:
        return "Nothing in this bag is hedged, so there is nothing to test."
    return "The hedged coins have no price history in this market, so the hedge cannot be tested."


def _obstacle(assessment: HedgeAssessment) -> str:
    if assessment.traded_legs:
        return ""
    if assessment.hedge_ratio == 0.0:
        return "A hedge ratio of 0% shorts nothing."
    return "No whole contract is shorted (see the notes)."


def _planned_share(assessment: HedgeAssessment) -> float:
    """The plan's shorts in whole contracts, as a share of the exact shorts at a hedge ratio of 1."""
    asked = sum(leg.target_notional for leg in assessment.legs)
    shorted = sum(leg.notional for leg in assessment.legs)
    return assessment.hedge_ratio * shorted / asked if asked > 0.0 else 0.0


def _bag_returns(returns: Floats, weights: Floats, window: int) -> tuple[Floats, list[tuple[slice, Floats]], list[int]]:
    """The bag's daily returns, the spans of the test with their weights, and the columns missing in some of them.

    The days before a span decide which coins trade in it. The other coins take the weight of a coin without a return
    on a day; a day is left out (NaN) if less than LEAST_SHARE of the bag has a return.
    """
    bag = np.full(len(returns), np.nan)
    spans: list[tuple[slice, Floats]] = []
    missing: set[int] = set()
    has_return = ~np.isnan(returns)
    known = np.cumsum(has_return, axis=0)
    for start in range(window, len(returns), REFIT_DAYS):
        span = slice(start, min(start + REFIT_DAYS, len(returns)))
        trades = (known[start - 1] >= MINIMUM_DAYS) & has_return[start - REFIT_DAYS : start].any(axis=0)
        missing |= set(np.flatnonzero((weights > 0.0) & ~trades).tolist())
        present = np.where(trades, weights, 0.0)
        if present.sum() < LEAST_SHARE:
            continue
        present = present / present.sum()
        share = has_return[span] @ present
        total = np.where(has_return[span], returns[span], 0.0) @ present
        bag[span] = np.where(share >= LEAST_SHARE, total / np.maximum(share, LEAST_SHARE), np.nan)
        spans.append((span, present))
    return bag, spans, sorted(missing)


def _hedged_returns(returns: Floats, bag: Floats, spans: Sequence[tuple[slice, Floats]], shorts: Shorts) -> Floats:
    hedged = np.full(len(bag), np.nan)
    for span, present in spans:
        short = shorts(returns[: span.start], present)
        if short is not None:
            hedged[span] = bag[span] - np.where(short != 0.0, returns[span], 0.0) @ short
    return hedged


def _on_the_same_days(bag: Floats, hedged: Sequence[Floats]) -> list[Floats]:
    """The returns of the hedges with enough days for a test, on the days that they have in common; else NaN."""
    is_known = [~np.isnan(bag) & ~np.isnan(returns) for returns in hedged]
    long_enough = [known for known in is_known if int(known.sum()) >= MINIMUM_TEST_DAYS]
    shared = np.logical_and.reduce(long_enough) if long_enough else np.zeros(len(bag), dtype=bool)
    return [
        np.where(shared & (int(known.sum()) >= MINIMUM_TEST_DAYS), returns, np.nan)
        for known, returns in zip(is_known, hedged, strict=True)
    ]


def _without_own_futures(
    assessment: HedgeAssessment, bag: Floats, spans: Sequence[tuple[slice, Floats]]
) -> tuple[float, Floats]:
    """The share of the tested value hedged with coins' own futures, and the bag's returns without those coins' part."""
    history = assessment.market.history
    total, own = np.zeros(len(history.coins)), np.zeros(len(history.coins))
    for held in assessment.hedged_coins:
        if held.moves_with in history:
            column = history.column_of[held.moves_with]
            total[column] += held.value
            own[column] += held.value if held.route == "own future" else 0.0
    shares = np.divide(own, total, out=np.zeros(len(total)), where=total > 0.0)
    rest = bag.copy()
    for span, present in spans:
        part = present * shares
        rest[span] -= np.where(part > 0.0, history.returns[span], 0.0) @ part
    return float(own.sum() / total.sum()), rest


def _reduction(hedge: TestedHedge) -> float:
    return hedge.effectiveness.variance_reduction if hedge.effectiveness else -np.inf


def _range(interval: Interval) -> str:
    low, high = (whole_percent(bound) for bound in interval)
    return "" if low == high and low.startswith("more") else f"95% range {low} to {high}, "
