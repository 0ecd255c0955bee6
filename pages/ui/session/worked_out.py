"""The open plan worked out on its prices, once for the same plan and prices, with the evidence kept for other plans.

What works it out is imported with the first plan, so that the start page does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from hedge_core.errors import HedgeError, MissingPrice
from pages.ui.session import memo, prices, state
from pages.ui.session.once import Once

if TYPE_CHECKING:
    from collections.abc import Callable

    from hedge_core import HedgeAssessment, HedgePlan, MarketSnapshot
    from hedge_core.exposure.evidence import Evidence
    from hedge_core.hedge.venue_comparison import VenueComparison
    from hedge_core.history.backtest import Comparison
    from hedge_core.history.elsewhere import Elsewhere

T = TypeVar("T")

MOST_WINDOWS = 16
"""Windows whose evidence is kept for all sessions; the pages offer four, a file may ask for any."""


def assessment() -> HedgeAssessment | None:
    """The plan worked out on the market, or None (the strip says why)."""
    plan, market = state.plan(), prices.market(state.plan())
    if market is None or not plan.holdings:
        st.session_state.assessment_error = None
        return None
    result, error, unpriced = _once("assessment", plan, market, lambda: _assess(plan, market))
    st.session_state.assessment_error = error
    st.session_state.unpriced = unpriced
    return result


def earlier(plan: HedgePlan, result: HedgeAssessment) -> HedgeAssessment:
    """A plan of before on the market of `result`, without coins that have no price. Raises the errors of `assess`."""
    from hedge_core.hedge.planner import assess_priced

    return _once("earlier", plan, result.market, lambda: assess_priced(plan, result.market, result.evidence))


def forget_earlier() -> None:
    """Let go of what `earlier` keeps in the session."""
    memo.forget("earlier")


def _once(name: str, plan: HedgePlan, market: MarketSnapshot, assess: Callable[[], T]) -> T:
    """What follows from `plan` and `market`, worked out once: kept in the session if it takes long, else for now."""
    if takes_long(plan):
        return memo.memo(name, (plan, market), assess)
    memo.forget(name)
    return memo.for_now(name, (plan, market), assess)


def takes_long(plan: HedgePlan) -> bool:
    """Whether whole counts are searched for together; else all is worked out within some milliseconds."""
    from hedge_core.hedge.rounding import ROUNDINGS

    return ROUNDINGS[plan.decisions.rounding].is_joint


@Once
def _sample_evidence() -> dict[int, Evidence]:
    """What the sample's past says of its coins, by the days of the window, for every session.

    It follows from the sample and the window alone and nothing of a bag is in it. Two sessions that work at the same
    time may each write theirs: the later one stands, and what it lacks is worked out again.
    """
    return {}


def sample_evidence(window_days: int) -> Evidence | None:
    """What the sample's past says of its coins over a window, if somebody has asked for it before."""
    return _sample_evidence().get(window_days)


def _known_evidence(market: MarketSnapshot) -> Evidence | None:
    if market is prices.sample_market():
        return sample_evidence(state.plan().decisions.window_days)
    kept: Evidence | None = st.session_state.get("evidence")
    return kept


def keep_evidence(market: MarketSnapshot, evidence: Evidence) -> None:
    """Keep what a market's past says of its coins: the sample's for all sessions, another's in this one."""
    if market is not prices.sample_market():
        st.session_state.evidence = evidence
        return
    shared = _sample_evidence()
    if evidence.window_days in shared or len(shared) < MOST_WINDOWS:
        shared[evidence.window_days] = evidence


def _assess(plan: HedgePlan, market: MarketSnapshot) -> tuple[HedgeAssessment | None, str | None, tuple[str, ...]]:
    """The assessment without coins that have no price, or why there is none; and the coins of the bag without one."""
    from hedge_core.hedge.held_coins import unpriced_coins
    from hedge_core.hedge.planner import assess_priced

    unpriced = unpriced_coins(market, plan.bag.coins, plan.overrides.prices)
    try:
        result = assess_priced(plan, market, _known_evidence(market))
    except MissingPrice as error:
        return None, str(error), unpriced or error.coins
    except HedgeError as error:
        return None, str(error), unpriced
    keep_evidence(market, result.evidence)
    return result, None, unpriced


def unpriced() -> tuple[str, ...]:
    """The coins without a price that the assessment of the open plan leaves out, or that keep it from being made."""
    coins: tuple[str, ...] = st.session_state.get("unpriced", ())
    return coins


def comparison(result: HedgeAssessment) -> Comparison | None:
    """The bag's hedges tested on history; worked out again only when something that it rests on has changed."""
    from hedge_core.history.backtest import compare_hedges

    key = _tested_key(result)
    earlier = memo.latest("comparison")
    return memo.memo("comparison", key, lambda: compare_hedges(result, earlier))


def tested(result: HedgeAssessment) -> Comparison | None:
    """The bag's own hedge tested on history, without the others; worked out again only when its grounds change."""
    from hedge_core.history.backtest import own_hedge_alone

    earlier = memo.latest("tested")
    return memo.memo("tested", _tested_key(result), lambda: own_hedge_alone(result, earlier))


def better_venues(result: HedgeAssessment) -> tuple[Elsewhere, ...]:
    """The venues that would hedge the tested coins clearly better."""
    from hedge_core.history import elsewhere

    key = _tested_key(result)
    return memo.memo("better_venues", key, lambda: elsewhere.better_venues(result, tested(result)), is_long=True)


def venues(result: HedgeAssessment) -> VenueComparison:
    """This plan at every venue, and the one that fits it best."""
    from hedge_core.hedge.venue_comparison import compare_venues

    return memo.memo("venues", memo.basis(result), lambda: compare_venues(result))


def _tested_key(result: HedgeAssessment) -> tuple[object, ...]:
    """Everything that the tests of a bag's hedges rest on; what is filled may hold the plan's counts, and options."""
    return (
        result.market.history,
        (result.margin.is_open, None if result.options is None else result.options.offsets),
        tuple((p.moves_with, p.value, p.route, p.estimates) for p in result.hedged_coins),
        (result.plan.decisions, result.plan.overrides, tuple(leg.contracts for leg in result.legs)),
    )


def note_on_screen() -> None:
    """Once a run of the whole page: what is drawn is this plan on these prices."""
    st.session_state.on_screen = state.plan(), prices.market(state.plan())


def is_on_screen() -> bool:
    """Whether the page around a fragment still shows the plan on the prices of now."""
    shown = st.session_state.get("on_screen", (None, None))
    return shown[0] is state.plan() and shown[1] is prices.market(state.plan())
