"""Rule replay: when an exit rule would have closed this plan's hedge in the past.

The hedge opens on the first day of the history, with today's weights and size, closes when the rule is met, and opens
again on the next day. Coins with too little history follow their stand-in. Each rule says whether and how it is
replayed (`exit_rule.Replay`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.snapshot import Days, Floats
from hedge_core.plan.exit_rule import ExitRule, Figure, HedgeDay, Replay
from hedge_core.simulation.setup import prepare
from hedge_core.text import days_text, listed

REPLAYED: frozenset[Figure] = frozenset(("bag", "carry"))
"""The figures that a past day has in a replay. A rule that needs another one cannot be replayed yet."""

CARRY_DAYS = 30
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReplay:
    """The days on which a rule would have closed the hedge (`fired`), and how many days each hedge had been open.

    `first_day` and `last_day` bound the history; `is_simulated` says that its prices are simulated; `share` is the
    fraction of the short that the rule buys back.
    """

    fired: tuple[date, ...]
    open_for: tuple[int, ...]
    first_day: date
    last_day: date
    is_simulated: bool
    share: float

    @property
    def sentence(self) -> str:
        """The replay as one or two sentences; the time open is the median."""
        years = (self.last_day - self.first_day).days / 365.25
        history = f"{years:.1f} years of {'simulated' if self.is_simulated else 'real'} history"
        done = "closed the hedge" if self.share >= 1.0 else f"bought back {100 * self.share:.6g}% of the short"
        if not self.fired:
            return f"In {history} this rule would never have {done}."
        days = [f"{day:%d %b %Y}" for day in self.fired[-SHOWN:]]
        when = f"on {listed(days)}" if len(self.fired) <= SHOWN else f"last on {listed(days)}"
        often = "once" if len(self.fired) == 1 else f"{len(self.fired)} times"
        middle = sorted(self.open_for)[len(self.open_for) // 2]
        once = f", after {days_text(middle)}"
        within = once if len(self.fired) == 1 else f"; the hedge had then been open for {days_text(middle)} (median)"
        return f"In {history} this rule would have {done} {often}, {when}{within}. Costs are not included."


def replay_rule(assessment: HedgeAssessment, rule: ExitRule) -> RuleReplay | None:
    """The exit rule replayed on the plan's own price history; None if the rule is never replayed.

    Raises InvalidInput if a rule needs the carry and past funding is unknown, and as `simulation.setup.prepare` does.
    """
    if rule.replay is Replay.NEVER:
        return None
    if not rule.needs <= REPLAYED:
        raise TypeError(f"{type(rule).__name__} needs {listed(sorted(rule.needs - REPLAYED))}, which no past day has.")
    setup = prepare(assessment)
    panel, book = setup.panel, setup.book
    core = panel.returns + panel.means
    growth = np.concatenate((1.0 + core, 1.0 + core @ panel.loadings), axis=1)
    values = np.bincount(setup.bag.columns, setup.bag.values, growth.shape[1])
    rates = _carry(assessment, panel.days)
    if "carry" in rule.needs and np.isnan(rates).all():
        raise InvalidInput("Past funding rates are unavailable, so this rule cannot be replayed.")
    fired, open_for = [], []
    days = [day.item() for day in panel.days]
    opened, was_met = 0, False
    level, lowest = np.ones(growth.shape[1]), 1.0
    bag_at_start = float(values.sum())
    for place, day in enumerate(days):
        level = level * growth[place]
        bag = float(values @ level)
        lowest = min(lowest, bag / bag_at_start)
        today = HedgeDay(
            day=day,
            opened_on=days[opened],
            bag=bag,
            bag_at_start=bag_at_start,
            bag_low=lowest * bag_at_start,
            hedge_pnl=float(book.account.gain(book.account.today, level[book.columns] - 1.0)),
            carry_rate=None if np.isnan(rates[place]) else float(rates[place]),
        )
        if rule.met(today) and not was_met:
            fired.append(day)
            open_for.append(place - opened + 1)
            opened = place + 1
            level, lowest = np.ones(growth.shape[1]), 1.0
        was_met = rule.replay is Replay.ONCE and rule.met(today)
    return RuleReplay(
        fired=tuple(fired),
        open_for=tuple(open_for),
        first_day=days[0],
        last_day=days[-1],
        is_simulated=assessment.market.simulated,
        share=rule.share,
    )


def _carry(assessment: HedgeAssessment, days: Days) -> Floats:
    """Carry of the plan's perpetuals (fraction per year, weighted by size), mean of the 30 days up to each day.

    Shape (days,); NaN if unknown.
    """
    funding = assessment.market.funding
    legs = [leg for leg in assessment.traded_legs if leg.instrument.earns_funding]
    legs = [leg for leg in legs if funding is not None and leg.underlying in funding]
    rates = np.full(len(days), np.nan)
    if funding is None or not legs or len(funding.days) < CARRY_DAYS:
        return rates
    sizes = np.array([leg.notional for leg in legs])
    daily = np.column_stack([funding.of(leg.underlying) for leg in legs]) @ (sizes / sizes.sum())
    means = np.lib.stride_tricks.sliding_window_view(daily, CARRY_DAYS).mean(axis=1) * 365.0
    _, ours, theirs = np.intersect1d(days, funding.days[CARRY_DAYS - 1 :], return_indices=True)
    rates[ours] = means[theirs]
    return rates
