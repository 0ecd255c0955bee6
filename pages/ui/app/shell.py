"""The shell around every page: navigation, the sidebar, the summary strip, and the calm face of a fault."""

from __future__ import annotations

import gc
import logging
from collections.abc import Collection
from pathlib import Path

import streamlit as st

from pages.ui.app import navigation, progress, sidebar, since_saved, summary_strip, toolbar
from pages.ui.parts import elements, fragments
from pages.ui.session import address, prices, state, undo
from pages.ui.session.once import Once

log = logging.getLogger("hedge_planner")

STYLE = """<style>
[data-testid^="stBaseButton-primary"]{color:light-dark(#fff,#0B1520)}
a:focus-visible{outline:2px solid light-dark(#0B5CAD,#6CB2F5)!important;outline-offset:2px;border-radius:4px}
[data-testid="stHeaderActionElements"]{display:none}
[data-testid="stPlotlyChart"] .textpoint text{fill:light-dark(#0A1118,#E4EAF0)!important}
.waiting{border-radius:.5rem;margin-bottom:1rem;background:light-dark(#EEF3F9,#182431);animation:waiting 1.6s infinite}
@keyframes waiting{50%{opacity:.55}}
:is(.st-key-summary_strip,.st-key-strip_waiting){gap:.5rem 1.2rem}
:is(.st-key-summary_strip,.st-key-strip_waiting) [data-testid="stMetricValue"]{font-size:1.4rem}
@media (max-width:640px){:is(.st-key-summary_strip,.st-key-strip_waiting){gap:.25rem .9rem;padding:.6rem}
:is(.st-key-summary_strip,.st-key-strip_waiting) [data-testid="stMetricValue"]{font-size:1rem}}
@media (prefers-reduced-motion:reduce){*{animation-duration:.01ms!important;transition-duration:.01ms!important}}
</style>"""
"""What the theme cannot say: a dark label on the dark theme's light buttons, a ring around a link that the keyboard has
reached, no links at headings (each would be a stop for the Tab key), full ink in the cells of heat maps, the fields of
a page that waits for prices, a strip on one line that is smaller on a phone, no motion for who asked for none."""

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
    address.follow_address()
    undo.note()
    page = navigation.navigation(_done())
    state.enter_page(page.title)
    st.logo(LOGO, size="large")
    st.html(STYLE)
    files = sidebar.draw()
    with fragments.calm():
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
