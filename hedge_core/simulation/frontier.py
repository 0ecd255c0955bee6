"""Frontier: the remaining risk, the cost and the gain given up at hedge ratios from 0 to 1.2, all on the same paths.

Each ratio is what the planner makes of the plan with that ratio: its basket, its whole contracts, what the collateral
opens, its costs. Every verdict, whichever rule for when margin runs out, rests on the same paths.

The error of a difference of two risks is that of paths drawn in pairs. With the loss L of a path, the VaR v and the
tail share q, CVaR is the mean of v + max(L − v, 0)/q, so the difference of two is the mean of the differences of these
terms, path by path, and its error is their standard deviation over √paths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.breach import RULES, BreachRule
from hedge_core.hedge.planner import assess_at
from hedge_core.market.snapshot import Floats
from hedge_core.simulation.account import Book
from hedge_core.simulation.distributions import LEVEL, Chance, Distribution, Figure, distribution
from hedge_core.simulation.engine import Progress, Runs, Track, run_paths
from hedge_core.simulation.paths import ModelKind
from hedge_core.simulation.policies import Hedge, Policy
from hedge_core.simulation.setup import account_remarks, book_of, path_model, prepare
from hedge_core.simulation.volatility import todays_paths, with_peaks
from hedge_core.text import days_text, usd

TAIL = 1.0 - LEVEL

VERDICT_PATHS = 4_000
"""Every verdict, under the plan's own rule and under the others, rests on the first of the paths, this many."""

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

    `adds_risk_above` is the ratio of least risk, above which more hedging adds risk; None if the risk at the highest
    ratio is not larger by more than the simulation's error. `between` are the lowest and the highest ratio whose risk
    cannot be told from the least (95%).
    """

    rule: str
    adds_risk_above: float | None
    between: tuple[float, float]

    @property
    def text(self) -> str:
        """The verdict as a part of a sentence."""
        above = self.adds_risk_above
        return "more hedging never adds risk" if above is None else f"it adds risk above {above:.0%}{self.range_text}"

    @property
    def range_text(self) -> str:
        """The ratios whose risk cannot be told from the least, in brackets; '' if there is only one."""
        low, high = self.between
        return "" if low == high else f" ({low:.0%} to {high:.0%} cannot be told apart)"


def verdict(rule: str, ratios: Sequence[float], losses: Floats) -> Verdict:
    """The verdict on `losses` (USD, shape (ratios, paths)) on the same paths at ascending hedge `ratios`."""
    terms = shortfall_terms(losses)
    least = int(terms.mean(axis=1).argmin())
    excess = terms - terms[least]
    noise = 1.96 * excess.std(axis=1) / np.sqrt(losses.shape[1])
    is_alike = excess.mean(axis=1) <= noise
    alike = [ratio for ratio, is_in in zip(ratios, is_alike.tolist(), strict=True) if is_in]
    return Verdict(rule, None if is_alike[-1] else ratios[least], (min(alike), max(alike)))


def shortfall_terms(losses: Floats) -> Floats:
    """The terms v + max(L − v, 0)/q whose means are the expected shortfalls of `losses`, shape (ratios, paths)."""
    tail = max(1, round(losses.shape[1] * TAIL))
    v = np.sort(losses, axis=1)[:, -tail][:, None]
    terms: Floats = v + np.maximum(losses - v, 0.0) * (losses.shape[1] / tail)
    return terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """The points in ascending order of the hedge ratio; `chosen` is the index of the plan's own.

    `rule` says what happens when margin runs out, in words; points and `verdict`, on the ratios that the collateral
    opens in full, rest on it. `other_rules` are the verdicts under the other rules; () if margin is not watched.
    """

    horizon: int
    paths: int
    model: str
    notes: tuple[str, ...]
    points: tuple[FrontierPoint, ...]
    chosen: int
    rule: str
    verdict: Verdict
    other_rules: tuple[Verdict, ...] = ()

    @property
    def open_to_you(self) -> tuple[FrontierPoint, ...]:
        """The points that the collateral opens in full; all of them if there are none."""
        return tuple(point for point in self.points if point.is_funded is not False) or self.points

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
                f"Above about {above:.0%}{self.verdict.range_text}, more hedging adds risk instead of reducing "
                f"it{why}. {self._rests_on()}"
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
    own = assessment.hedge_ratio
    ratios = sorted({*(ratio for ratio in ratios if abs(ratio - own) > 1e-9), own})
    sized = [
        assessment if ratio == own else replace(assess_at(assessment, ratio), options=assessment.options)
        for ratio in ratios
    ]
    used = {leg.underlying: leg for one in sized for leg in one.traded_legs}
    setup = prepare(assessment, kind=kind, market_move=market_move, other_legs=tuple(used.values()))
    model, description = path_model(setup, kind)
    today = todays_paths(setup, model)
    books = [book_of(one, setup.panel, setup.funded) for one in sized]
    draw = partial(run_paths, horizon=setup.horizon, seed=seed)
    runs = draw(model, setup.bag, setup.book, [Hedge(book) for book in books], paths=paths, progress=progress)
    hedges = [Hedge(with_peaks(book, today.setup.panel)) for book in books]
    watched = runs
    if any(book.is_watched for book in books):
        watched = today.run(hedges, paths=paths, seed=seed)
    places = [place for place, one in enumerate(sized) if not one.is_limited] or list(range(len(sized)))
    tried = _Tried(tuple(ratios[place] for place in places), [books[place] for place in places], runs, places)
    notes = [note for note in setup.notes if note not in account_remarks(assessment)]
    if assessment.options is not None and assessment.options.sold:
        notes.append("At other hedge ratios the shorts have all of your collateral, beside that of the options sold.")
    return Frontier(
        horizon=setup.horizon,
        paths=paths,
        model=description,
        notes=(*notes, *account_remarks(assessment), *today.remarks),
        points=tuple(map(partial(_point, runs), ratios, sized, books, runs.tracks, watched.tracks)),
        chosen=ratios.index(own),
        rule=assessment.breach.rule.title,
        verdict=verdict(assessment.breach.rule.title, tried.ratios, tried.losses),
        other_rules=_other_verdicts(
            tried, partial(draw, model, setup.bag, setup.book, paths=min(paths, VERDICT_PATHS))
        ),
    )


def _point(runs: Runs, ratio: float, sized: HedgeAssessment, book: Book, track: Track, watched: Track) -> FrontierPoint:
    """The point of a ratio from its track in `runs`; `watched` is the one at today's volatility."""
    net, gains = distribution(track.worth - runs.start_value), runs.hedge.bag > runs.start_value
    return FrontierPoint(
        ratio=ratio,
        contracts=tuple((leg.contract.id, leg.lots) for leg in sized.traded_legs),
        net=net,
        risk=net.expected_shortfall,
        cost=float(track.costs.mean()),
        given_up=float((runs.hedge.bag - track.worth)[gains].mean()) if gains.any() else 0.0,
        closed=Chance.of(watched.is_closed) if book.is_watched else None,
        is_funded=None if book.margin.collateral is None else not sized.is_limited,
        margin=sized.margin_wanted.initial,
    )


class _Tried(NamedTuple):
    """The hedge ratios that the collateral opens in full, with their accounts and their `places` in the runs."""

    ratios: tuple[float, ...]
    books: Sequence[Book]
    runs: Runs
    places: Sequence[int]

    @property
    def tracks(self) -> list[Track]:
        """What became of each ratio under the plan's own rule."""
        return [self.runs.tracks[place] for place in self.places]

    @property
    def losses(self) -> Floats:
        """The losses (USD, shape (ratios, paths)) under the plan's own rule."""
        return _losses(self.runs, self.tracks)


def _other_verdicts(tried: _Tried, run: Callable[[Sequence[Policy]], Runs]) -> tuple[Verdict, ...]:
    """The verdicts under the rules of venues that are not the plan's own, without a reserve, on the same paths.

    Accounts that end alike under every rule are not run again: those that were never closed by force without a reserve.
    """
    if not any(book.is_watched for book in tried.books):
        return ()
    own = tried.books[-1].breach
    ends_alike = [own.reserve == 0.0 and not track.is_closed[:VERDICT_PATHS].any() for track in tried.tracks]
    again = [place for place, is_alike in enumerate(ends_alike) if not is_alike]
    verdicts = []
    for rule in RULES.values():
        if rule.title == own.rule.title:
            continue
        losses = tried.losses
        hedges: list[Policy] = [Hedge(_under(tried.books[place], rule)) for place in again]
        if hedges:
            found = run(hedges)
            losses[again] = _losses(found, found.tracks)
        verdicts.append(verdict(rule.title, tried.ratios, losses))
    return tuple(verdicts)


def _losses(runs: Runs, tracks: Sequence[Track]) -> Floats:
    losses: Floats = runs.start_value - np.array([track.worth[:VERDICT_PATHS] for track in tracks])
    return losses


def _under(book: Book, rule: BreachRule) -> Book:
    """The book under another rule, without a reserve."""
    return replace(book, breach=book.breach.under(rule, 0.0))
