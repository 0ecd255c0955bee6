"""Study: how well the planner's own hedges did on a market's past, walked forward and in whole contracts.

Subjects are single coins, each hedged without its own contract, and bags of coins that are hedged without the contracts
on any of them. Bitcoin and Ether are not subjects. Coins that died are not in the history, which flatters all results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.exposure.basket import CORE
from hedge_core.exposure.effectiveness import Effectiveness, difference_interval, measure
from hedge_core.exposure.evidence import gather_evidence
from hedge_core.exposure.inference import Interval
from hedge_core.hedge.insurance import horizon_range
from hedge_core.history.forecasts import ChanceTest, Forecast, chance_test
from hedge_core.history.hedged_returns import LEAST_SPANS, worst_mean, worst_mean_saved
from hedge_core.history.past_market import market_on, past_history
from hedge_core.history.risk_tests import Outcome, RiskTest, risk_test
from hedge_core.history.scaling import ScalingTest, scaling_tests
from hedge_core.history.walk import SPAN_DAYS, Held, SpanRecord, Subject, Terms, Walker
from hedge_core.market.coins import is_stablecoin
from hedge_core.market.snapshot import PROXY_COINS, Floats, MarketSnapshot

BAGS = 3
"""The bags into which the coins are dealt in turn if none are named."""

COST_HORIZONS = (7, 30, 90)
COST_STEP_DAYS = 7
LEAST_FUNDING_DAYS = 365

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and what is being done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Whole contracts held for 30 days, in dollars per dollar of the bag.

    `variance_reduction` is that of daily profit and loss, costs not included; `shortfall` is the mean loss of the worst
    tenth of spans with costs, and `shortfall_saved` the interval of how much less that is than without a hedge; None
    with fewer than LEAST_SPANS spans. `fees`, `cash` and `funding` are per year (fees and cash positive if paid,
    funding if received), and `funded_share` is the share of the notional whose funding is known. `effectiveness`
    measures the same daily profit and loss with its intervals; None if the history is too short.
    """

    effectiveness: Effectiveness | None
    variance_reduction: float
    shortfall: float
    shortfall_saved: Interval | None
    fees: float
    cash: float
    funding: float
    funded_share: float

    @property
    def yearly_cost(self) -> float:
        """Fees and cash less funding per year."""
        return self.fees + self.cash - self.funding


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectResult:
    """One subject over all spans; None where the history is too short.

    `reset` is its effectiveness at a ratio of 1 reset daily, `naive` that of half Bitcoin and half Ether, `difference`
    the interval of the first minus the second. `shortfall_bag` is the mean loss of the worst tenth of spans without a
    hedge. `full` and `planned` are the whole contracts at a ratio of 1 and at the plan's.
    """

    subject: Subject
    spans: int
    reset: Effectiveness | None
    naive: Effectiveness | None
    difference: Interval | None
    shortfall_bag: float
    full: Counted
    planned: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRangeTest:
    """How often the range of the insurance quote held the funding that followed, pooled over coins and start days.

    `coins` have enough funding history, `ranges` is the number of ranges, `held` the share that held. `width` is the
    mean width, a fraction of notional per year.
    """

    horizon_days: int
    coins: tuple[str, ...]
    ranges: int
    held: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """The results of a study. `risk` is by what is forecast ("coins", "bags", with or without hedge) and by horizon.

    `residual_ratios`, for "coins" and "bags", is the size of what a hedge leaves in the 30 days after it was made over
    its size in the window from which it was made, each as a share of the bag's own: √(mean of the variance ratios).
    """

    source: str
    simulated: bool
    terms: Terms
    seed: int
    first_day: str
    last_day: str
    subjects: tuple[SubjectResult, ...]
    risk: Mapping[tuple[str, int], RiskTest]
    close_out: ChanceTest | None
    scaling: tuple[ScalingTest, ...]
    residual_ratios: Mapping[str, float]
    costs: tuple[CostRangeTest, ...]


def run_study(
    market: MarketSnapshot,
    terms: Terms,
    *,
    coins: Sequence[str] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> Study:
    """Walk the planner through the market's past with `coins` (default: all but Bitcoin, Ether and stablecoins).

    The same seed gives the same numbers. Raises InvalidInput for a coin without a history, and if the history is
    shorter than the window and one span.
    """
    history = market.history
    subjects = subjects_of(market, coins)
    starts = range(terms.window_days + 1, len(history.days) - SPAN_DAYS + 1, SPAN_DAYS)
    if not starts:
        raise InvalidInput(
            f"A study needs {terms.window_days + SPAN_DAYS + 1} days of closes, not {len(history.days)}; "
            "choose a shorter window or a longer history."
        )
    walkers = [Walker(subject, terms, seed) for subject in subjects]
    records: list[dict[int, SpanRecord]] = [{} for _ in subjects]
    funding = _funding_table(market)
    everyone = sorted({coin for subject in subjects for coin in subject.coins})
    for number, days in enumerate(starts):
        past, paid = past_history(market, days)
        evidence = gather_evidence(past, everyone, PROXY_COINS, window_days=terms.window_days)
        for place, walker in enumerate(walkers):
            there = market_on(market, past, paid, walker.subject.barred)
            record = walker.step(there, evidence, history, funding)
            if record is not None:
                records[place][days] = record
        if progress is not None:
            progress((number + 1) / len(starts), str(history.days[days - 1]))
    results = [_result(subject, history.returns, made) for subject, made in zip(subjects, records, strict=True) if made]
    return Study(
        source=market.source,
        simulated=market.simulated,
        terms=terms,
        seed=seed,
        first_day=str(history.days[starts[0] - 1]),
        last_day=str(history.days[starts[-1] - 1 + SPAN_DAYS]),
        subjects=tuple(results),
        risk=_risk(subjects, records),
        close_out=chance_test(_by_date(records)),
        scaling=_scaling(subjects, records),
        residual_ratios=_residual_ratios(subjects, records),
        costs=cost_range_tests(market),
    )


def subjects_of(market: MarketSnapshot, coins: Sequence[str]) -> tuple[Subject, ...]:
    """Each coin alone; and the named coins as one bag, or all coins dealt in turn into BAGS bags.

    Raises InvalidInput for a coin without a history or that cannot be a subject.
    """
    known = [coin for coin in market.history.coins if coin not in CORE and not is_stablecoin(coin)]
    missing = [coin for coin in coins if coin not in known]
    if missing:
        raise InvalidInput(f"{', '.join(missing)}: not a coin of this market that can be studied.")
    chosen = list(dict.fromkeys(coins)) or known
    if not chosen:
        raise InvalidInput("This market has no coin besides Bitcoin and Ether to study.")
    singles = [Subject(name=coin, coins=(coin,), barred=frozenset((coin,))) for coin in chosen]
    dealt = [chosen] if coins else [chosen[first::BAGS] for first in range(BAGS)]
    bags = [
        Subject(name=" + ".join(group), coins=tuple(group), barred=frozenset(group))
        for group in dealt
        if len(group) > 1
    ]
    return (*singles, *bags)


def _funding_table(market: MarketSnapshot) -> Floats:
    """Daily funding by row and column of the history's returns; NaN if unknown."""
    history, funding = market.history, market.funding
    table = np.full(history.returns.shape, np.nan)
    if funding is not None:
        _, ours, theirs = np.intersect1d(history.days[1:], funding.days, return_indices=True)
        for coin in funding.coins:
            if coin in history:
                table[ours, history.column_of[coin]] = funding.of(coin)[theirs]
    return table


def _result(subject: Subject, returns: Floats, records: Mapping[int, SpanRecord]) -> SubjectResult:
    unhedged, hedged, naive = (np.full(len(returns), np.nan) for _ in range(3))
    for record in records.values():
        span = slice(record.first, record.first + SPAN_DAYS)
        unhedged[span], hedged[span], naive[span] = record.reset, record.reset_hedged, record.reset_naive
    made = list(records.values())
    return SubjectResult(
        subject=subject,
        spans=len(made),
        reset=measure(unhedged, hedged),
        naive=measure(unhedged, naive),
        difference=difference_interval(unhedged, hedged, naive),
        shortfall_bag=worst_mean(np.array([float(record.bag.sum()) for record in made])),
        full=_counted(made, [record.full for record in made]),
        planned=_counted(made, [record.planned for record in made]),
    )


def _counted(records: Sequence[SpanRecord], held: Sequence[Held]) -> Counted:
    bag = np.concatenate([record.bag for record in records])
    shorts = np.concatenate([one.pnl for one in held])
    ends = np.array([float(r.bag.sum() + one.pnl.sum()) - one.cost for r, one in zip(records, held, strict=True)])
    alone = np.array([float(record.bag.sum()) for record in records])
    a_year = 365.0 / SPAN_DAYS / len(held)
    return Counted(
        effectiveness=measure(bag, bag + shorts),
        variance_reduction=1.0 - float(np.var(bag + shorts) / np.var(bag)) if np.var(bag) > 0.0 else 0.0,
        shortfall=worst_mean(ends),
        shortfall_saved=worst_mean_saved(alone, ends) if len(ends) >= LEAST_SPANS else None,
        fees=a_year * sum(one.fees for one in held),
        cash=a_year * sum(one.cash for one in held),
        funding=a_year * sum(one.funding for one in held),
        funded_share=float(np.mean([one.funded_share for one in held])),
    )


def _scaling(subjects: Sequence[Subject], records: Sequence[Mapping[int, SpanRecord]]) -> tuple[ScalingTest, ...]:
    """The tests of scaled paths on single coins."""
    return scaling_tests(
        {
            subject.name: {day: one.forecast for day, one in made.items() if one.forecast is not None}
            for subject, made in zip(subjects, records, strict=True)
            if len(subject.coins) == 1
        }
    )


def _residual_ratios(subjects: Sequence[Subject], records: Sequence[Mapping[int, SpanRecord]]) -> dict[str, float]:
    """What hedges left out of sample over what they left in sample, by kind of subject."""
    found = {}
    for kind, is_bag in (("coins", False), ("bags", True)):
        made = [
            (float(np.mean(one.reset**2)) / one.fitted[0], float(np.mean(one.reset_hedged**2)) / one.fitted[1])
            for subject, spans in zip(subjects, records, strict=True)
            for one in spans.values()
            if (len(subject.coins) > 1) is is_bag and one.fitted is not None and min(one.fitted) > 0.0
        ]
        if made:
            alone, hedged = np.mean(made, axis=0)
            found[kind] = float(np.sqrt(hedged / alone))
    return found


def _by_date(records: Sequence[Mapping[int, SpanRecord]]) -> dict[int, list[Forecast]]:
    dates: dict[int, list[Forecast]] = {}
    for made in records:
        for day, record in made.items():
            if record.forecast is not None:
                dates.setdefault(day, []).append(record.forecast)
    return dates


def _risk(subjects: Sequence[Subject], records: Sequence[Mapping[int, SpanRecord]]) -> dict[tuple[str, int], RiskTest]:
    """The tests of VaR and ES for coins and bags, unhedged and hedged, at 7 and 30 days."""
    found = {}
    for kind, is_bag in (("coins", False), ("bags", True)):
        chosen = [made for subject, made in zip(subjects, records, strict=True) if (len(subject.coins) > 1) is is_bag]
        for days in (7, 30):
            unhedged, net = dict[int, list[Outcome]](), dict[int, list[Outcome]]()
            for date, made in _by_date(chosen).items():
                unhedged[date], net[date] = [one.bag[days] for one in made], [one.net[days] for one in made]
            for name, outcomes in ((kind, unhedged), (f"hedged {kind}", net)):
                test = risk_test(outcomes)
                if test is not None:
                    found[name, days] = test
    return found


def cost_range_tests(market: MarketSnapshot) -> tuple[CostRangeTest, ...]:
    """The range of the insurance quote on funding, from every seventh day, at 7, 30 and 90 days.

    On that of Bitcoin and Ether, whose histories are the longest; on that of all coins if neither has one.
    """
    funding = market.funding
    funded = () if funding is None else [coin for coin in CORE if coin in funding] or funding.coins
    found = []
    for horizon in COST_HORIZONS:
        coins, held, widths = list[str](), list[bool](), list[float]()
        for coin in funded:
            assert funding is not None
            rates = funding.of(coin)
            known = np.flatnonzero(~np.isnan(rates))
            if not known.size:
                continue
            rates = rates[known[0] : known[-1] + 1]
            for day in range(LEAST_FUNDING_DAYS, len(rates) - horizon + 1, COST_STEP_DAYS):
                bounds, after = horizon_range(rates[:day], horizon), float(rates[day : day + horizon].sum())
                if bounds is None or np.isnan(after):
                    continue
                coins.append(coin)
                held.append(bounds[0] <= after <= bounds[1])
                widths.append((bounds[1] - bounds[0]) * 365.0 / horizon)
        if held:
            found.append(
                CostRangeTest(
                    horizon_days=horizon,
                    coins=tuple(dict.fromkeys(coins)),
                    ranges=len(held),
                    held=float(np.mean(held)),
                    width=float(np.mean(widths)),
                )
            )
    return tuple(found)
