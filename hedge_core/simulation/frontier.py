"""Frontier: the remaining risk, the cost and the gain given up at hedge ratios from 0 to 1.2, all on the same paths.

Each ratio is sized in whole contracts with the plan's rounding, in one account with the plan's collateral.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.breach import RULES
from hedge_core.hedge.openable import cash_of
from hedge_core.hedge.planner import assess, margin_and_costs
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.hedge.sizing import size_leg
from hedge_core.simulation.account import Book
from hedge_core.simulation.distributions import Chance, Distribution, Figure, distribution
from hedge_core.simulation.engine import Progress, run_paths
from hedge_core.simulation.paths import ModelKind, PathModel
from hedge_core.simulation.policies import Hedge
from hedge_core.simulation.setup import Setup, account_remarks, book_of, path_model, prepare
from hedge_core.text import days_text, usd

OTHER_RULE_PATHS = 4_000
"""The number of paths on which the points are tried under the other rules for when margin runs out."""

RATIOS = tuple(step / 10 for step in range(13))
FRONTIER_PATHS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierPoint:
    """Risk and cost at one hedge ratio, USD over the horizon.

    - `contracts`: id and number of each contract shorted. `margin`: the initial margin.
    - `risk`: CVaR, the mean loss of the worst 5% of paths (positive). `cost`: mean fees minus carry.
    - `given_up`: what the shorts take from the bag's gain, on average over the paths on which it gains, with costs.
    - `closed`: the chance of liquidation; None if margin is not watched.
    - `is_funded`: whether the collateral covers the initial margin; None if no collateral is stated.
    """

    ratio: float
    contracts: tuple[tuple[str, int], ...]
    net: Distribution
    risk: Figure
    cost: float
    given_up: float
    closed: Chance | None
    is_funded: bool | None
    margin: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Up to which hedge ratio more hedging reduces the risk under one rule, in words, for when margin runs out.

    `adds_risk_above` is the ratio above which it adds risk, beyond the error of the simulation; None if it never does.
    """

    rule: str
    adds_risk_above: float | None

    @property
    def text(self) -> str:
        """The verdict as a part of a sentence."""
        above = self.adds_risk_above
        return "more hedging never adds risk" if above is None else f"it adds risk above {above:.0%}"


def verdict(rule: str, ratios: Sequence[float], risks: Sequence[Figure]) -> Verdict:
    """The verdict on `risks` (mean loss of the worst 5% of paths) at ascending hedge `ratios`.

    Hedging adds risk above the ratio of least risk if the risk at the highest ratio is larger by two standard errors.
    """
    least = min(range(len(risks)), key=lambda place: risks[place].value)
    low, high = risks[least], risks[-1]
    noise = 2.0 * (low.error**2 + high.error**2) ** 0.5
    return Verdict(rule, ratios[least] if high.value - low.value > noise else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """The points in ascending order of the hedge ratio; `chosen` is the index of the plan's own.

    `rule` says what happens when margin runs out, in words; the points rest on it. `other_rules` are the verdicts under
    the other rules, on fewer paths; () if margin is not watched.
    """

    horizon: int
    paths: int
    model: str
    notes: tuple[str, ...]
    points: tuple[FrontierPoint, ...]
    chosen: int
    rule: str
    other_rules: tuple[Verdict, ...] = ()

    @property
    def open_to_you(self) -> tuple[FrontierPoint, ...]:
        """The points that the collateral opens in full; all of them if there are none."""
        return tuple(point for point in self.points if point.is_funded is not False) or self.points

    @property
    def verdict(self) -> Verdict:
        """Up to which hedge ratio more hedging reduces the risk, under the plan's own rule."""
        points = self.open_to_you
        return verdict(self.rule, [point.ratio for point in points], [point.risk for point in points])

    @property
    def sentences(self) -> tuple[str, ...]:
        """The plan's own hedge ratio and one step up and down, in sentences; then limits, if there are any."""
        here = self.points[self.chosen]
        texts = [
            f"At your hedge ratio of {here.ratio:.0%}, the worst 5% of paths over {days_text(self.horizon)} cost you "
            f"{usd(here.risk.value)} on average (± ${1.96 * here.risk.error:,.0f}). When the bag gains, the short "
            f"takes {usd(here.given_up)} of it."
        ]
        for step, word in ((1, "up"), (-1, "down")):
            place = self.chosen + step
            if 0 <= place < len(self.points):
                texts.append(self._step(here, self.points[place], word))
        open_to_you, most = self.open_to_you, self.open_to_you[-1]
        above = self.verdict.adds_risk_above
        if above is not None:
            why = ": the short is liquidated too often" if most.closed and most.closed.value > 0.05 else ""
            texts.append(
                f"Above about {above:.0%}, more hedging adds risk instead of reducing it{why}. {self._rests_on()}"
            )
        elif any(one.adds_risk_above is not None for one in self.other_rules):
            texts.append(f"More hedging never adds risk here. {self._rests_on()}")
        if open_to_you[-1] is not self.points[-1]:
            texts.append(f"Your collateral is enough for hedge ratios up to {open_to_you[-1].ratio:.0%}.")
        return tuple(texts)

    def _rests_on(self) -> str:
        text = f"This rests on what happens when margin runs out: {_small(self.rule)}."
        others = [f"where {_small(one.rule)}, {one.text}" for one in self.other_rules]
        return f"{text} Under other rules: {'; '.join(others)}." if others else text

    def _step(self, here: FrontierPoint, there: FrontierPoint, word: str) -> str:
        if there.contracts == here.contracts:
            return f"One step {word}, to {there.ratio:.0%}, needs the same whole contracts, so nothing changes."
        risk, given = there.risk.value - here.risk.value, there.given_up - here.given_up
        text = (
            f"One step {word}, to {there.ratio:.0%}: ${abs(risk):,.0f} {'more' if risk > 0 else 'less'} lost in the "
            f"worst 5%, and ${abs(given):,.0f} {'more' if given > 0 else 'less'} given up when the bag gains."
        )
        if there.closed is not None and here.closed is not None:
            text += f" The chance of liquidation is {there.closed.value:.1%} instead of {here.closed.value:.1%}."
        if there.is_funded is False and here.is_funded:
            text += f" It needs ${there.margin:,.0f} of margin, which your collateral does not cover."
        return text


def _small(title: str) -> str:
    return title[0].lower() + title[1:]


def hedge_frontier(
    assessment: HedgeAssessment,
    *,
    ratios: Sequence[float] = RATIOS,
    kind: ModelKind = "auto",
    market_move: float = 0.0,
    paths: int = FRONTIER_PATHS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Frontier:
    """The plan at each of `ratios` (fractions) and at its own hedge ratio. Raises InvalidInput as `simulate` does."""
    full = assess(assessment.plan.with_decisions(risk_accepted=0.0), assessment.market, assessment.evidence)
    own = assessment.hedge_ratio
    ratios = sorted({*(ratio for ratio in ratios if abs(ratio - own) > 1e-9), own})
    sized = [assessment if ratio == own else _at(full, ratio) for ratio in ratios]
    used = {leg.underlying: leg for one in (*sized, assessment) for leg in one.traded_legs}
    setup = prepare(full, kind=kind, market_move=market_move, other_legs=tuple(used.values()))
    model, description = path_model(setup, kind)
    books = [book_of(one, setup.panel, setup.funded) for one in sized]
    runs = run_paths(
        model,
        setup.bag,
        setup.book,
        [Hedge(book) for book in books],
        horizon=setup.horizon,
        paths=paths,
        seed=seed,
        progress=progress,
    )
    gains = runs.hedge.bag > runs.start_value
    points = []
    for ratio, one, book, track in zip(ratios, sized, books, runs.tracks, strict=True):
        net = distribution(track.worth - runs.start_value)
        points.append(
            FrontierPoint(
                ratio=ratio,
                contracts=tuple((leg.contract.id, leg.lots) for leg in one.traded_legs),
                net=net,
                risk=net.expected_shortfall,
                cost=float(track.costs.mean()),
                given_up=float((runs.hedge.bag - track.worth)[gains].mean()) if gains.any() else 0.0,
                closed=Chance.of(track.trades_regretted > 0.0) if book.can_be_closed else None,
                is_funded=None if book.margin.collateral is None else not one.is_limited,
                margin=one.margin_wanted.initial,
            )
        )
    whole = [(ratio, book) for ratio, one, book in zip(ratios, sized, books, strict=True) if not one.is_limited]
    notes = [note for note in setup.notes if note not in account_remarks(full)]
    if ROUNDINGS[assessment.plan.decisions.rounding].is_joint:
        notes.append("At hedge ratios other than yours, each contract is rounded to the nearest number, not jointly.")
    return Frontier(
        horizon=setup.horizon,
        paths=paths,
        model=description,
        notes=(*notes, *account_remarks(assessment)),
        points=tuple(points),
        chosen=ratios.index(own),
        rule=assessment.breach.rule.title,
        other_rules=_other_verdicts(assessment, setup, model, whole, paths=min(paths, OTHER_RULE_PATHS), seed=seed),
    )


def _other_verdicts(
    assessment: HedgeAssessment,
    setup: Setup,
    model: PathModel,
    books: Sequence[tuple[float, Book]],
    *,
    paths: int,
    seed: int,
) -> tuple[Verdict, ...]:
    """The verdicts under the rules of venues that are not the plan's own; the reserve is left out.

    `books` are the hedge ratios that the collateral opens in full, with their accounts.
    """
    if not any(book.can_be_closed for _, book in books):
        return ()
    verdicts = []
    for rule in RULES.values():
        if rule.title == assessment.breach.rule.title:
            continue
        hedges = [Hedge(replace(book, breach=replace(book.breach, rule=rule, reserve=0.0))) for _, book in books]
        runs = run_paths(model, setup.bag, setup.book, hedges, horizon=setup.horizon, paths=paths, seed=seed)
        risks = [distribution(track.worth - runs.start_value).expected_shortfall for track in runs.tracks]
        verdicts.append(verdict(rule.title, [ratio for ratio, _ in books], risks))
    return tuple(verdicts)


def _at(full: HedgeAssessment, ratio: float) -> HedgeAssessment:
    """The fully hedged assessment scaled to a hedge ratio, with new whole contracts, margin and costs."""
    plan = full.plan
    legs = tuple(
        size_leg(
            leg.contract,
            price=leg.price,
            target=ratio * leg.target_notional,
            ideal=leg.ideal_notional,
            rounding=plan.decisions.rounding,
        )
        for leg in full.legs
    )
    if full.market.opens_what_fits:
        risk = full.covariance if full.risk is None else full.risk.whole
        legs, _ = cash_of(plan, full.market, legs, full.market_betas).opened(legs, risk)
    upkeep = margin_and_costs(plan, full.market, legs, full.volatilities)
    return replace(full, legs=legs, margin=upkeep.margin, costs=upkeep.costs)
