"""Today: what to do first, then what the hedge has made, and what is filled against the plan."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.hedge.market_margin import survived_text
from hedge_core.market.contracts import Contract
from hedge_core.monitoring.daily_check import MonitorReport, check
from hedge_core.monitoring.filled import legs_filled
from hedge_core.monitoring.rolls import roll_sentence
from hedge_core.text import UNKNOWN, signed_usd as plain_signed_usd
from pages.ui import charts
from pages.ui.monitor.lead import has_made, notes
from pages.ui.parts import elements, fragments
from pages.ui.parts.format import md, percent, price, signed_usd
from pages.ui.parts.lead import draw_note
from pages.ui.session import live_prices

REFRESH_SECONDS = 60
MOST_FILLED = 8
"""Contracts that the table of what is filled shows before it scrolls: orders to tick may stand below it."""


def draw(result: HedgeAssessment) -> None:
    """Everything as of now; with live prices it looks again every minute, in its own place."""
    run_every = REFRESH_SECONDS if live_prices.is_live(result.plan.market) else None
    fragments.fragment(_today, run_every=run_every)(result)


def looked_at(result: HedgeAssessment) -> MonitorReport | None:
    """The position as of now, which the page's heading speaks of from now on; None if it cannot be worked out."""
    try:
        report = check(result, now=now(), active=active(result))
    except HedgeError:
        st.session_state.monitor_said = None
        return None
    st.session_state.monitor_said = _said(report)
    return report


def _said(report: MonitorReport) -> frozenset[str]:
    return frozenset(alert.key for alert in report.alerts)


def now() -> datetime:
    """The moment by which ages are judged."""
    return datetime.now(UTC)


def _today(result: HedgeAssessment) -> None:
    try:
        report = check(result, now=now(), active=active(result))
    except HedgeError as error:
        elements.faults("The position cannot be worked out. Correct it under Position.", str(error).splitlines())
        return
    if st.session_state.get("monitor_said") not in (None, _said(report)):
        st.rerun()  # the page's heading says something else by now
    st.session_state.monitor_active = (_identity(result), _said(report))
    _to_do(report)
    if report.state is None:
        _armed(report)
        elements.reading(roll_sentence(result))
        return
    _figures(report)
    _season(report)
    _filled(report)
    at_spot = " Futures without a quote of their own are marked at spot." if report.state.at_spot else ""
    st.caption(
        f"As of {report.moment:%d %b %Y, %H:%M} UTC. The cash stated on the Risk page counts as what you posted; what "
        f"the shorts have made is added to it.{at_spot}"
    )


def _season(report: MonitorReport) -> None:
    """Bag and hedge day by day since the opening; folded while there is something to do, which comes first."""
    if report.season is None or len(report.season.days) < 2:
        elements.reading("From tomorrow on, bag and hedge are drawn here day by day.")
        return
    figure, alt = charts.season(report.season), _season_reading(report)
    draw_chart = partial(elements.chart, figure, key="season", alt=alt)
    if report.alerts:
        elements.fold("Since the hedge was opened", draw_chart, key="monitor_season", icon=":material/show_chart:")
    else:
        draw_chart()


def _season_reading(report: MonitorReport) -> str:
    """What bag and hedge have made since the opening, in one sentence."""
    assert report.state is not None
    bag = "" if report.today is None else f"the bag has moved {percent(report.today.bag_move, signed=True)} and "
    return f"Since the hedge was opened, {bag}the hedge {has_made(report.state.pnl)}."


def active(result: HedgeAssessment) -> frozenset[str]:
    """The alerts that stood when this position was last looked at."""
    whose, keys = st.session_state.get("monitor_active", ("", frozenset()))
    return keys if whose == _identity(result) else frozenset()


def _identity(result: HedgeAssessment) -> object:
    return result.plan.name, result.plan.execution.fills, result.plan.watch.thresholds


def _to_do(report: MonitorReport) -> None:
    """One list, the most urgent first, each line with its reason; no two lines contradict."""
    for note in notes(report):
        draw_note(note)


def _armed(report: MonitorReport) -> None:
    """Before there is a position: the entry rules that are armed."""
    armed = [entry for entry in report.entries if entry.is_armed]
    if not armed:
        return
    st.header("Armed")
    for entry in armed:
        badge = ":red-badge[met]" if entry.is_met else ":green-badge[armed]"
        st.markdown(f"- When {md(entry.rule.text)} {badge} {md(entry.evidence)}")


def _figures(report: MonitorReport) -> None:
    position = report.state
    assert position is not None
    with st.container(horizontal=True, key="monitor_metrics"):
        if report.today is not None:
            st.metric("Bag", percent(report.today.bag_move, signed=True), help="Since the hedge was opened.")
        ledger = position.ledger
        made = (
            f"Realised {plain_signed_usd(ledger.realised_pnl)}, funding {plain_signed_usd(ledger.funding)}, fees "
            f"{plain_signed_usd(-ledger.fees)}, the rest is open."
        )
        st.metric("Hedge", signed_usd(position.pnl), help=md(made))
        st.metric(
            "Against its target",
            UNKNOWN if report.drift is None else percent(report.drift, signed=True),
            help="How far the hedge has come away from what the method asks for today.",
        )
        st.metric(
            "Survives a rally of",
            survived_text(report.market_rally_left),
            help="Of the market (half Bitcoin, half Ether), from here, with today's equity. If all shorted coins rise "
            f"alike: {survived_text(report.rally_left)}. A dash: no collateral stated.",
        )


def _count(contract: Contract, lots: int) -> str:
    """Lots of a contract in the units of the venue's order form, as in the orders; negative if long."""
    return f"{'−' if lots < 0 else ''}{contract.quantity_text(lots)}"


def _filled(report: MonitorReport) -> None:
    """Filled against the plan, contract by contract, as on the Size page: the largest target first."""
    st.header("Filled against the plan", anchor=False)
    state_now = report.state
    assert state_now is not None
    targets = {leg.contract.id: leg.target_notional for leg in report.assessment.legs}
    held = sorted(
        legs_filled(report.assessment, state_now), key=lambda row: targets.get(row.contract.id, 0.0), reverse=True
    )
    is_one_venue = len({row.contract.venue for row in held}) == 1
    rows = [
        {
            "Contract": row.contract.code if is_one_venue else row.contract.id,
            "Plan": _count(row.contract, row.planned),
            "Filled": _count(row.contract, row.held),
            "Entry": UNKNOWN if row.entry is None else price(row.entry),
            "Now": UNKNOWN if row.mark is None else price(row.mark),
            "Made": signed_usd(row.open_pnl),
        }
        for row in held
    ]
    if rows:
        elements.table(rows, key="filled", right=("Plan", "Filled", "Entry", "Now", "Made"), most=MOST_FILLED)
    if report.unfunded:
        missing = "; ".join(trade.text for trade in report.unfunded)
        st.markdown(md(f"Your equity does not open the contracts that are missing ({missing}): add collateral first."))
    is_asked = any(action.lots for action in report.actions)
    if report.trades and not is_asked and not any(alert.code == "drift" for alert in report.alerts):
        band = report.assessment.plan.watch.thresholds.drift
        elements.reading(f"No trade is needed to size: your limit is {band:.0%} off the target (When to warn).")
