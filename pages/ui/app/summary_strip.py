"""The summary strip: the plan in one line, on top of every page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hedge_core import HedgeAssessment, MarketSnapshot
from hedge_core.documents.link.link import Shared
from hedge_core.hedge.planner import LEFT_OUT
from pages.ui.app import live_status, navigation
from pages.ui.parts.format import md, percent, quantity, signed_usd, usd
from pages.ui.session import link_market, live_prices, prices, state, worked_out

METRICS = {
    "Bag": "Everything you entered, at the prices below.",
    "To hedge": "Long-term holdings with a usable contract.",
    "Short": "",
    "Hedged": "Achieved hedge ratio of the target: how much of the bag's expected move the short takes back. With "
    "several futures each is weighed by how they vary together: a scenario that moves them all alike differs a little.",
    "Survives a rally of": "Rise of the market (half Bitcoin, half Ether) at which the short is liquidated or called. "
    "Each contract moves by its own beta. It needs the collateral that you set aside (page 2); a dash: no short, or a "
    "link without amounts.",
    "Carry a month": "Funding or basis that the short earns (or pays, if negative), before fees; from the past, not a "
    "promise.",
}
"""What the strip shows, and what each means; of the short, that depends on what it is."""


def draw() -> None:
    """Draw the strip, or say what keeps the plan from being worked out."""
    plan = state.plan()
    link = link_market.pinned(plan)
    if link is not None:
        _pinned(link[0], link[1])
        result = worked_out.assessment()
        if result is not None:
            _figures(result)
        return
    is_live = live_prices.is_live(plan.market)
    if is_live and not plan.holdings:
        return
    if prices.market(plan) is None:
        if is_live:
            if live_prices.is_loading(plan.market):
                _metrics(["…"] * len(METRICS), key="strip_waiting")
            live_status.draw_missing(plan)
        else:
            _missing_market(plan.market)
        return
    result = worked_out.assessment()
    if result is not None:
        _figures(result)
    elif st.session_state.assessment_error:
        st.warning(md(st.session_state.assessment_error), icon=":material/warning:")
        _offer_to_type_a_price()
    if is_live:
        live_status.draw(plan)


def _pinned(shared: Shared, market: MarketSnapshot) -> None:
    """What the numbers of a link rest on, and the way to today's."""
    hidden = " Amounts are hidden: everything is for a bag of $100." if shared.is_hidden else ""
    simulated = " :orange-badge[simulated prices]" if market.simulated else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":blue-badge[:material/link: From a link]{simulated} Prices, betas and costs are those of "
            f"{market.as_of:%d %b %Y, %H:%M} UTC.{hidden} Whatever looks at past days needs today's prices."
        )
        st.button("What it would be now", key="unpin", on_click=link_market.unpin, icon=":material/update:")


def _figures(result: HedgeAssessment) -> None:
    costs = result.costs
    values = [
        usd(result.bag_value),
        usd(result.hedgeable_value),
        _legs_text(result),
        f"{percent(result.achieved_hedge_ratio)} of {percent(result.hedge_ratio)}",
        _rally_text(result),
        signed_usd(costs.carry_a_month) if costs.is_carry_known else "not known",
    ]
    _metrics(values, key="summary_strip", short=_legs_help(result))
    for notice in result.notices:
        if notice.code == LEFT_OUT:
            st.warning(md(notice.text), icon=":material/warning:")
            _offer_to_type_a_price()
    market = result.market
    if live_prices.is_live(market.source) or link_market.pinned(result.plan) is not None:
        return
    if market.simulated:
        label = ":orange-badge[:material/science: Simulated prices] "
        if result.is_practice:
            label = ":orange-badge[:material/science: PRACTICE: simulated prices] "
        age = f"as of {market.as_of:%d %b %Y}"
    else:
        label, age = ":blue-badge[Your prices] ", f"{prices.age(market)} ({market.as_of:%d %b %Y})"
    note = ""
    if result.is_practice:
        note = " Not for orders: upload daily closes (sidebar, Prices) or type your own prices (page 1)."
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(label, width="content")
        st.caption(f"{md(prices.source_label(market.source))}, {age}.{note}", width="content")


def _offer_to_type_a_price() -> None:
    st.page_link(navigation.page("bag"), label="Type a price (bag, column Own price)", icon=":material/edit:")


def _metrics(values: Sequence[str], *, key: str, short: str = "") -> None:
    """The strip itself; `short` explains what is short."""
    with st.container(border=True, horizontal=True, key=key):
        for (label, meaning), value in zip(METRICS.items(), values, strict=True):
            st.metric(label, value, help=meaning or short)


def _rally_text(result: HedgeAssessment) -> str:
    """A link without amounts states no collateral either, and that is no omission of its reader."""
    margin, link = result.margin, link_market.pinned(result.plan)
    if margin.notional and margin.collateral is None and not (link is not None and link[0].is_hidden):
        return "no collateral"
    return percent(result.market_rally_survived)


def _legs_text(result: HedgeAssessment) -> str:
    traded = [leg for leg in result.legs if leg.contracts]
    if not traded:
        return "nothing"
    link = link_market.pinned(result.plan)
    if link is not None and link[0].is_hidden:
        return usd(sum(leg.notional for leg in traded), cents=True)
    if len(traded) > 1:
        return f"{usd(sum(leg.notional for leg in traded))} in {len(traded)} futures"
    (leg,) = traded
    return f"{quantity(leg.contract.quantity(leg.contracts))} × {md(leg.contract.code)}"


def _legs_help(result: HedgeAssessment) -> str:
    """Every leg in plain words, for who does not know the contracts by their codes."""
    legs = [
        f"{quantity(leg.contract.quantity(leg.contracts))} × {leg.contract.code}, each {leg.contract.size_text()}: "
        f"{usd(leg.notional)}"
        for leg in result.legs
        if leg.contracts
    ]
    return md("Whole contracts to sell short. " + "; ".join(legs) + ".") if legs else "No contract is short."


def _missing_market(name: str) -> None:
    st.warning(
        f"This plan was made with {md(prices.source_label(name))}, which this session does not have. Upload the file "
        "again (sidebar, Prices), or choose the sample market there. Nothing is sized until you do.",
        icon=":material/warning:",
    )
