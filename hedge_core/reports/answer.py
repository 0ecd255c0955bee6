"""The answer of a plan in two sentences: what a crash costs, what cash it takes, and what each month nets."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.currency import DOLLARS, Rate
from hedge_core.hedge.months import net_by_month, roll_after_horizon
from hedge_core.scenarios.run import ScenarioResult, run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.text import listed

CRASH = 0.2
"""The fall of the market that the answer is about, as a fraction."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`lead` says what the plan does in a crash, `terms` what it takes and nets, `crash` is the scenario behind it.

    `months` is the part of `terms` that says what each month nets, '' without a hedge.
    """

    lead: str
    terms: str
    months: str
    crash: ScenarioResult


def answer(
    assessment: HedgeAssessment, *, cents: bool = False, per: float | None = None, rate: Rate = DOLLARS
) -> Answer:
    """The plan in two sentences of at most 25 words each; amounts in whole units of the currency unless `cents`.

    With `per` the amounts in `lead` are those of a bag of that value (USD) that is hedged alike.
    """
    crash = run_scenario(assessment, Shock(move=-CRASH, of="market"))
    if per is not None:
        share = per / assessment.bag_value
        crash = replace(
            crash,
            bag_pnl=share * crash.bag_pnl,
            hedge_pnl=share * crash.hedge_pnl,
            options_pnl=share * crash.options_pnl,
        )
    lead = _lead(assessment, crash, rate, cents=cents)
    if not assessment.traded_legs:
        return Answer(lead, "", "", crash)
    months = _months(assessment, rate, cents=cents)
    return Answer(lead, f"{_cash(assessment, rate)} {months}".rstrip(), months, crash)


def _lead(assessment: HedgeAssessment, crash: ScenarioResult, rate: Rate, *, cents: bool) -> str:
    subject = f"A {CRASH:.0%} crash"
    alone, together = crash.bag_pnl, crash.net_pnl
    if not assessment.hedged_coins:
        return "None of your coins can be hedged."
    loss = rate.amount(-alone, cents=cents)
    if not assessment.is_hedged:
        return f"{subject} costs you {loss}: nothing is hedged yet."
    if alone >= 0.0:
        gains = [rate.signed(amount, cents=cents) for amount in (together, alone)]
        return f"{subject} leaves you {gains[0]}, and {gains[1]} unhedged."
    hedged = rate.amount(abs(together), cents=cents)
    if together > 0.0 and hedged != rate.amount(0.0, cents=cents):
        return f"{subject} earns you {hedged} instead of costing {loss}."
    return f"{subject} costs you {hedged} instead of {loss}."


def _cash(assessment: HedgeAssessment, rate: Rate) -> str:
    decisions, rally = assessment.plan.decisions, assessment.market_rally_survived
    if decisions.collateral is None or rally is None:
        return "Enter your cash to see where you would be liquidated."
    post = f"Post {rate.amount(decisions.collateral)}"
    if assessment.pledged:
        post += f" beside your {listed([one.name for one in assessment.pledged])}"
    if decisions.reserve <= 0.0:
        return f"{post}: {liquidated(rally)}."
    both = assessment.market_margin.with_collateral(decisions.collateral + decisions.reserve).rally_survived
    more = f" ({level(both)} with the reserve)" if both is not None and math.isfinite(both) else ""
    return f"{post} and keep {rate.amount(decisions.reserve)} ready: {liquidated(rally)}{more}."


def liquidated(rally: float) -> str:
    """Where the hedge is liquidated, as part of a sentence; `rally` is a rise of the market, a fraction or infinite."""
    return "no rally liquidates you" if rally == math.inf else f"liquidated at {level(rally)}"


def level(rally: float | None) -> str:
    """The liquidation level as a signed percentage, rounded down; 'never' for infinity, a dash for None.

    Whole from 1% on, with one decimal below.
    """
    if rally is None:
        return "–"
    if 0.0 < rally < 0.01:
        return f"+{math.floor(rally * 1_000.0 + 1e-9) / 10.0:.1f}%"
    return "never" if rally == math.inf else f"+{math.floor(rally * 100.0 + 1e-9):,}%"


def _months(assessment: HedgeAssessment, rate: Rate, *, cents: bool) -> str:
    net = net_by_month(assessment)
    if net is None:
        return "The net per month is unknown."
    first, later = (rate.signed(amount, cents=cents) for amount in (net.first, net.later))
    rolls = " before rolls" if roll_after_horizon(assessment) >= 0.5 else ""
    return f"Each month {later}{rolls}." if first == later else f"First month {first}, then {later}{rolls}."
