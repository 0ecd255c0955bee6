"""The options that a plan's fills hold, in a scenario: from today's worth to the plan's horizon."""

from __future__ import annotations

from typing import Any, NamedTuple

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.option_legs import OptionLeg
from hedge_core.market.options.held import margin_assumption
from hedge_core.monitoring.option_cover import OptionCover, option_covers
from hedge_core.monitoring.option_ledger import option_book
from hedge_core.reports.monitor_json import cover_document
from hedge_core.scenarios.option_outcome import OptionOutcome, option_levels, option_outcome
from hedge_core.scenarios.shocks import Shock
from hedge_core.simulation.starts import calls_breach
from hedge_core.text import days_text, signed_usd


class HeldOptions(NamedTuple):
    """The open options of the fills, and what they make."""

    legs: tuple[OptionLeg, ...]
    outcome: OptionOutcome
    covers: tuple[OptionCover, ...] = ()


def held_options_outcome(assessment: HedgeAssessment, shock: Shock) -> HeldOptions | None:
    """What the open options make under the shock until the horizon; None if the fills hold none.

    Those sold share the plan's collateral and reserve. Raises InvalidInput as `option_book` does.
    """
    book = option_book(assessment)
    if book is None or not book.legs:
        return None
    decisions = assessment.plan.decisions
    sold = [leg for leg in book.legs if not leg.is_bought]
    outcome = option_outcome(
        book.legs,
        option_levels(assessment, book.legs, shock),
        decisions.horizon_days,
        collateral=decisions.collateral,
        breach=calls_breach(sold, decisions.reserve),
        are_held=True,
    )
    return HeldOptions(book.legs, outcome, option_covers(assessment, book))


def held_options_sentence(assessment: HedgeAssessment, held: HeldOptions) -> str:
    """What the options make, in a sentence; it is not part of the figures of the short."""
    names = ", ".join(leg.option.id for leg in held.legs)
    text = (
        f"Your options ({names}) make {signed_usd(held.outcome.pnl)} over "
        f"{days_text(assessment.plan.decisions.horizon_days)}, at the volatility of their strikes; that comes on top."
    )
    if held.outcome.is_closed:
        text += " Margin runs out on the way, and sold options are closed by force."
    sold = [leg.option.series for leg in held.legs if not leg.is_bought]
    days = assessment.plan.decisions.horizon_days
    ending = [said for cover in held.covers if (said := cover.within(days))]
    return " ".join([text, *ending, *filter(None, [margin_assumption(sold).strip()])])


def held_options_document(assessment: HedgeAssessment, held: HeldOptions) -> dict[str, Any]:
    """The same for JSON; `kept` is the share of each option that stays open.

    `expiring` are those that expire before the horizon, which are not rolled, with what a roll would take.
    """
    sold = [leg.option.series for leg in held.legs if not leg.is_bought]
    days = assessment.plan.decisions.horizon_days
    rows = zip(held.legs, held.outcome.results.tolist(), held.outcome.kept.tolist(), strict=True)
    return {
        "pnl": held.outcome.pnl,
        "is_closed": held.outcome.is_closed,
        "positions": [{"contract": leg.option.id, "pnl": pnl, "kept": kept} for leg, pnl, kept in rows],
        "expiring": [
            {"contract": cover.option.id, "text": said, **cover_document(cover)}
            for cover in held.covers
            if (said := cover.within(days))
        ],
        "margin_note": margin_assumption(sold).strip(),
    }
