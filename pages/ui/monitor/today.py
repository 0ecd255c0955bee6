"""Today: alerts first, then what the hedge has made, and how to close it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.monitoring.daily_check import MonitorReport, check
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.filled import legs_filled
from hedge_core.monitoring.position import position_state
from hedge_core.monitoring.rolls import roll_sentence
from hedge_core.simulation.rebalancing import chances_of_change, cheapest_band
from hedge_core.text import signed_usd as plain_signed_usd
from pages.ui import charts
from pages.ui.parts import elements, fragments
from pages.ui.parts.format import md, percent, price, signed_usd, usd
from pages.ui.session import live_prices, memo, state

REFRESH_SECONDS = 60
MARKS = {
    "critical": (st.error, ":material/emergency_home:"),
    "warning": (st.warning, ":material/warning:"),
    "info": (st.info, ":material/info:"),
}


def draw(result: HedgeAssessment) -> None:
    """Everything as of now; with live prices it looks again every minute, in its own place."""
    run_every = REFRESH_SECONDS if live_prices.is_live(result.plan.market) else None
    fragments.fragment(_today, run_every=run_every)(result)
    if result.plan.execution.fills:
        _ahead(result)


def lead(result: HedgeAssessment) -> str:
    """Whether there is something to do today."""
    try:
        report = check(result, now=now(), active=_active(result))
    except HedgeError:
        st.session_state.monitor_said = None
        return "Your position cannot be worked out: correct it under Position."
    st.session_state.monitor_said = _said(report)
    if report.state is None:
        orders = len(result.traded_legs)
        waiting = f"{orders} {'order is' if orders == 1 else 'orders are'}" if orders else "nothing is"
        met, armed = (sum(getattr(one, name) for one in report.entries) for name in ("is_met", "is_armed"))
        if met:
            return f"An entry rule is met: {waiting} to be sent now."
        if armed:
            return f"Nothing is open yet: {armed} entry {'rule is' if armed == 1 else 'rules are'} armed."
        return f"Nothing is open yet: {waiting} waiting to be sent."
    if report.alerts:
        count = len(report.alerts)
        return f"{count} {'alert needs' if count == 1 else 'alerts need'} your attention today."
    return f"All is well: the hedge has made {plain_signed_usd(report.state.pnl)}, and there is nothing to do."


def _said(report: MonitorReport) -> frozenset[str]:
    return frozenset(alert.key for alert in report.alerts)


def now() -> datetime:
    """The moment by which ages are judged."""
    return datetime.now(UTC)


def _today(result: HedgeAssessment) -> None:
    try:
        report = check(result, now=now(), active=_active(result))
    except HedgeError as error:
        elements.faults("The position cannot be worked out. Correct it under Position.", str(error).splitlines())
        return
    if st.session_state.get("monitor_said") not in (None, _said(report)):
        st.rerun()  # the page's heading says something else by now
    st.session_state.monitor_active = (_identity(result), frozenset(alert.key for alert in report.alerts))
    _to_do(report)
    if report.state is None:
        _armed(report)
        _start(result)
        return
    _figures(report)
    if report.season is not None and len(report.season.days) > 1:
        elements.chart(charts.season(report.season), key="season")
    else:
        elements.reading("From tomorrow on, bag and hedge are drawn here day by day.")
    left, right = st.columns(2, gap="large")
    with left:
        _filled(report)
    with right:
        st.header("To close everything")
        for line in report.closing_order or ("Nothing is open.",):
            st.markdown(f"- {md(line)}")
    at_spot = " Futures without a quote of their own are marked at spot." if report.state.at_spot else ""
    st.caption(
        f"As of {report.moment:%d %b %Y, %H:%M} UTC. The collateral stated on page 2 counts as what you posted; what "
        f"the shorts have made is added to it.{at_spot} This page looks only while it is open: to be told when it is "
        "not, run the command `monitor` on the saved plan (docs/monitor.md)."
    )


def _active(result: HedgeAssessment) -> frozenset[str]:
    """The alerts that stood when this position was last looked at."""
    whose, keys = st.session_state.get("monitor_active", ("", frozenset()))
    return keys if whose == _identity(result) else frozenset()


def _identity(result: HedgeAssessment) -> object:
    return result.plan.name, result.plan.execution.fills, result.plan.watch.thresholds


def _to_do(report: MonitorReport) -> None:
    """One list, the most urgent first, each line with its reason; no two lines contradict."""
    if not report.actions:
        st.success("All well: nothing to do.", icon=":material/check_circle:")
    for action in report.actions:
        show, icon = MARKS[action.severity]
        limit = f"  \n*Threshold: {md(action.limit)}*" if action.limit else ""
        show(f"**{md(action.why)}** {md(action.what)}{limit}", icon=icon)


def _armed(report: MonitorReport) -> None:
    """Before there is a position: the entry rules that are armed."""
    armed = [entry for entry in report.entries if entry.is_armed]
    if not armed:
        return
    st.header("Armed")
    for entry in armed:
        badge = ":red-badge[met]" if entry.is_met else ":green-badge[armed]"
        st.markdown(f"- When {md(entry.rule.text)} {badge} {md(entry.evidence)}")


def _start(result: HedgeAssessment) -> None:
    legs = result.traded_legs
    if not legs:
        return
    elements.reading(roll_sentence(result))
    st.markdown("Once the orders are filled, tell the monitor. Everything can be corrected afterwards, under Position.")
    if st.button("I have executed it as proposed", type="primary", icon=":material/done_all:", key="as_proposed"):
        moment = result.market.as_of if result.market.simulated else now()
        executed = as_proposed(result, moment).execution
        state.set_plan(replace(state.plan(), execution=executed))  # coins without a price stay in the bag
        st.rerun()


def _figures(report: MonitorReport) -> None:
    position = report.state
    assert position is not None
    with st.container(horizontal=True, key="monitor_metrics"):
        if report.today is not None:
            st.metric("Bag", percent(report.today.bag_move, signed=True), help="Since the hedge was opened.")
        st.metric("Hedge", signed_usd(position.pnl), help="Realised, open and funding, less fees.")
        ledger = position.ledger
        st.metric("of it realised", signed_usd(ledger.realised_pnl))
        st.metric("Funding", signed_usd(ledger.funding), help="As entered under Position.")
        st.metric("Fees", usd(ledger.fees))
        st.metric(
            "Against its target",
            "–" if report.drift is None else percent(report.drift, signed=True),
            help="How far the hedge has come away from what the method asks for today.",
        )
        st.metric(
            "Survives a rally of",
            percent(report.market_rally_left),
            help="Of the market (half Bitcoin, half Ether), from here, with today's equity. If all shorted coins rise "
            f"alike: {percent(report.rally_left)}. A dash: no collateral stated.",
        )


def _filled(report: MonitorReport) -> None:
    """Filled against the plan, contract by contract."""
    st.header("Filled against the plan")
    state_now = report.state
    assert state_now is not None
    rows = [
        {
            "Contract": row.contract.id,
            "Plan": f"{row.planned:,}",
            "Filled": f"{row.held:,}",
            "Entry": "–" if row.entry is None else price(row.entry),
            "Now": "–" if row.mark is None else price(row.mark),
            "Made": signed_usd(row.open_pnl),
        }
        for row in legs_filled(report.assessment, state_now)
    ]
    if rows:
        elements.table(rows, key="filled", right=("Plan", "Filled", "Entry", "Now", "Made"))
    if report.unfunded:
        missing = "; ".join(trade.text for trade in report.unfunded)
        st.markdown(md(f"Your equity does not open the contracts that are missing ({missing}): add collateral first."))
    is_asked = any(action.lots for action in report.actions)
    if report.trades and not is_asked and not any(alert.code == "drift" for alert in report.alerts):
        band = report.assessment.plan.watch.thresholds.drift
        elements.reading(f"No trade is needed to size: your limit is {band:.0%} off the target (When to warn).")


@fragments.fragment
def _ahead(result: HedgeAssessment) -> None:
    """The forecast: how soon the count changes, and the band that costs least."""
    st.header("What lies ahead")
    band = result.plan.watch.thresholds.drift
    try:
        position = position_state(result)
        legs = result.traded_legs if position and not position.is_flat else ()
        held = [position.short_of(leg.underlying) / leg.lot_notional for leg in legs] if position else []
        chances = memo.memo(
            "chances",
            (memo.basis(result), band, tuple(held)),
            lambda: chances_of_change(result, held, band=band) if held else {},
        )
        choice = memo.memo("bands", memo.basis(result), lambda: cheapest_band(result) if held else None, is_long=True)
    except HedgeError as error:
        elements.reading(str(error))
        return
    if chances and min(chance.value for chance in chances.values()) >= 1.0:
        st.markdown(f"- A short is more than {band:.0%} off its target already: see above.")
        chances = {}
    for days, chance in chances.items():
        st.markdown(
            f"- Chance that you have to trade within {days} days: **{chance.value:.0%}** (a short moves more "
            f"than {band:.0%} off its target)."
        )
    is_asked = any(action.lots for action in check(result, now=now(), active=_active(result)).actions)
    if choice is not None and not is_asked:  # "leave it alone" does not stand beside something to trade
        st.markdown(f"- {md(choice.sentence)}")
