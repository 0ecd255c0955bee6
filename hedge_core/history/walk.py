"""A plan walked through the past: worked out anew every 30 days by the planner itself, and held in whole contracts.

On each start day the planner sees a market that ends on that day. The counts it opens are held for 30 days, and what
bag and shorts then did is recorded in dollars per dollar of the bag's value on the start day. Costs are what the
planner charges for the notional bought or sold at each change, the funding of the days held where it is known, and
interest on the collateral that survives a rally of the market of 25%. Beside it stands the hedge of the same plan at a
ratio of 1 without rounding, reset daily.

Past days use today's list of contracts, with lots worth what they were worth then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hedge_core.errors import HedgeError
from hedge_core.exposure.evidence import Evidence
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.planner import assess
from hedge_core.history.forecasts import Forecast, forecast_of, gain_of
from hedge_core.market.snapshot import MINIMUM_DAYS, Floats, MarketSnapshot, PriceHistory
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CASH_RATE, RALLY_TO_SURVIVE, Approach, CostAssumptions, HedgePlan, Overrides, new_plan

SPAN_DAYS = 30
"""Days between two start days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A bag of `coins`, equal in value, that is hedged without the contracts on the coins in `barred`."""

    name: str
    coins: tuple[str, ...]
    barred: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a study hedges: venue and approach, the bag's value (USD) on each start day, the plan's ratio, the window."""

    venue: str
    value: float = 20_000.0
    ratio: float = 0.5
    window_days: int = 365
    approach: Approach = "recommended"

    def plan(self, market: MarketSnapshot, coins: Sequence[str], ratio: float) -> HedgePlan:
        """The plan of a bag of `coins`, as a new plan is made today."""
        each = self.value / len(coins)
        holdings = tuple(Holding(coin=coin, quantity=each / market.price(coin)) for coin in coins)
        return replace(
            new_plan(holdings=holdings).with_decisions(
                venue=self.venue,
                approach=self.approach,
                risk_accepted=1.0 - ratio,
                window_days=self.window_days,
                horizon_days=SPAN_DAYS,
            ),
            overrides=Overrides(costs=CostAssumptions(cash_rate=CASH_RATE)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Counts held through one span, per dollar of the bag: daily profit and loss of the shorts, and what they cost.

    `fees` and `cash` are positive if paid, `funding` positive if received. `funded_share` is the share of the notional
    whose funding is known; the rest is counted without.
    """

    pnl: Floats
    fees: float
    cash: float
    funding: float
    funded_share: float

    @property
    def cost(self) -> float:
        """Fees and cash less funding."""
        return self.fees + self.cash - self.funding


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRecord:
    """What happened in one span, per dollar of the bag on the start day.

    `first` is the row of the first day in the returns. `bag` is the daily profit and loss of the coins held. `reset`,
    `reset_hedged` and `reset_naive` are daily returns at fixed weights without a hedge, with it, and with half Bitcoin
    and half Ether. `fitted` are the variances, without the hedge and with it, over the window from which it was made;
    None if a coin or contract has no price on some of its days. `full` and `planned` are the whole contracts at a ratio
    of 1 and at the plan's.
    """

    first: int
    bag: Floats
    reset: Floats
    reset_hedged: Floats
    reset_naive: Floats
    fitted: tuple[float, float] | None
    full: Held
    planned: Held
    forecast: Forecast | None


@dataclass(slots=True)
class Book:
    """The notional that is short per contract at the end of a span, with the cost of one side; it pays for changes."""

    held: dict[str, tuple[float, float]] = field(default_factory=dict)

    def change_to(self, legs: Sequence[SizedLeg], side_rates: Sequence[float]) -> float:
        """Trade from what is held to `legs`, and return the fees in USD."""
        wanted = {leg.contract.id: (leg.notional, rate) for leg, rate in zip(legs, side_rates, strict=True)}
        fees = 0.0
        for contract in dict.fromkeys((*self.held, *wanted)):
            before, old_rate = self.held.get(contract, (0.0, 0.0))
            after, rate = wanted.get(contract, (0.0, old_rate))
            fees += abs(after - before) * rate
        self.held = wanted
        return fees

    def move(self, growth: Mapping[str, float], scale: float) -> None:
        """Let the notional follow prices through a span; `scale` converts it to the next span's dollar of the bag."""
        self.held = {one: (value * growth.get(one, 1.0) * scale, rate) for one, (value, rate) in self.held.items()}


@dataclass(slots=True)
class Walker:
    """Walks one subject from span to span; the counts held before decide what a change costs."""

    subject: Subject
    terms: Terms
    seed: int
    full: Book = field(default_factory=Book)
    planned: Book = field(default_factory=Book)

    def step(self, past: MarketSnapshot, evidence: Evidence, whole: PriceHistory, funding: Floats) -> SpanRecord | None:
        """The record of the span that begins on the last day of `past`; None if nothing can be hedged then.

        `whole` is the history with the days of the span; `funding` (days, coins) is by row and column of its returns.
        """
        first = len(past.history.days) - 1
        span = slice(first, first + SPAN_DAYS)
        coins = _trading(self.subject.coins, past.history, whole.returns[span])
        if not coins:
            return None
        plans = (self.terms.plan(past, coins, ratio) for ratio in (1.0, self.terms.ratio))
        try:
            full, planned = (assess(plan, past, evidence) for plan in plans)
        except HedgeError:
            return None
        returns = np.nan_to_num(whole.returns[span])
        columns = whole.column_of
        bag_returns = returns[:, [columns[coin] for coin in coins]]
        paths = np.cumprod(1.0 + bag_returns, axis=0).mean(axis=1)
        reset = bag_returns.mean(axis=1)
        targets = np.zeros(returns.shape[1])
        for leg in full.legs:
            targets[columns[leg.underlying]] += leg.target_notional / full.bag_value
        naive = sum(0.5 * returns[:, columns[coin]] for coin in ("BTC", "ETH") if coin in columns)
        scale = 1.0 / float(paths[-1])
        return SpanRecord(
            first=first,
            bag=np.diff(paths, prepend=1.0),
            reset=reset,
            reset_hedged=reset - returns @ targets,
            reset_naive=reset - naive,
            fitted=_fitted(past.history.returns[-self.terms.window_days :], [columns[coin] for coin in coins], targets),
            full=_held(full, self.full, returns, funding[span], columns, scale),
            planned=_held(planned, self.planned, returns, funding[span], columns, scale),
            forecast=forecast_of(full, returns, columns, seed=self.seed + first),
        )


def _fitted(window: Floats, bag: Sequence[int], targets: Floats) -> tuple[float, float] | None:
    """The variances of equal weights on the columns `bag`, without and with the shorts `targets`, over a window."""
    used = sorted({*bag, *np.flatnonzero(targets).tolist()})
    if np.isnan(window[:, used]).any():
        return None
    alone: Floats = window[:, bag].mean(axis=1)
    return float(alone.var()), float((alone - window[:, used] @ targets[used]).var())


def _trading(coins: Sequence[str], past: PriceHistory, ahead: Floats) -> tuple[str, ...]:
    """The coins with a close today, MINIMUM_DAYS returns before and a return on most days of the span."""
    found = []
    for coin in coins:
        column = past.column_of[coin]
        is_known = len(past.returns) > 0 and int((~np.isnan(past.returns[:, column])).sum()) >= MINIMUM_DAYS
        if is_known and not np.isnan(past.values[-1, column]) and np.isnan(ahead[:, column]).mean() < 0.5:
            found.append(coin)
    return tuple(found)


def _held(
    assessment: HedgeAssessment,
    book: Book,
    returns: Floats,
    funding: Floats,
    columns: Mapping[str, int],
    scale: float,
) -> Held:
    """What the whole contracts of an assessment did through a span; `book` holds those of the span before."""
    value, legs, costs = assessment.bag_value, assessment.traded_legs, assessment.costs.legs
    rates = [(cost.commission + cost.spread) / 2.0 / leg.notional for leg, cost in zip(legs, costs, strict=True)]
    fees = book.change_to(legs, rates)
    pnl, received, funded, growth = np.zeros(len(returns)), 0.0, 0.0, dict[str, float]()
    for leg in legs:
        column = columns[leg.underlying]
        level = np.asarray(np.cumprod(1.0 + returns[:, column]), dtype=np.float64)
        pnl += np.diff(gain_of(leg, level), prepend=0.0)
        growth[leg.contract.id] = float(level[-1])
        rate = funding[:, column]
        if leg.instrument.earns_funding and not np.isnan(rate).any():
            received += leg.notional * float(rate @ level)
            funded += leg.notional
    book.move(growth, scale)
    notional = sum(leg.notional for leg in legs)
    cash = assessment.collateral_for(RALLY_TO_SURVIVE) * CASH_RATE * SPAN_DAYS / 365.0 if legs else 0.0
    return Held(
        pnl=pnl / value,
        fees=fees / value,
        cash=cash / value,
        funding=received / value,
        funded_share=funded / notional if notional else 0.0,
    )
