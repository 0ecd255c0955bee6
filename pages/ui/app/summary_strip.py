"""The top line: bag, hedge, liquidation level and net per month in one line above every page.

Each figure is a button that opens its derivation. Once fills are entered, the line speaks of what is filled.
"""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError, MarketSnapshot
from hedge_core.documents.link.link import Shared
from hedge_core.hedge.months import net_by_month
from hedge_core.hedge.planner import LEFT_OUT
from hedge_core.market.venues import EXCHANGES
from hedge_core.monitoring.filled import as_filled, filled_hedge
from hedge_core.reports.answer import level
from hedge_core.text import UNKNOWN
from pages.ui.app import live_status, navigation, why
from pages.ui.parts import panels
from pages.ui.parts.format import md, percent
from pages.ui.session import currency, link_market, live_prices, prices, state, worked_out


class _Figure(NamedTuple):
    """One figure of the line: its key, label, value, what it means, and the name of its derivation."""

    key: str
    label: str
    value: str
    help: str
    derivation: str


class _Hedge(NamedTuple):
    """The hedge ratio and the rally survived that the line shows, the rally in words, and whose they are."""

    ratio: float | None
    rally: float | None
    rally_text: str
    whose: str


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
        hedge = _hedge(result)
        for figure in _figures(result, hedge):
            with st.container(key=f"top_{figure.key}", width="content"):
                st.metric(figure.label, figure.value, help=figure.help)
                if panels.is_open(f"Why {figure.label}", key=f"why_{figure.key}"):
                    why.show(figure.derivation)
        with st.container(key="top_source", width="content"):
            st.markdown(_source(result), width="content")
    st.html(_bar(result, hedge))
    if said := currency.note(result):
        st.caption(md(said))


def _figures(result: HedgeAssessment, hedge: _Hedge) -> tuple[_Figure, ...]:
    """Bag, hedged, liquidated at, net per month: of what is filled, or of the plan before there are fills."""
    filled = as_filled(result)
    held = result if filled is None else filled.assessment
    net = net_by_month(held)
    rate, cents = currency.shown(result), link_market.is_without_amounts(result.plan)
    return (
        _Figure("bag", "Bag", rate.amount(result.bag_value), "Everything you hold, at today's prices.", "Bag"),
        _Figure(
            "hedged",
            "Hedged",
            f"{percent(hedge.ratio)} (target {result.hedge_ratio:.0%})",
            f"{hedge.whose}How much of the bag's expected move the short offsets.",
            "Hedged",
        ),
        _Figure(
            "liquidated",
            "Liquidated at",
            hedge.rally_text,
            f"{hedge.whose}The rise of the market (half Bitcoin, half Ether) at which the short is closed. A dash: "
            "nothing is short, or no cash is entered on the Risk page.",
            "Survives a rally of",
        ),
        _Figure(
            "net",
            "Net per month",
            UNKNOWN if net is None else rate.signed(net.later, cents=cents),
            f"{'' if filled is None or filled.why else 'Of what is filled. '}"
            "What the short earns less rolls and the cost of cash; plus is money to you. "
            + (
                ""
                if net is None or filled is not None
                else md(f"First month, with the cost of opening: {rate.signed(net.first, cents=cents)}.")
            ),
            "Net per month",
        ),
    )


def _hedge(result: HedgeAssessment) -> _Hedge:
    """Of what is filled, else of the plan."""
    planned = result.achieved_hedge_ratio, result.market_rally_survived
    try:
        filled = filled_hedge(result)
    except HedgeError:  # the Monitor page says what is wrong with the fills
        return _Hedge(None, None, UNKNOWN, "Your fills cannot be worked out: see the Monitor page. ")
    if filled is not None:
        words = f"Of what is filled; planned: {percent(planned[0])}, liquidated at {level(planned[1])}. "
        return _Hedge(filled.achieved_hedge_ratio, filled.rally_survived, level(filled.rally_survived), words)
    return _Hedge(*planned, _level_text(result), "")


def _level_text(result: HedgeAssessment) -> str:
    """The liquidation level; a link without amounts states no cash, and that is no omission of its reader."""
    margin = result.margin
    if margin.notional and margin.collateral is None and not link_market.is_without_amounts(result.plan):
        return "no cash set"
    return level(result.market_rally_survived)


def _bar(result: HedgeAssessment, hedge: _Hedge) -> str:
    """The style of the bar (hedge ratio, mark at its target), and of a level below the plan's limit: danger."""
    share = min(max(hedge.ratio or 0.0, 0.0), 1.0)
    danger = ""
    if hedge.rally is not None and hedge.rally < result.plan.decisions.rally_to_survive:
        danger = '.st-key-top_liquidated [data-testid="stMetricValue"]{color:light-dark(#B34700,#F08143)}'
    return (
        f"<style>.st-key-top_hedged{{--share:{share:.1%};--target:{min(max(result.hedge_ratio, 0.0), 1.0):.1%}}}"
        f"{danger}</style>"
    )


def _source(result: HedgeAssessment) -> str:
    """Where prices come from and how old they are, as a badge."""
    market = result.market
    if link_market.pinned(result.plan) is not None:
        return f":blue-badge[:material/link: Link of {market.as_of:%d %b %Y}]"
    if live_prices.is_live(market.source):
        named = f"{md(EXCHANGES[market.source].label)}, {prices.age(market)}"
        is_refused = any(quote.refusal for quote in market.quotes.values())
        return (
            f":orange-badge[:material/history: Last: {named}]"
            if is_refused
            else f":green-badge[:material/wifi: {named}]"
        )
    if result.is_practice:
        return ":orange-badge[:material/science: PRACTICE PRICES]"
    if market.simulated:
        return ":orange-badge[:material/science: Simulated prices]"
    if market.source == prices.TYPED:
        return ":blue-badge[:material/edit: Prices typed by you]"
    return f":blue-badge[Your prices, {prices.age(market)}]"


def _pinned(shared: Shared, market: MarketSnapshot) -> None:
    """What the numbers of a link rest on, and the way to today's."""
    hidden = r" Amounts are hidden: everything is for a bag of \$100." if shared.is_hidden else ""
    simulated = " :orange-badge[simulated prices]" if market.simulated else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":blue-badge[:material/link: From a link]{simulated} Prices, betas and costs are those of "
            f"{market.as_of:%d %b %Y, %H:%M} UTC.{hidden} Tests on past days need today's prices."
        )
        st.button("What it would be now", key="unpin", on_click=link_market.unpin, icon=":material/update:")


def _left_out(result: HedgeAssessment) -> None:
    for notice in result.notices:
        if notice.code == LEFT_OUT:
            st.warning(md(notice.text), icon=":material/warning:")
            _offer_to_type_a_price()


def _offer_to_type_a_price() -> None:
    st.page_link(navigation.page("bag"), label="Type a price (Bag, column Own price)", icon=":material/edit:")
