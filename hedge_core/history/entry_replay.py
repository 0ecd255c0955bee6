"""Entry replay: what an entry rule would have done with this plan's hedge in the past, against always and never.

The rule is checked at the close of each day; the hedge is held from the next day on for the plan's horizon, and longer
as long as the rule is met on its last day. Always is hedged on every day, never on none. With weights and sizes of
today, reset each day, and in fractions of the bag:

    hedged day     r_bag − Σ N_k/V·r_k + carry − rolls        unhedged day     r_bag
    a trade        one side of fees, spread and slippage, when the hedge is opened and when it is closed

V is the value of the hedged coins and N_k the short in coin k. Carry is the funding of that day where it is known, else
the plan's own rate; a roll costs its share of each day. Nothing is liquidated here. How little a rule has told is said
by `fall_record`: whether falls followed it more often than any other day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.market_days import MarketDays, market_days
from hedge_core.history.fall_record import FallRecord, followed_by_fall
from hedge_core.market.snapshot import Days, Floats
from hedge_core.plan.entry_rule import EntryRule
from hedge_core.simulation.setup import prepare
from hedge_core.text import percent

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Bag and hedge over the whole history, as fractions of the bag: how they end, and their deepest fall.

    `costs` are fees, spread, slippage and rolls; `carry` is positive if the short earned it. `hedged_days` counts the
    days with a hedge, `trades` the times at which it was opened.
    """

    name: str
    end: float
    deepest_fall: float
    costs: float
    carry: float
    hedged_days: int
    trades: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReplay:
    """The days on which a rule would have opened the hedge, and what came of it.

    `outcomes` are those of the rule, of a hedge on every day and of none. `record` says what followed the rule.
    """

    rule: EntryRule
    fired: tuple[date, ...]
    first_day: date
    last_day: date
    horizon_days: int
    is_simulated: bool
    outcomes: tuple[Outcome, Outcome, Outcome]
    record: FallRecord

    @property
    def sentences(self) -> tuple[str, ...]:
        """The replay in words: how often, what came of it against always and never, and what the rule has told."""
        years = (self.last_day - self.first_day).days / 365.25
        history = f"{years:.1f} years of {'simulated' if self.is_simulated else 'real'} history"
        if not self.fired:
            return (f"In {history} this rule would never have opened the hedge.", self.record.sentence)
        often = "once" if len(self.fired) == 1 else f"{len(self.fired)} times"
        rule, always, never = self.outcomes
        share = rule.hedged_days / max(always.hedged_days, 1)
        return (
            f"In {history} this rule would have opened the hedge {often}, last on {self.fired[-1]:%d %b %Y}, and held "
            f"it on {share:.0%} of the days. Costs are counted.",
            f"Bag and hedge would have made {_result(rule)} with the rule, {_result(always)} always hedged and "
            f"{_result(never)} never hedged.",
            self.record.sentence,
        )


def _result(outcome: Outcome) -> str:
    return f"{percent(outcome.end, signed=True)} (deepest fall {percent(outcome.deepest_fall)})"


def replay_entry(assessment: HedgeAssessment, rule: EntryRule) -> EntryReplay | None:
    """The entry rule replayed on the plan's own price history; None if past days cannot answer it.

    A mark such as "done" is ignored. Raises InvalidInput as `simulation.setup.prepare` does.
    """
    if not rule.can_be_replayed:
        return None
    panel_days, bag, hedge, carry = _daily(assessment)
    past = market_days(assessment)
    met = met_on(past, rule)
    _, ours, theirs = np.intersect1d(panel_days, past.days, return_indices=True)
    asked = np.zeros(len(panel_days), dtype=bool)
    asked[ours] = met[theirs] == 1.0
    horizon = assessment.plan.decisions.horizon_days
    held = holding_days(asked, horizon)
    side, roll = _costs(assessment)
    series = _Series(bag, hedge, carry, side, roll)
    opened = np.flatnonzero(held & ~np.concatenate(([False], held[:-1])))
    return EntryReplay(
        rule=rule,
        fired=tuple(panel_days[place - 1].item() for place in opened),
        first_day=panel_days[0].item(),
        last_day=panel_days[-1].item(),
        horizon_days=horizon,
        is_simulated=assessment.market.simulated,
        outcomes=(
            _outcome("rule", series, held),
            _outcome("always", series, np.ones(len(bag), dtype=bool)),
            _outcome("never", series, np.zeros(len(bag), dtype=bool)),
        ),
        record=followed_by_fall(past.levels["bag"], met, 0.5),
    )


def met_on(past: MarketDays, rule: EntryRule) -> Floats:
    """1 on the days on which the rule was met, 0 on the others, NaN where its figure is unknown; shape (days,)."""
    met = np.full(len(past.days), np.nan)
    for place in range(len(past.days)):
        day = past.on(place)
        if rule.figure(day) is not None:
            met[place] = rule.met(day)
    return met


def holding_days(asked: Bools, horizon: int) -> Bools:
    """The days with a hedge, for a rule that is met at the close of the days `asked`; both have shape (days,).

    A hedge is held on the `horizon` days after the one on which it is opened, and for as many again if the rule is met
    on the last of them.
    """
    held = np.zeros(len(asked), dtype=bool)
    left = 0
    for place, is_met in enumerate(asked.tolist()):
        held[place] = left > 0
        left = max(left - 1, 0)
        if left == 0 and is_met:
            left = horizon
    return held


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """Daily returns of the bag, gains of the hedge and its carry, shape (days,), and costs; fractions of the bag."""

    bag: Floats
    hedge: Floats
    carry: Floats
    side: float
    roll: float


def _daily(assessment: HedgeAssessment) -> tuple[Days, Floats, Floats, Floats]:
    """The panel's days, with the return of the bag, the gain of the hedge and its carry on each, as fractions of V."""
    setup = prepare(assessment)
    panel, book = setup.panel, setup.book
    core = panel.returns + panel.means
    returns = np.concatenate((core, core @ panel.loadings), axis=1)
    value = float(setup.bag.values.sum())
    bag = returns[:, setup.bag.columns] @ setup.bag.values / value
    hedge = book.account.gain(book.account.today, returns[:, book.columns]) / value
    return panel.days, bag, hedge, _carry(assessment, panel.days) / value


def _carry(assessment: HedgeAssessment, days: Days) -> Floats:
    """What the shorts earn on each day, USD: the funding of that day where it is known, else the plan's rate."""
    funding = assessment.market.funding
    earned = np.zeros(len(days))
    for leg, cost in zip(assessment.traded_legs, assessment.costs.legs, strict=True):
        rates = np.full(len(days), (cost.carry_rate or 0.0) / 365.0)
        is_stated = assessment.plan.overrides.costs.carry_rate is not None
        if leg.instrument.earns_funding and funding is not None and leg.underlying in funding and not is_stated:
            _, ours, theirs = np.intersect1d(days, funding.days, return_indices=True)
            known = funding.of(leg.underlying)[theirs]
            rates[ours] = np.where(np.isnan(known), rates[ours], known)
        earned += leg.notional * rates
    return earned


def _costs(assessment: HedgeAssessment) -> tuple[float, float]:
    """The cost of one side (opening or closing), and that of rolls per day, as fractions of the bag."""
    costs, value = assessment.costs, assessment.hedgeable_value
    return (costs.fees - costs.rolls) / 2.0 / value, costs.rolls / costs.horizon_days / value


def _outcome(name: str, series: _Series, held: Bools) -> Outcome:
    """The outcome of a hedge that is held on these days."""
    opened = held & ~np.concatenate(([False], held[:-1]))
    closed = held & ~np.concatenate((held[1:], [False]))
    costs = series.side * (opened.astype(float) + closed) + series.roll * held
    growth = 1.0 + series.bag + np.where(held, series.hedge + series.carry, 0.0) - costs
    wealth = np.cumprod(np.maximum(growth, 0.0))
    highest = np.maximum.accumulate(np.concatenate(([1.0], wealth)))[1:]
    return Outcome(
        name=name,
        end=float(wealth[-1] - 1.0),
        deepest_fall=float((1.0 - wealth / highest).max()),
        costs=float(costs.sum()),
        carry=float(series.carry[held].sum()),
        hedged_days=int(held.sum()),
        trades=int(opened.sum()),
    )
