"""The market of a link, for as long as it answers for the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from hedge_core import HedgePlan, MarketSnapshot
    from hedge_core.documents.link.link import Shared


def pinned(plan: HedgePlan) -> tuple[Shared, MarketSnapshot] | None:
    """The link that this plan came from and its market, as long as the link answers for the plan."""
    held: tuple[Shared, MarketSnapshot] | None = st.session_state.get("pinned")
    return held if held is not None and held[0].answers_for(plan) else None


def is_without_amounts(plan: HedgePlan) -> bool:
    """Whether the plan came from a link that hides amounts: it is about a bag of $100."""
    link = pinned(plan)
    return link is not None and link[0].is_hidden


def unpin() -> None:
    """Callback: from now on the plan is worked out on today's market."""
    st.session_state.pinned = None
