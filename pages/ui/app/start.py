"""The start: a box for the user's own bag, where prices come from, and a live picture of an example.

The picture is drawn last: what works it out is imported with it, so that a fresh server answers its first visitor soon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from hedge_core.errors import HedgeError
from hedge_core.market.venues import EXCHANGES
from pages.ui.app import first_words, kept, navigation, price_upload, warm
from pages.ui.bag import import_table
from pages.ui.parts import elements, fragments, live_progress
from pages.ui.parts.format import md, usd
from pages.ui.session import address, examples, live_prices, memo, prices, state, worked_out

if TYPE_CHECKING:
    from hedge_core import HedgeAssessment, MarketSnapshot
    from hedge_core.documents.holdings_file import HoldingsImport
    from pages.ui.app.payoff import Payoff

LIVE, FILE, TYPED, PRACTICE = "Live", "My file", "I type them", "Practice"
SOURCES = {prices.SAMPLE: PRACTICE, prices.TYPED: TYPED}


def draw() -> None:
    """The whole page."""
    st.title(first_words.START.sentence)
    with st.container(key="start_lead"):
        st.markdown(first_words.START.below)
    left, right = st.columns([8, 5], gap="large")
    picture = left.container(border=True, key="start_picture")
    with right, st.container(border=True):
        _own_bag()
    examples.buttons("start")
    with picture:
        _picture()


def offers_upload() -> bool:
    """Whether the start page shows the upload of prices, which then stands in no other place."""
    is_start = st.session_state.get("page") == navigation.PAGES[navigation.START][0]
    return is_start and not state.plan().holdings and st.session_state.get("start_source") == FILE


USUAL_SHARE = 60
"""The share of the example that is hedged until somebody moves the slider, in percent."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """The example at one share, as every visitor sees it."""

    title: str
    payoff: Payoff


def prepare() -> None:
    """Work out what every first visitor sees."""
    _pictured(USUAL_SHARE)


@fragments.block
def _picture() -> None:
    warm.import_core()
    warm.import_pandas.wait()
    place = st.container(key="start_place")
    share = st.slider("How much to hedge", 0, 100, USUAL_SHARE, 5, "%d%%", key="start_hedge")
    picture = _pictured(share)
    with place:
        st.header(picture.title)
        picture.payoff.show(key="start_payoff")
    elements.reading(picture.payoff.reading)


def _pictured(percent: int) -> _Picture:
    market = prices.sample_market()
    return memo.for_all("start", market, percent, lambda: _worked_out(market, percent))


def _worked_out(market: MarketSnapshot, percent: int) -> _Picture:
    from hedge_core import assess
    from pages.ui.app import payoff

    example = examples.example("layer1_bag")
    decided = example.with_decisions(risk_accepted=round(1.0 - percent / 100, 12))
    result = assess(decided, market, worked_out.sample_evidence(decided.decisions.window_days))
    worked_out.keep_evidence(market, result.evidence)
    posted = usd(example.decisions.collateral or 0.0)
    title = md(f"A layer-1 bag worth {usd(result.bag_value)}, {posted} posted")
    return _Picture(title, payoff.at(result, -0.2, payoff.over_moves(result)))


def _own_bag() -> None:
    st.header("Your bag")
    kept.draw_continue()
    _source()
    place = st.container()
    import_table.draw_paste(_hedged_by)
    with place:
        _live_status()
    label, icon = "Upload a file or fill in a table", ":material/upload:"
    if st.button(label, icon=icon, key="start_bag", type="tertiary", on_click=address.forget_unreadable):
        st.switch_page(navigation.page("bag"))


def _source() -> None:
    """Where prices come from, as a plain choice; live first where the exchange library is installed."""
    options = [*([LIVE] if live_prices.is_installed() else []), FILE, TYPED, PRACTICE]
    current = state.plan().market
    shown = LIVE if live_prices.is_live(current) else SOURCES.get(current, FILE)
    if st.session_state.get("start_source") != FILE or shown == LIVE:
        state.seed("start_source", shown)
    chosen = st.segmented_control("Prices", options, key="start_source", required=True, on_change=_choose)
    if chosen == LIVE:
        st.selectbox(
            "Exchange",
            list(EXCHANGES),
            format_func=lambda name: EXCHANGES[name].label,
            key=state.seed("start_exchange", current),
            on_change=lambda: _set_market(st.session_state.start_exchange),
            label_visibility="collapsed",
        )
    elif chosen == FILE:
        price_upload.draw()
    elif chosen == TYPED:
        st.caption(
            "Write a price (USD) behind each coin, as in SOL 60 @ 148. Coins with a future of their own can be hedged "
            "like this; others need a beta that you state."
        )
    else:
        st.caption("Practice prices are simulated: fine for learning, not for orders.")


def _live_status() -> None:
    """How far live prices are, or why there are none; other prices are chosen above.

    An exchange that the visitor has chosen is asked at once, the one that this server starts with for a bag only.
    """
    plan = import_table.asked()
    if live_prices.is_live(plan.market) and (plan.holdings or plan.market != state.first_market()):
        live_progress.draw(plan)


def _choose() -> None:
    """Callback: live prices are those of the first exchange until another one is chosen."""
    chosen = st.session_state.start_source
    if chosen == LIVE:
        _set_market(next(iter(EXCHANGES)))
    elif chosen in (PRACTICE, TYPED):
        _set_market(prices.SAMPLE if chosen == PRACTICE else prices.TYPED)
    elif live_prices.is_live(state.plan().market):
        _set_market(next(iter(prices.uploads()), prices.SAMPLE))


def _set_market(name: str) -> None:
    state.set_plan(replace(state.plan(), market=name))


def _hedged_by(table: HoldingsImport) -> dict[str, str]:
    """What each coin that was read would be hedged with; nothing as long as it cannot be told."""
    market = prices.market(import_table.asked())
    if market is None:
        return {}
    from hedge_core.hedge.planner import assess_priced

    plan = replace(state.plan(), holdings=tuple(table.holdings)).with_overrides(prices=dict(table.prices))
    try:
        result: HedgeAssessment = assess_priced(plan, market)
    except HedgeError:  # the plan will say so with the reason; the preview only leaves the column empty
        return {}
    return {held.holding.coin: elements.hedged_by(held) for held in result.held_coins}
