"""What is filled beside the plan, for JSON: the key `filled` of the commands that speak of the position.

It comes only with fills. `is_shown` says whether the figures around it are those of what is filled; if not, `why` says
why they are the plan's.
"""

from __future__ import annotations

from typing import Any

from hedge_core.errors import HedgeError
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.monitoring.filled import AsFilled, as_filled, filled_sentence
from hedge_core.monitoring.option_ledger import option_book
from hedge_core.monitoring.position import VenueAccount, position_state
from hedge_core.reports.json import finite


def with_filled(planned: HedgeAssessment, document: dict[str, Any], *, is_plans: bool = False) -> dict[str, Any]:
    """The document with the key `filled` after its name, if the plan has fills.

    `is_plans`: the figures of the document are the plan's whatever is filled.
    """
    filled = filled_document(planned, is_plans=is_plans)
    return document if filled is None else {**document, "filled": filled}


def filled_document(planned: HedgeAssessment, *, is_plans: bool = False) -> dict[str, Any] | None:
    """What is filled beside the plan, contract by contract; None without fills."""
    filled = as_filled(planned)
    if filled is None:
        return None
    return {
        "is_shown": not filled.why and not is_plans,
        "why": filled.why,
        "sentence": filled_sentence(planned),
        "target_hedge_ratio": planned.hedge_ratio,
        "planned_hedge_ratio": planned.achieved_hedge_ratio,
        **_figures(planned, filled),
        "options": option_ids(planned),
    }


def _figures(planned: HedgeAssessment, filled: AsFilled) -> dict[str, Any]:
    """The figures of the position; null where the fills do not give them."""
    if filled.why:
        names = ("achieved_hedge_ratio", "initial_margin", "maintenance_margin", "equity", "market_rally_survived")
        return {**dict.fromkeys(names), "contracts": [], "accounts": []}
    held, wanted = filled.assessment, {leg.contract.id: leg.lots for leg in planned.legs}
    state = position_state(planned)
    return {
        "achieved_hedge_ratio": held.achieved_hedge_ratio,
        "initial_margin": held.margin.initial,
        "maintenance_margin": held.margin.maintenance,
        "equity": held.margin.collateral,
        "market_rally_survived": finite(held.market_rally_survived),
        "contracts": [
            {
                "contract": leg.contract.id,
                "planned": wanted.get(leg.contract.id, 0),
                "filled": leg.lots,
                "notional": leg.notional,
                "is_in_plan": leg.contract.id in wanted,
            }
            for leg in held.legs
            if leg.lots or wanted.get(leg.contract.id, 0)
        ],
        "accounts": [account_document(one) for one in (state.accounts if state is not None else ())],
    }


def account_document(account: VenueAccount) -> dict[str, Any]:
    """The account at one of several venues."""
    return {
        "venue": account.venue,
        "equity": account.margin.collateral,
        "initial_margin": account.margin.initial,
        "maintenance_margin": account.margin.maintenance,
        "rally_survived": finite(account.margin.rally_survived),
        "market_rally_survived": finite(account.rally_survived),
    }


def option_ids(planned: HedgeAssessment) -> list[str]:
    """The options that the fills hold open; none if the fills cannot be worked out."""
    try:
        book = option_book(planned)
    except HedgeError:
        return []
    return [] if book is None else [one.option.id for one in book.open_positions]


def plan_beside(planned: HedgeAssessment, document: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    """The document with `figures` of the plan under the key `plan`, if the plan has fills."""
    return {**document, "plan": figures} if planned.plan.execution.fills else document
