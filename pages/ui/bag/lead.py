"""What leads the bag: its worth, how much of it is hedged, and what the two roles are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hedge_core.text import some_listed
from pages.ui.parts.lead import Lead

if TYPE_CHECKING:
    from hedge_core import HedgeAssessment


def lead(result: HedgeAssessment, unpriced: Sequence[str] = ()) -> Lead:
    """What the bag is worth without the coins that have no price, and how much of it the hedge covers."""
    return over_roles(_worth(result, unpriced))


def over_roles(sentence: str) -> Lead:
    """A heading of the bag, with the two roles under it."""
    return Lead(
        sentence,
        "Hold is for coins that you keep for years: they are hedged. Speculative is for trades: they get a stop-loss. "
        "Stablecoins are never hedged.",
        names=("Hold", "Speculative"),
    )


def _worth(result: HedgeAssessment, unpriced: Sequence[str]) -> str:
    from pages.ui.session import currency

    rate = currency.shown(result)
    have = "has" if len(unpriced) == 1 else "have"
    whose = f"Without {some_listed(unpriced)}, which {have} no price, your bag" if unpriced else "Your bag"
    worth = f"{whose} is worth {rate.amount(result.bag_value)}"
    if not result.hedged_coins:
        return f"{worth}; none of it can be hedged."
    if not result.is_hedged:
        return f"{worth}; none of it is hedged."
    covered = rate.amount(result.hedgeable_value)
    return f"{worth}; the hedge is sized for {'all' if covered == rate.amount(result.bag_value) else covered} of it."
