"""The shell around every page: navigation, the sidebar, the summary strip, and the message in place of a fault."""

from __future__ import annotations

import gc
import logging
from collections.abc import Collection
from pathlib import Path

import streamlit as st

from pages.ui.app import navigation, progress, sidebar, since_saved, summary_strip, toolbar
from pages.ui.app.style import STYLE
from pages.ui.parts import elements, fragments
from pages.ui.session import address, prices, state, undo
from pages.ui.session.once import Once

log = logging.getLogger("hedge_planner")

LOGO = str(Path(__file__).parents[1] / "assets" / "logo.svg")


@Once
def _import_pandas() -> bool:
    """Import it before a chart is drawn, one session at a time.

    Plotly looks whether pandas is among the loaded modules and fails if another session has it half imported.
    """
    import pandas  # noqa: F401

    return True


@Once
def _freeze_warm_imports() -> bool:
    """Take the imported modules out of the garbage collector, which runs in full after every rerun."""
    _import_pandas()
    prices.sample_market()
    gc.collect()
    gc.freeze()
    return True


def _page_settings() -> None:
    st.set_page_config(
        page_title="Altcoin Hedge Planner",
        page_icon="🛡️",  # a Material icon here would be fetched from a font service
        layout="wide",
        initial_sidebar_state="auto",
        menu_items={"About": "Altcoin Hedge Planner: from a bag to a hedge in whole contracts. Not financial advice."},
    )


def _done() -> Collection[str]:
    """The steps that get a tick; none where they cannot be told, which the page itself then says."""
    try:
        return progress.done()
    except Exception:
        log.exception("the steps cannot be told")
        return ()


def run() -> None:
    """Draw the whole app when it is this page's turn: called by app.py and by nothing else."""
    if not _freeze_warm_imports.is_made:
        guard()
    with fragments.alone():
        _draw()


def _draw() -> None:
    st.session_state.shell_has_run = True
    _page_settings()
    page_area = st.container()  # above what is not shown, so that nothing jumps before the style sheet is there
    address.follow_address(STYLE)
    undo.note()
    page = navigation.navigation(_done())
    state.enter_page(page.title)
    st.logo(LOGO, size="large")
    files = sidebar.draw()
    with page_area, fragments.calm():
        if progress.see(page.url_path):
            st.rerun()
        sidebar.draw_results(files)
        if st.session_state.get("link_error"):
            elements.faults("The link cannot be opened; the plan that was open is kept.", [st.session_state.link_error])
        summary_strip.draw()
        since_saved.draw()
        toolbar.draw(page.url_path or navigation.START)
        if state.plan().holdings:
            _import_pandas()
        page.run()
    _freeze_warm_imports()


def guard() -> None:
    """Register the navigation and rerun, once in a session. This is the first call of each page.

    Until some script has called `st.navigation`, Streamlit runs the files of `pages/` as pages of its own. Then app.py
    does not run at all, or runs as one page among others. Its widgets get other identities in later runs, and the
    browser would ignore the first change of the plan in the address.
    """
    if "shell_has_run" not in st.session_state:
        st.session_state.shell_has_run = True
        _page_settings()  # before the navigation, whose own icons a browser would fetch from a font service
        navigation.navigation()
        st.rerun()
