"""Frontier: the remaining risk, the cost and the gain given up at hedge ratios from 0 to 1.2, all on the same paths.

Each ratio is sized in whole contracts with the plan's rounding, in one account with the plan's collateral.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.openable import cash_of
from hedge_core.hedge.planner import assess, margin_and_costs
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.hedge.sizing import size_leg
from hedge_core.simulation.distributions import Chance, Distribution, Figure, distribution
from hedge_core.simulation.engine import Progress, run_paths
from hedge_core.simulation.paths import ModelKind
from hedge_core.simulation.policies import Hedge
from hedge_core.simulation.setup import account_remarks, book_of, path_model, prepare
from hedge_core.text import days_text, usd

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """The points in ascending order of the hedge ratio; `chosen` is the index of the plan's own.

    `rule` says what happens when margin runs out, in words; the points rest on it.
    """

    horizon: int
    paths: int
    model: str
    notes: tuple[str, ...]
    points: tuple[FrontierPoint, ...]
    chosen: int
    rule: str

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
        open_to_you = [point for point in self.points if point.is_funded is not False] or list(self.points)
        least, most = min(open_to_you, key=lambda point: point.risk.value), open_to_you[-1]
        noise = 2.0 * (least.risk.error**2 + most.risk.error**2) ** 0.5
        if most.risk.value - least.risk.value > noise:
            why = ": the short is liquidated too often" if most.closed and most.closed.value > 0.05 else ""
            texts.append(
                f"Above about {least.ratio:.0%}, more hedging adds risk instead of reducing it{why}. {self._rests_on()}"
            )
        if open_to_you[-1] is not self.points[-1]:
            texts.append(f"Your collateral is enough for hedge ratios up to {open_to_you[-1].ratio:.0%}.")
        return tuple(texts)

    def _rests_on(self) -> str:
        return f"This rests on what happens when margin runs out: {self.rule[0].lower()}{self.rule[1:]}."

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
    )


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
        legs, _ = cash_of(plan, legs, full.market_betas).opened(legs, risk)
    upkeep = margin_and_costs(plan, full.market, legs, full.volatilities)
    return replace(full, legs=legs, margin=upkeep.margin, costs=upkeep.costs)
