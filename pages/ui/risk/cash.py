"""The cash behind the hedge: how much to post and keep ready, the rally it survives, and what happens at a breach."""

from __future__ import annotations

import math

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.hedge.market_margin import market_margin
from hedge_core.hedge.pledged_coins import pledged_sentence
from hedge_core.hedge.squeeze import worst_squeeze
from hedge_core.reports.answer import level
from hedge_core.simulation.cash_advice import CashAdvice, advise_cash
from pages.ui.parts import as_filled, fragments, inputs
from pages.ui.parts.format import md, percent, usd
from pages.ui.session import currency, memo, state

PATHS = 2_000
"""Paths behind the advised amounts: enough to round them to a hundred dollars."""


def draw(result: HedgeAssessment) -> None:
    """The inputs for cash, and what it does."""
    st.header("How much cash backs it?")
    if not any(leg.wanted_contracts for leg in result.legs):
        st.markdown("Nothing is to be sold short, so no cash is needed.")
        inputs.collateral_input()
        return
    controls, figures = st.columns([3, 8], gap="medium")
    with controls, st.container(border=True):
        inputs.collateral_input()
        _slider(result)
        inputs.reserve_input()
        inputs.breach_choice()
        inputs.margin_mode_choice()
    with figures:
        _figures(result)
        _advised(result)


def _slider(result: HedgeAssessment) -> None:
    """A slider for the cash to post, up to what survives that prices double.

    Its range depends on the hedge, and a slider whose range changes under it would send a value that nobody has set.
    So the range is a round number, and a slider with another range is another widget.
    """
    stated = float(result.plan.decisions.collateral or 0.0)
    most, step = round_range(max(market_margin(result.margin_wanted, result.market_betas).collateral_for(1.0), stated))
    key = f"cash_slider_{most:.0f}"
    st.slider(
        "Cash to post",
        0.0,
        most,
        step=step,
        format="$%,.0f",
        key=state.seed(key, stated),
        on_change=_take,
        args=(key,),
        label_visibility="collapsed",
    )


def _take(key: str) -> None:
    """Callback: take the slider's value, if it is another than the plan's. At 0 without stated cash, nothing is set."""
    if st.session_state[key] != (state.plan().decisions.collateral or 0.0):
        state.decide("collateral", key)


def round_range(least: float) -> tuple[float, float]:
    """A number of one digit that is at least `least`, and a tenth of its unit: 7,837 gives 8,000 and 100."""
    unit = 10.0 ** math.floor(math.log10(max(least, 10.0)))
    return math.ceil(least / unit) * unit if least > 0.0 else unit, unit / 10.0


def _figures(result: HedgeAssessment) -> None:
    """What the cash does: needed to open, rally survived, the worst 30 days; of what is filled, beside the plan."""
    held, decisions = as_filled.shown(result), result.plan.decisions
    is_filled = held is not result
    wanted = held.margin if is_filled else result.margin_wanted
    squeeze, rate = worst_squeeze(held), currency.shown(result)
    rally = level(held.market_rally_survived)
    if decisions.reserve and held.market_margin.margin.collateral is not None:
        more = held.market_margin.with_collateral(held.market_margin.margin.collateral + decisions.reserve)
        rally += f" ({level(more.rally_survived)} with the reserve)"
    with st.container(horizontal=True, key="cash_figures"):
        assumed = " Some margin rates are assumptions." if wanted.is_assumed else ""
        is_part = result.is_limited and not is_filled
        label = "Margin of what is filled" if is_filled else "To open in full" if is_part else "Needed to open"
        whole = "full hedge, of which your cash opens a part" if is_part else "whole short"
        st.metric(label, rate.amount(wanted.initial), help=f"The initial margin of the {whole}.{assumed}")
        st.metric("Liquidated at", rally, help="The rise of the market at which the short is closed. A dash: no cash.")
        if squeeze is not None:
            st.metric(
                "Worst 30 days needed",
                rate.amount(squeeze.most_needed),
                help="The largest need of cash in the past year.",
            )
    if is_filled:
        planned, rally = f"The plan takes {rate.amount(result.margin.initial)} to open", result.market_rally_survived
        st.caption(md(f"{planned}." if rally is None else f"{planned} and is liquidated at {level(rally)}."))
    if result.pledged:
        st.caption(md(pledged_sentence(result.pledged)))
    if squeeze is not None:
        st.caption(md(squeeze.told(rate)))
    st.caption(f"When margin runs out: {md(held.breach.rule.how)}.")


@fragments.fragment
def _advised(result: HedgeAssessment) -> None:
    """What to post now and keep ready so that the short survives 95% of the paths, and a button that takes it."""
    earlier = memo.latest("advised_cash")
    found = memo.memo("advised_cash", memo.basis(result), lambda: _simulated(result, earlier), is_long=True)
    if isinstance(found, str):
        st.caption(md(found))
        return
    if found is None:
        return
    post, reserve = found.rounded.post, found.rounded.reserve
    yours = found.stated
    closed = ""
    if not result.traded_legs:
        closed = " Your plan's cash opens no contract."
    elif yours is not None:
        closed = f" With your plan's cash, {percent(1.0 - yours.lived_through.value)} of them end in a liquidation."
    st.markdown(
        f"**Advised:** {'for the full hedge, ' if result.is_limited else ''}post {md(usd(post))} now and keep "
        f"{md(usd(reserve))} ready. That survives 95% of {found.paths:,} simulated paths.{closed}"
    )
    if found.why_more_is_worse:
        st.caption(md(found.why_more_is_worse))
    decisions = result.plan.decisions
    is_taken = (decisions.collateral, decisions.reserve) == (post, reserve)
    if not is_taken and st.button("Use the advised amounts", key="collateral_offer"):
        state.set_plan(state.plan().with_decisions(collateral=post, reserve=reserve))
        st.rerun()


def _simulated(result: HedgeAssessment, earlier: CashAdvice | str | None) -> CashAdvice | str | None:
    try:
        return advise_cash(result, paths=PATHS, earlier=earlier if isinstance(earlier, CashAdvice) else None)
    except HedgeError as error:
        return str(error)
