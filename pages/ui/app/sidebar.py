"""The sidebar: where prices come from, the currency, and the plan as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hedge_core.errors import HedgeError
from hedge_core.market.venues import EXCHANGES
from pages.ui.app import kept, price_upload, start
from pages.ui.parts import elements, panels
from pages.ui.parts.format import md
from pages.ui.session import currency, live_prices, prices, state, turns, worked_out

if TYPE_CHECKING:
    from hedge_core import HedgeAssessment


class _File(NamedTuple):
    """A file that follows from the plan; the braces in its name take a mark for simulated prices."""

    label: str
    name: str
    mime: str
    icon: str
    key: str
    make: Callable[[HedgeAssessment], str | bytes]
    help: str | None = None


def _report(result: HedgeAssessment) -> str:
    from hedge_core.reports.html.page import report_html

    return report_html(result, made_at=datetime.now(UTC))


def _scenarios(result: HedgeAssessment) -> str:
    from hedge_core.reports.scenarios_csv import scenario_table_csv

    return scenario_table_csv(result)


def _workbook(result: HedgeAssessment) -> bytes:
    from hedge_core.reports.excel import workbook

    return workbook(result)


FILES = (
    _File(
        "Report (HTML)",
        "hedge-report{}.html",
        "text/html",
        ":material/article:",
        "save_report",
        _report,
        "The whole plan in one file that opens without a network, runs no script and prints. It holds your amounts.",
    ),
    _File(
        "Scenario table (CSV)", "hedge-scenarios{}.csv", "text/csv", ":material/table:", "save_scenarios", _scenarios
    ),
    _File(
        "All tables (Excel)",
        "hedge-tables{}.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ":material/table_view:",
        "save_tables",
        _workbook,
        "Orders, scenarios, bag and hedge, one sheet each.",
    ),
)


def draw() -> DeltaGenerator | None:
    """Draw the sidebar; returns the place for the files that `draw_results` offers, None while it is closed.

    What is closed is not drawn: its widgets would cost every session memory and every run time.
    """
    with st.sidebar:
        _market()
        _currency()
        place = _plan_file()
        st.toggle(
            "Tables under charts",
            key=state.seed(elements.TABLES, state.remember(elements.TABLES, False)),
            on_change=state.keep,
            args=(elements.TABLES,),
            help="The data of every chart as a table, for reading aloud or copying.",
        )
        st.caption(
            "Not financial advice. Nothing that you enter is stored on a server. The plan is in this page's address: "
            "a reload keeps it, and anyone who sees the address sees your amounts."
        )
        if state.plan().holdings:
            kept.draw_choice()
    return place


def draw_results(place: DeltaGenerator | None) -> None:
    """Offer what follows from the plan as files, which are made when they are asked for."""
    result = worked_out.assessment()
    if place is None or result is None:
        return
    label, icon = "Share as a link", ":material/link:"
    if place.button(label, icon=icon, width="stretch", key="share_open", on_click=panels.close):
        from pages.ui.app import share

        share.show(result)
    again = _worked_out_again(result)
    mark = "-PRACTICE" if result.is_practice else ""
    for file in FILES:
        place.download_button(
            file.label,
            turns.in_turn(lambda make=file.make: make(again())),
            file_name=file.name.format(mark),
            mime=file.mime,
            icon=file.icon,
            width="stretch",
            on_click="ignore",
            key=file.key,
            help=file.help,
        )


def _worked_out_again(result: HedgeAssessment) -> Callable[[], HedgeAssessment]:
    """The assessment for a file that is made later, without keeping it in memory until then."""
    from hedge_core.hedge.planner import assess_priced

    plan, market, evidence = state.plan(), result.market, result.evidence
    return lambda: assess_priced(plan, market, evidence)


def _market() -> None:
    box = st.expander("Prices", icon=":material/database:", key="prices_box", on_change="rerun")
    if not box.open:
        return
    with box:
        current = state.plan().market
        st.selectbox(
            "Source",
            prices.known_sources(current),
            format_func=prices.source_label,
            key=state.seed("market_source", current),
            on_change=_choose_source,
        )
        if not live_prices.is_installed():
            st.caption(live_prices.INSTALL)
        elif live_prices.is_live(current) and EXCHANGES[current].is_restricted:
            st.caption(f"{EXCHANGES[current].label} {EXCHANGES[current].regional_limit}.")
        if not start.offers_upload():
            price_upload.draw()


def _currency() -> None:
    box = st.expander("Currency", icon=":material/currency_exchange:", key="currency_box", on_change="rerun")
    if box.open:
        with box:
            currency.draw_choice()


def _choose_source() -> None:
    state.set_plan(replace(state.plan(), market=st.session_state.market_source))


def _plan_file() -> DeltaGenerator | None:
    box = st.expander("Share, save or open", icon=":material/ios_share:", key="file_box", on_change="rerun")
    if not box.open:
        return None
    from hedge_core.documents.plan_file import plan_to_json, read_plan

    with box:
        st.download_button(
            "Save plan (JSON)",
            plan_to_json(state.plan()),
            file_name="hedge-plan.json",
            mime="application/json",
            icon=":material/download:",
            width="stretch",
            on_click="ignore",
            key="save_plan",
        )
        place = st.container()
        upload = st.file_uploader(
            "Open a saved plan or report",
            type=["json", "html"],
            key="plan_upload",
            on_change=_forget,
            args=("plan_upload_error",),
        )
        if upload is not None and st.session_state.get("plan_upload_id") != upload.file_id:
            st.session_state.plan_upload_id = upload.file_id
            try:
                opened = read_plan(upload.getvalue())
            except HedgeError as error:
                st.session_state.plan_upload_error = str(error)
            else:
                st.session_state.plan_upload_error = None
                state.open_plan(opened)
                st.toast(f"Opened: {md(opened.name)}", icon=":material/check:")
                st.rerun()
        if st.session_state.get("plan_upload_error"):
            _fault(st.session_state.plan_upload_error + "\nThe plan that was open is kept.")
        elif upload is not None:
            st.caption(f"Open: {md(state.plan().name)}")
    return place


def _forget(error: str) -> None:
    """Callback: another file, or none; what was wrong with the last one does not matter any more."""
    st.session_state.pop(error, None)


def _fault(message: str) -> None:
    st.error("  \n".join(md(line) for line in message.splitlines()), icon=":material/error:")
