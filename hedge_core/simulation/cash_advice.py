"""Cash advice: the cash to post as collateral now and to keep in reserve, from joint paths of the plan.

The need of a path through day t is the least cash today that keeps the plan's whole counts, before any limit of cash,
above the maintenance margin until then: at each day's highest price, with carry and all fees paid from it, and at least
the initial margin. With Q95(t) the smallest amount that is enough through day t on at least 95% of the paths,

    post = max(cash that opens these counts, Q95(5)),  reserve = max(0, Q95(horizon) − post)

What opens them is their initial margin, or what survives the rally that the plan asks for, if that is more, and the
cost of opening them, which leaves the account at once.

All of this is on paths at today's volatility (`volatility`). The advice is then tried under the rule for when margin
runs out, beside what the plan states: on these paths for whether anything is closed by force, and on the days as they
were for the worst results.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.breach import ToppedUp
from hedge_core.hedge.planner import margin_and_costs
from hedge_core.hedge.squeeze import worst_squeeze
from hedge_core.market.snapshot import Floats
from hedge_core.simulation.account import Book
from hedge_core.simulation.distributions import Chance, Figure, distribution
from hedge_core.simulation.engine import FAN_PATHS, CashOnPaths, Runs, cash_needed, run_paths
from hedge_core.simulation.paths import ModelKind, PathModel
from hedge_core.simulation.policies import Hedge
from hedge_core.simulation.setup import Setup, book_of, path_model, prepare
from hedge_core.simulation.volatility import TodaysPaths, todays_paths, with_peaks
from hedge_core.text import days_text, usd

POST_DAYS = 5
"""The days that the cash to post is to last; what is needed later can be kept in reserve."""

STEP = 100.0
"""What the advised amounts are rounded up to, in USD; amounts of fewer than four digits to two digits."""


def rounded_up(amount: float) -> float:
    """An advised amount (USD) in round numbers, never less: 4,712 gives 4,800, 37.2 gives 38."""
    step = min(STEP, 10.0 ** max(math.floor(math.log10(max(amount, 1.0))) - 1, 0))
    return math.ceil(amount / step) * step


@dataclass(frozen=True, slots=True)
class CashAdvised:
    """The cash (USD) to `post` now and to keep in `reserve`, with which the short survives 95% of the paths."""

    post: float
    reserve: float


@dataclass(frozen=True, slots=True)
class CashTried:
    """Amounts of cash (USD) tried on the paths, for the counts that `post` opens.

    `lived_through` is the chance that nothing is closed by force until the horizon, and `shortfall` the mean net loss
    of the worst 5% of paths (USD, positive). `cost` is what the cash costs over the horizon (USD).
    """

    post: float
    reserve: float
    lived_through: Chance
    shortfall: Figure
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CashAdvice:
    """What to post and to keep in reserve (`advised`), beside what the plan states (None: no collateral stated).

    `initial` is the margin (USD) to open the counts that the plan wants. `worst_30_days` is what the worst 30 days of
    the past year would have needed for them (USD; None without enough history). `rule` says what happens when margin
    runs out. `needed` and `grounds` are for the next advice: what each account needs on each path (USD), and what all
    but `stated` rests on (None: that may not be taken over).
    """

    horizon: int
    paths: int
    rule: str
    initial: float
    worst_30_days: float | None
    advised: CashTried
    stated: CashTried | None
    is_limited: bool
    needed: Floats = field(repr=False, compare=False)
    grounds: tuple[object, ...] | None = field(repr=False, compare=False)

    @property
    def rounded(self) -> CashAdvised:
        """The advised amounts in round numbers, never less: those to write into a plan."""
        return CashAdvised(rounded_up(self.advised.post), rounded_up(self.advised.reserve))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The advice, what it costs, and why the worst paths lose more with more cash, where they do."""
        mine, theirs = self.advised, self.stated
        texts = [
            f"Advised: post {usd(mine.post)} as collateral and keep {usd(mine.reserve)} in reserve. On "
            f"{mine.lived_through.value:.1%} of {self.paths:,} paths over {days_text(self.horizon)} nothing is then "
            "closed by force." + (f" This cash costs {usd(mine.cost)} over that time." if mine.cost else "")
        ]
        if self.worst_30_days is not None:
            texts.append(f"The worst 30 days of the past year needed {usd(self.worst_30_days)}.")
        if theirs is not None:
            reserve = f" and {usd(theirs.reserve)} in reserve" if theirs.reserve else ""
            texts.append(
                f"With your {usd(theirs.post)}{reserve}, nothing is closed by force on "
                f"{theirs.lived_through.value:.1%} of the paths."
            )
        return (*texts, self.why_more_is_worse) if self.why_more_is_worse else tuple(texts)

    @property
    def why_more_is_worse(self) -> str:
        """Why the worst paths lose more with the larger of the two amounts; '' if they do not."""
        if self.stated is None:
            return ""
        more, less = sorted((self.advised, self.stated), key=lambda tried: -(tried.post + tried.reserve))
        noise = 2.0 * (more.shortfall.error**2 + less.shortfall.error**2) ** 0.5
        if more.post + more.reserve <= less.post + less.reserve or more.shortfall.value - less.shortfall.value <= noise:
            return ""
        why = (
            "it opens more contracts, which lose more in a rally"
            if self.is_limited
            else "the short stays open longer in a rally and loses more of it before it is closed"
        )
        worse = more.shortfall.value - less.shortfall.value
        return (
            f"With the larger amount the worst 5% of paths end {usd(worse)} lower on average: {why}. "
            f"When margin runs out: {self.rule[0].lower()}{self.rule[1:]}."
        )


def cash_advised(needed: Floats, to_open: float) -> CashAdvised:
    """The cash to post and to keep ready, from the cash needed so far by day and path, shape (days + 1, paths).

    `to_open` is the least cash that opens the hedge (USD). Amounts are in USD.
    """
    enough = np.quantile(needed, 0.95, axis=1, method="inverted_cdf")
    post = max(to_open, float(enough[min(POST_DAYS, len(enough) - 1)]))
    return CashAdvised(post, max(0.0, float(enough[-1]) - post))


def as_wanted(assessment: HedgeAssessment) -> HedgeAssessment:
    """The assessment with the counts that the plan wants, whether or not its collateral opens them.

    Its collateral is left open, so that nothing shows these counts as if they were funded.
    """
    if not assessment.is_limited:
        return assessment
    plan = assessment.plan.with_decisions(collateral=None)
    legs = tuple(replace(leg, contracts=leg.wanted_contracts) for leg in assessment.legs)
    upkeep = margin_and_costs(plan, assessment.market, legs, assessment.volatilities, assessment.pledged)
    return replace(assessment, plan=plan, legs=legs, margin=upkeep.margin, costs=upkeep.costs)


def cash_to_open(assessment: HedgeAssessment) -> float:
    """The least cash (USD) that opens the counts that the plan wants and pays for opening them."""
    return assessment.cash_for_wanted + as_wanted(assessment).costs.opening


def advise_cash(
    assessment: HedgeAssessment,
    *,
    kind: ModelKind = "auto",
    market_move: float = 0.0,
    paths: int = FAN_PATHS,
    seed: int = 0,
    earlier: CashAdvice | None = None,
) -> CashAdvice | None:
    """The cash to post and to keep in reserve for the counts that the plan wants; None if it wants none.

    Takes less than half a second with the default number of paths, and at most FAN_PATHS paths are used. The same
    `seed` gives the same numbers as `simulate`. From an `earlier` advice is taken what other collateral leaves as it
    is, so that only the collateral is tried again. Raises InvalidInput as `simulate` does.
    """
    wanted = as_wanted(assessment)
    if not wanted.traded_legs:
        return None
    setup = prepare(assessment, kind=kind, market_move=market_move, other_legs=wanted.traded_legs)
    model, _ = path_model(setup, kind)
    walks = _Walks(setup, model, todays_paths(setup, model), min(paths, FAN_PATHS), seed)
    book = book_of(wanted, walks.today.setup.panel, setup.funded)
    stated = () if assessment.plan.decisions.collateral is None else (walks.today.setup.book,)
    grounds = _grounds(assessment, walks.paths, kind, market_move, seed)
    if earlier is not None and grounds is not None and earlier.grounds == grounds:
        advised, worst, needed = earlier.advised, earlier.worst_30_days, earlier.needed
        tried = [advised, *walks.tried(stated, needed)]
    else:
        needs = walks.needs(book, *(stated if assessment.is_limited else ()))
        amounts = cash_advised(needs[0].so_far, cash_to_open(assessment))
        advised_book = _funded(book, assessment, amounts.post, amounts.reserve)
        needed, squeeze = needs[0].by_account, worst_squeeze(wanted)
        worst = squeeze.most_needed if squeeze is not None else None
        tried = walks.tried((advised_book, *stated), needed, needs[-1].by_account)
    return CashAdvice(
        horizon=setup.horizon,
        paths=walks.paths,
        rule=assessment.breach.rule.title,
        initial=book.margin.initial,
        worst_30_days=worst,
        advised=tried[0],
        stated=tried[1] if stated else None,
        is_limited=assessment.is_limited,
        needed=needed,
        grounds=grounds,
    )


def _grounds(assessment: HedgeAssessment, *settings: object) -> tuple[object, ...] | None:
    """All that the advised amounts rest on, whatever the collateral; None if the collateral limits the counts.

    It keeps no market alive.
    """
    if assessment.is_limited:
        return None
    counts = tuple(leg.contracts for leg in assessment.legs)
    return assessment.plan.with_decisions(collateral=None), weakref.ref(assessment.market), counts, settings


def _funded(book: Book, assessment: HedgeAssessment, post: float, reserve: float) -> Book:
    """The book with this collateral, and the reserve paid in before the plan's rule."""
    rule = assessment.breach.rule
    if reserve > 0.0 and not isinstance(rule, ToppedUp):
        rule = ToppedUp(rule)
    breach = book.breach.under(rule, reserve)
    return replace(book, margin=replace(book.margin, collateral=post), breach=breach)


@dataclass(frozen=True, eq=False)
class _Walks:
    """The paths on which amounts of cash are tried: days as they were (`model`), and at today's volatility."""

    setup: Setup
    model: PathModel
    today: TodaysPaths
    paths: int
    seed: int

    def needs(self, *books: Book) -> tuple[CashOnPaths, ...]:
        """The cash that the shorts of each book need, at today's volatility."""
        return cash_needed(self.today.model, *books, horizon=self.setup.horizon, paths=self.paths, seed=self.seed)

    def tried(self, books: tuple[Book, ...], *needs: Floats) -> list[CashTried]:
        """Whether the books are closed by force at today's volatility, and their ends on the days as they were.

        `needs` is what the accounts of each book need, see `Book.ends_where`.
        """
        if not books:
            return []
        if all(book.is_told_by_need for book in books):
            are_ended = [book.ends_where(needed) for book, needed in zip(books, needs, strict=False)]
        else:
            watched = self._run(self.today.model, books)
            are_ended = [watched.hedge.closed_on > 0.0, *(track.is_closed for track in watched.tracks)]
        ends = self._run(self.model, [with_peaks(one, self.setup.panel) for one in books])
        worths = [ends.hedge.bag + ends.hedge.hedge, *(track.worth for track in ends.tracks)]
        return [
            CashTried(
                post=book.collateral,
                reserve=book.breach.reserve,
                lived_through=Chance.of(~is_ended),
                shortfall=distribution(worth - ends.start_value).expected_shortfall,
                cost=self.setup.assessment.cost_of_cash(book.collateral, book.breach.reserve),
            )
            for book, is_ended, worth in zip(books, are_ended, worths, strict=True)
        ]

    def _run(self, model: PathModel, books: Sequence[Book]) -> Runs:
        bag, hedges = self.today.setup.bag, [Hedge(one) for one in books[1:]]
        run = partial(run_paths, horizon=self.setup.horizon, paths=self.paths, seed=self.seed, follows_cash=False)
        return run(model, bag, books[0], hedges)
