"""The cash behind the hedge: how much to post and keep ready, the rally it survives, and what happens at a breach."""

from __future__ import annotations

import math

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.market_margin import market_margin
from hedge_core.hedge.squeeze import worst_squeeze
from hedge_core.reports.answer import level
from hedge_core.simulation.simulation import Simulation, simulate
from pages.ui.parts import fragments, inputs
from pages.ui.parts.format import md, percent, usd
from pages.ui.session import memo, state

PATHS = 2_000
"""Paths behind the advised amounts: enough to round them to a hundred dollars."""

STEP = 100.0


def draw(result: HedgeAssessment) -> None:
    """The inputs for cash, and what it does."""
    st.header("How much cash stands behind it?")
    if not result.traded_legs:
        st.markdown("Nothing is short, so no cash is needed.")
        inputs.collateral_input()
        return
    controls, figures = st.columns([3, 8], gap="medium")
    with controls, st.container(border=True):
        inputs.collateral_input()
        _slider(result)
        inputs.reserve_input()
        inputs.breach_choice()
    with figures:
        _figures(result)
        _advised(result)


def _slider(result: HedgeAssessment) -> None:
    """A slider for the cash to post, up to what survives that prices double."""
    most = math.ceil(result.collateral_for(1.0) / STEP) * STEP
    stated = result.plan.decisions.collateral
    st.slider(
        "Cash to post",
        0.0,
        max(most, stated or 0.0),
        step=STEP,
        format="$%,.0f",
        key=state.seed("cash_slider", min(max(stated or 0.0, 0.0), max(most, stated or 0.0))),
        on_change=state.decide,
        args=("collateral", "cash_slider"),
        label_visibility="collapsed",
    )


def _figures(result: HedgeAssessment) -> None:
    """What the cash of the plan does: needed to open, rally survived, the worst 30 days."""
    margin, decisions = result.margin, result.plan.decisions
    squeeze = worst_squeeze(result)
    rally = level(result.market_rally_survived)
    if decisions.reserve and decisions.collateral is not None:
        more = margin_requirement(result.traded_legs, decisions.collateral + decisions.reserve)
        rally += f" ({level(market_margin(more, result.market_betas).rally_survived)} with the reserve)"
    with st.container(horizontal=True, key="cash_figures"):
        assumed = " Some margin rates are assumptions." if margin.is_assumed else ""
        st.metric("Needed to open", usd(margin.initial), help=f"The initial margin.{assumed}")
        st.metric("Liquidated at", rally, help="The rise of the market at which the short is closed. A dash: no cash.")
        if squeeze is not None:
            st.metric(
                "Worst 30 days needed", usd(squeeze.most_needed), help="The largest need of cash in the past year."
            )
    if squeeze is not None:
        st.caption(md(squeeze.sentence))
    st.caption(f"When margin runs out: {md(result.breach.rule.how)}.")


@fragments.fragment
def _advised(result: HedgeAssessment) -> None:
    """What to post now and keep ready so that the short survives 95% of the paths, and a button that takes it."""
    found = memo.memo("advised_cash", memo.basis(result), lambda: _simulated(result), is_long=True)
    if isinstance(found, str):
        st.caption(md(found))
        return
    post, reserve = (
        math.ceil(amount / STEP) * STEP for amount in (found.cash_advised.post, found.cash_advised.reserve)
    )
    closed = (
        "" if found.closed is None else f" With the cash of your plan, {percent(found.closed.value)} are liquidated."
    )
    st.markdown(
        f"**Advised:** post {md(usd(post))} now and keep {md(usd(reserve))} ready. That survives 95% of "
        f"{found.paths:,} simulated paths.{closed}"
    )
    decisions = result.plan.decisions
    is_taken = (decisions.collateral, decisions.reserve) == (post, reserve)
    if not is_taken and st.button("Use the advised amounts", key="collateral_offer"):
        state.set_plan(state.plan().with_decisions(collateral=post, reserve=reserve))
        st.rerun()


def _simulated(result: HedgeAssessment) -> Simulation | str:
    try:
        return simulate(result, paths=PATHS)
    except HedgeError as error:
        return str(error)
