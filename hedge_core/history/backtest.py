"""Backtest: the present bag, hedged in several ways, on days that the hedge ratios were not fitted to.

Every 30 days each hedge is fitted again to the days before and then held. The bag keeps its present weights throughout;
the other coins take the weight of a coin that did not trade yet. All hedges are compared at a hedge ratio of 1, before
costs and rounding, so that only the choice of proxies and ratios differs.

Only coins without a usable future of their own are tested. A coin's own future covers it by construction, because the
history has no basis: it gets no grade, and no comparison counts it. Past hedges use today's list of contracts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hedge_core.exposure.effectiveness import Effectiveness, difference_intervals, measure
from hedge_core.exposure.inference import Interval
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.history.alternatives import APPROACHES, Rule, hedge_rules, own_rule
from hedge_core.history.hedged_returns import (
    HeldResult,
    bag_returns,
    hedged_returns,
    held_result,
    on_the_same_days,
    past_shorts,
)
from hedge_core.market.snapshot import Days, Floats
from hedge_core.plan.plan import Approach
from hedge_core.text import listed, whole_percent

NOISE = 0.02
"""Variance reductions that differ by less than this count as equal, whatever their interval."""

MOST_COVERED = 0.5
"""If own futures cover more of the hedged value than this, the rest gets no grade and no comparison."""

SURVIVORS = (
    "The history holds coins that still trade, and past dates use today's list of contracts; coins that died would "
    "look worse."
)


@dataclass(frozen=True, eq=False, kw_only=True)
class TestedHedge:
    """One way to hedge the tested coins: their daily returns without and with the hedge, both of shape (days,).

    NaN marks a day that is not tested. The effectiveness is measured when it is first asked for.
    `is_available` says whether the venue lists the contracts that it needs. `is_by_construction`: it shorts some of
    the tested coins with futures of their own, so it has no effectiveness and is compared with nothing.
    """

    name: str
    label: str
    unhedged: Floats
    hedged: Floats
    horizon_days: int = 30
    is_available: bool = True
    is_by_construction: bool = False

    __test__ = False

    @cached_property
    def effectiveness(self) -> Effectiveness | None:
        """The result on the tested days; None if it is by construction or there are too few days (`measure`)."""
        if self.is_by_construction:
            return None
        return measure(self.unhedged, self.hedged, horizon_days=self.horizon_days)


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """Hedges of the coins without a usable future of their own, compared on the same days.

    - `unhedged`, and `hedged` of each hedge: daily returns at the weights of these coins, shape (days,), NaN if not
      tested.
    - `approach`: the plan's own. `alone`: its returns on every day on which it can be tested, on which the others may
      not be. `as_planned`: its effectiveness on these days, at the plan's hedge ratio and in whole contracts. `held`:
      its result with counts held for 30 days.
    - `covered_share`: the share of the hedged value that is hedged with a coin's own future, and is not tested.
    - `tested_share`: the share of the bag's value in the test. `coins_missing`: coins without history in some or all
      of it. `yearly_cost`: cost of the plan's hedge as a fraction of the hedged value per year, None if unknown.
    - `options_note`: how options that are held count, or ''.
    - `obstacle`: why nothing is shorted, or ''.
    - `basis`: comparisons with equal `basis` have the same hedges.
    """

    days: Days
    unhedged: Floats
    hedges: tuple[TestedHedge, ...]
    approach: Approach
    as_planned: Effectiveness | None
    held: HeldResult | None
    covered_share: float
    tested_share: float
    coins_missing: tuple[str, ...]
    yearly_cost: float | None
    obstacle: str
    options_note: str = ""
    alone: Floats | None = None
    basis: tuple[object, ...] = field(default=(), repr=False)

    def of(self, name: str) -> TestedHedge | None:
        """The hedge with this name, or None."""
        return next((hedge for hedge in self.hedges if hedge.name == name), None)

    @property
    def effectiveness(self) -> Effectiveness | None:
        """The effectiveness of the plan's own approach; None if the history is too short."""
        own = self.of(self.approach)
        return own.effectiveness if own else None

    @cached_property
    def differences(self) -> Mapping[str, Interval]:
        """By name of each other hedge, the interval of the plan's variance reduction minus that hedge's.

        With 95% all of them contain the truth: they are corrected for the number of hedges shown. Empty if there are
        too few days.
        """
        own = self.of(self.approach)
        others = [hedge for hedge in self.hedges if hedge is not own and hedge.effectiveness is not None]
        if own is None or own.effectiveness is None or not others:
            return {}
        intervals = difference_intervals(self.unhedged, own.hedged, [hedge.hedged for hedge in others])
        return {} if intervals is None else dict(zip([hedge.name for hedge in others], intervals, strict=True))

    @property
    def is_by_construction(self) -> bool:
        """Whether every coin is hedged with its own future, so that there is nothing to test."""
        return self.covered_share > 1.0 - 1e-9

    @property
    def is_graded(self) -> bool:
        """Whether the tested coins are most of what is hedged, so that the plan gets a grade and is compared."""
        return self.covered_share <= MOST_COVERED

    @property
    def better(self) -> TestedHedge | None:
        """The available approach that clearly did better than the plan's, or None.

        Clearly: by at least NOISE, and with an interval of the difference that excludes zero.
        """
        own, others = self.effectiveness, self._others()
        if own is None or not others or not self.is_graded:
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
        if self.is_by_construction:
            return (
                "Every coin here is hedged with its own future, which follows it one to one except for the basis: "
                "covered by construction. There is no proxy to test, so there is no grade.",
            )
        if own is None:
            return (
                "This hedge cannot be tested: the price history is too short or has too many gaps.",
                "A test needs the window for betas and 90 days more. Treat the hedge ratios as a guess.",
            )
        return *self._results(own), *self._comparisons(own), *self._limits()

    def _results(self, own: Effectiveness) -> Iterator[str]:
        start = f"{self.obstacle} In theory, tested" if self.obstacle else "Tested"
        whose = "the coins without a future of their own" if self.covered_share else "the coins that it hedges"
        yield (
            f"{start} on {own.days} unseen days, this hedge would have removed {whole_percent(own.variance_reduction)} "
            f"of the daily variance of {whose} ({_range(own.variance_interval)}{self._grade(own)}). The "
            "test uses a hedge ratio of 100%, without costs or rounding."
        )
        naive = self.of("naive")
        if naive is not None and naive.effectiveness is not None:
            yield f"Half Bitcoin and half Ether, dollar for dollar: {whole_percent(_reduction(naive))}."
        if self.covered_share:
            yield (
                f"Coins hedged with their own future ({whole_percent(self.covered_share)} of the hedged value) are "
                "covered by construction, except for the basis; they are not part of the test."
            )
        if self.tested_share < 0.995:
            yield f"The test covers {whole_percent(self.tested_share)} of your bag."
        if self.held is not None:
            yield self.held.sentence

    def _grade(self, own: Effectiveness) -> str:
        return f"grade {own.grade}" if self.is_graded else "no grade for so small a part"

    def _limits(self) -> Iterator[str]:
        if self.options_note:
            yield self.options_note
        if self.yearly_cost is not None:
            verb = "costs" if self.yearly_cost >= 0.0 else "earns"
            yield (
                f"At today's rates your hedge {verb} about {abs(self.yearly_cost):.1%} of the hedged value per year "
                "(fees, carry and cash)."
            )
        yield SURVIVORS

    def _comparisons(self, own: Effectiveness) -> Iterator[str]:
        if not self.is_graded:
            return
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

    None if nothing is hedged, or none of what needs a test has a history. Results of an `earlier` comparison with the
    same basis are reused: a change of hedge ratio, rounding or collateral rarely changes what is tested.
    """
    return _compared(assessment, earlier, hedge_rules)


def own_hedge_alone(assessment: HedgeAssessment, earlier: Comparison | None = None) -> Comparison | None:
    """As `compare_hedges`, with the plan's own approach as the only hedge; its differences to others are not known.

    `as_planned`, `alone`, `held` and the shares are those of `compare_hedges`, at a small part of its time.
    """
    return _compared(assessment, earlier, lambda assessment, tested: [own_rule(assessment, tested)])


def _compared(
    assessment: HedgeAssessment,
    earlier: Comparison | None,
    rules_of: Callable[[HedgeAssessment, Sequence[HeldCoin]], list[Rule]],
) -> Comparison | None:
    """The hedges of `rules_of` compared on the bag's history."""
    history, decisions = assessment.market.history, assessment.plan.decisions
    hedged_value = assessment.hedgeable_value
    tested = tested_coins(assessment)
    weights, unknown = np.zeros(len(history.coins)), []
    for held in tested:
        if held.moves_with in history:
            weights[history.column_of[held.moves_with]] += held.value
        else:
            unknown.append(held.holding.coin)
    total = float(weights.sum())
    if hedged_value <= 0.0 or (tested and total <= 0.0):
        return None
    covered = 1.0 - sum(held.value for held in tested) / hedged_value if tested else 1.0
    bag, spans, missing = bag_returns(history.returns, weights / (total or 1.0), decisions.window_days)
    rules = rules_of(assessment, tested) if tested else []
    basis = _basis(assessment, weights, rules)
    if earlier is not None and earlier.basis == basis:
        hedges, alone, held_counts = earlier.hedges, earlier.alone, earlier.held
    else:
        shorts = {rule.name: past_shorts(history.returns, spans, rule.shorts) for rule in rules}
        found = {rule.name: hedged_returns(history.returns, bag, spans, shorts[rule.name]) for rule in rules}
        hedges = _tested(bag, rules, list(found.values()), decisions.horizon_days)
        alone = found.get(decisions.approach)
        held_counts = held_result(history.returns, spans, shorts[decisions.approach]) if rules else None
    planned = None if alone is None else bag + _planned_share(assessment) * (alone - bag)
    return Comparison(
        days=history.days[1:],
        unhedged=bag,
        hedges=hedges,
        approach=decisions.approach,
        as_planned=None if planned is None else measure(bag, planned, horizon_days=decisions.horizon_days),
        held=held_counts,
        covered_share=covered,
        tested_share=total / assessment.bag_value,
        coins_missing=tuple(dict.fromkeys([*(history.coins[column] for column in missing), *unknown])),
        yearly_cost=_yearly_cost(assessment),
        obstacle=_obstacle(assessment),
        options_note=_options_note(assessment),
        alone=alone,
        basis=basis,
    )


def tested_coins(assessment: HedgeAssessment) -> tuple[HeldCoin, ...]:
    """The hedged coins that are not hedged with a future of their own."""
    return tuple(held for held in assessment.hedged_coins if held.route != "own future")


def _tested(bag: Floats, rules: Sequence[Rule], found: Sequence[Floats], horizon: int) -> tuple[TestedHedge, ...]:
    hedged = on_the_same_days(bag, found)
    return tuple(
        TestedHedge(
            name=rule.name,
            label=rule.label,
            unhedged=bag,
            hedged=returns,
            horizon_days=horizon,
            is_available=rule.is_available,
            is_by_construction=rule.is_by_construction,
        )
        for rule, returns in zip(rules, hedged, strict=True)
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


def _yearly_cost(assessment: HedgeAssessment) -> float | None:
    """Fees less carry, and the cash, as a fraction of the hedged value per year; None if unknown."""
    costs, value = assessment.costs, assessment.hedgeable_value
    if not assessment.traded_legs or not costs.is_carry_known or value <= 0.0:
        return None
    return (costs.fees - costs.carry + assessment.cash_cost) / value * 365.0 / costs.horizon_days


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


def _options_note(assessment: HedgeAssessment) -> str:
    """How options that are held count in the plan's own result; '' without any."""
    held = assessment.options
    if held is None:
        return ""
    share = "" if held.offsets is None else f", {whole_percent(held.offsets)} of your bag's expected move"
    return (
        "Your options count in the result at your own hedge ratio as the short that they are as good as today"
        f"{share}; their past prices are not known, and what they gain more in a large move is not tested."
    )


def _planned_share(assessment: HedgeAssessment) -> float:
    """The plan's shorts in whole contracts, as a share of the exact shorts at a hedge ratio of 1.

    Of an open position, whose shorts need not be in proportion to the plan's, it is the hedge ratio that they achieve,
    with options as the shorts that they are as good as today.
    """
    offsets = (assessment.options.offsets or 0.0) if assessment.options is not None else 0.0
    if assessment.margin.is_open or offsets:
        return assessment.achieved_hedge_ratio + offsets
    asked = sum(leg.target_notional for leg in assessment.legs)
    shorted = sum(leg.notional for leg in assessment.legs)
    return assessment.hedge_ratio * shorted / asked if asked > 0.0 else 0.0


def _reduction(hedge: TestedHedge) -> float:
    return hedge.effectiveness.variance_reduction if hedge.effectiveness else -np.inf


def _range(interval: Interval) -> str:
    low, high = (whole_percent(bound) for bound in interval)
    return "" if low == high and low.startswith("more") else f"95% range {low} to {high}, "
