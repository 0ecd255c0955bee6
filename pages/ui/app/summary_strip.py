"""The top line: bag, hedge, liquidation level and net per month in one line above every page.

Each figure is a button that opens its derivation. Once fills are entered, the line speaks of what is filled.
"""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment, MarketSnapshot
from hedge_core.documents.link.link import Shared
from hedge_core.hedge.planner import LEFT_OUT
from hedge_core.market.venues import EXCHANGES
from pages.ui.app import headline, live_status, navigation, why
from pages.ui.parts import panels
from pages.ui.parts.format import md
from pages.ui.session import currency, link_market, live_prices, prices, state, worked_out


def draw() -> None:
    """Draw the line, or say what keeps the plan from being worked out."""
    plan, result = state.plan(), worked_out.assessment()
    if result is None:
        panels.close()
    link = link_market.pinned(plan)
    if link is not None:
        if result is not None:
            _line(result)
        _pinned(link[0], link[1])
        return
    is_live = live_prices.is_live(plan.market)
    if not plan.holdings:
        return
    if prices.market(plan) is None:
        if is_live:
            live_status.draw_missing(plan)
        else:
            live_status.draw_file_missing(plan.market)
        return
    if result is not None:
        _line(result)
        _left_out(result)
    elif st.session_state.assessment_error:
        st.warning(md(st.session_state.assessment_error), icon=":material/warning:")
        _offer_to_type_a_price()
    if is_live:
        live_status.draw(plan)


def _line(result: HedgeAssessment) -> None:
    with st.container(horizontal=True, key="summary_strip", vertical_alignment="center", gap="medium"):
        is_hidden = link_market.is_without_amounts(result.plan)
        hedge = headline.hedge_of(result, is_hidden=is_hidden)
        for figure in headline.figures(result, hedge, is_hidden=is_hidden):
            with st.container(key=f"top_{figure.key}", width="content"):
                st.metric(figure.label, figure.value, help=figure.help)
                if panels.is_open(f"Why {figure.label}", key=f"why_{figure.key}"):
                    why.show(figure.derivation)
        with st.container(key="top_source", width="content"):
            st.markdown(_source(result).markdown, width="content")
    st.html(_bar(result, hedge))
    if said := currency.note(result):
        st.caption(md(said))


def _bar(result: HedgeAssessment, hedge: headline.Hedge) -> str:
    """The style of the bar (hedge ratio, mark at its target), and of a level below the plan's limit: danger."""
    share = min(max(hedge.ratio or 0.0, 0.0), 1.0)
    danger = ""
    if hedge.rally is not None and hedge.rally < result.plan.decisions.rally_to_survive:
        danger = '.st-key-top_liquidated [data-testid="stMetricValue"]{color:light-dark(#B34700,#F08143)}'
    return (
        f"<style>.st-key-top_hedged{{--share:{share:.1%};--target:{min(max(result.hedge_ratio, 0.0), 1.0):.1%}}}"
        f"{danger}</style>"
    )


def _source(result: HedgeAssessment) -> headline.Badge:
    """Where prices come from and how old they are."""
    market = result.market
    if link_market.pinned(result.plan) is not None:
        return headline.link_badge(market)
    if live_prices.is_live(market.source):
        named = f"{md(EXCHANGES[market.source].label)}, {prices.age(market)}"
        if any(quote.refusal for quote in market.quotes.values()):
            return headline.Badge("orange", "history", f"Last: {named}")
        is_old = prices.seconds_old(market) > live_prices.OLD
        return headline.Badge("orange", "history", named) if is_old else headline.Badge("green", "wifi", named)
    if result.is_practice or market.simulated:
        return headline.simulated_badge(result)
    if market.source == prices.TYPED:
        return headline.TYPED_BADGE
    return headline.Badge("blue", "", f"Your prices, {prices.age(market)}")


def _pinned(shared: Shared, market: MarketSnapshot) -> None:
    """What the numbers of a link rest on, and the way to today's."""
    simulated = f" {headline.SIMULATED_LINK.markdown}" if market.simulated else ""
    sentence = md(headline.link_sentence(market, is_hidden=shared.is_hidden))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{headline.FROM_A_LINK.markdown}{simulated} {sentence}")
        st.button("What it would be now", key="unpin", on_click=link_market.unpin, icon=":material/update:")


def _left_out(result: HedgeAssessment) -> None:
    for notice in result.notices:
        if notice.code == LEFT_OUT:
            st.warning(md(notice.text), icon=":material/warning:")
            _offer_to_type_a_price()


def _offer_to_type_a_price() -> None:
    st.page_link(navigation.page("bag"), label="Type a price (Bag, column Own price)", icon=":material/edit:")
