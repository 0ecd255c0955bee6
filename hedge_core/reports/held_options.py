"""The options that a plan's fills hold, in a scenario: what they make of it, and which expire before the horizon."""

from __future__ import annotations

from typing import Any, NamedTuple

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.option_legs import OptionLeg
from hedge_core.market.options.held import margin_assumption
from hedge_core.monitoring.filled import as_filled
from hedge_core.monitoring.option_cover import OptionCover, option_covers
from hedge_core.monitoring.option_ledger import option_book
from hedge_core.reports.monitor_json import cover_document
from hedge_core.scenarios.option_outcome import OptionOutcome, held_outcome
from hedge_core.scenarios.shocks import Shock
from hedge_core.text import days_text, signed_usd


class HeldOptionsShown(NamedTuple):
    """The open options of the fills, and what they make."""

    legs: tuple[OptionLeg, ...]
    outcome: OptionOutcome
    covers: tuple[OptionCover, ...] = ()


def held_options_outcome(planned: HedgeAssessment, shock: Shock) -> HeldOptionsShown | None:
    """What the open options of a plan make under the shock until the horizon; None if its fills hold none.

    Raises InvalidInput as `option_book` does.
    """
    filled, book = as_filled(planned), option_book(planned)
    if filled is None or filled.assessment.options is None:
        return None
    outcome = held_outcome(filled.assessment, shock, planned.plan.decisions.horizon_days)
    assert outcome is not None
    return HeldOptionsShown(filled.assessment.options.legs, outcome, option_covers(planned, book))


def held_options_sentence(planned: HedgeAssessment, held: HeldOptionsShown) -> str:
    """What the options make, in a sentence; it is part of the result of the hedge."""
    names = ", ".join(leg.option.id for leg in held.legs)
    days = planned.plan.decisions.horizon_days
    text = (
        f"Of this, your options ({names}) make {signed_usd(held.outcome.pnl)} over {days_text(days)}, what ending them "
        "costs included."
    )
    ending = [said for cover in held.covers if (said := cover.within(days))]
    return " ".join([text, *ending])


def held_options_document(planned: HedgeAssessment, held: HeldOptionsShown) -> dict[str, Any]:
    """The same for JSON; `kept` is the share of each option that stays open.

    `expiring` are those that expire before the horizon, which are not rolled, with what a roll would take.
    """
    sold = [leg.option.series for leg in held.legs if not leg.is_bought]
    days = planned.plan.decisions.horizon_days
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
