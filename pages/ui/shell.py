"""The shell around every page: navigation, the sidebar, the summary strip, and the calm face of a fault."""

from __future__ import annotations

import gc
import logging
from pathlib import Path

import streamlit as st

from hedge_core.errors import HedgeError
from pages.ui import data, links, paths, sidebar, state, strip, text

log = logging.getLogger("hedge_planner")

PRIMARY_BUTTON_INK = '<style>[data-testid^="stBaseButton-primary"]{color:light-dark(#fff,#0B1520)}</style>'
"""Streamlit writes white on primary buttons, which the dark theme's accent is too light for."""

LOGO = str(Path(__file__).parent / "assets" / "logo.svg")


@st.cache_resource(max_entries=1, show_spinner=False)
def _import_pandas() -> bool:
    """Import it before a chart is drawn, one session at a time.

    Plotly looks whether pandas is among the loaded modules and fails if another session has it half imported.
    """
    import pandas  # noqa: F401

    return True


@st.cache_resource(max_entries=1, show_spinner=False)
def _freeze_warm_imports() -> bool:
    """Take the imported modules out of the garbage collector, which runs in full after every rerun."""
    _import_pandas()
    data.sample_market()
    gc.collect()
    gc.freeze()
    return True


def run() -> None:
    """Draw the whole app: called by app.py and by nothing else."""
    st.session_state.shell_has_run = True
    page = paths.navigation()
    state.enter_page(page.title)
    st.logo(LOGO, size="large")
    st.html(PRIMARY_BUTTON_INK)
    links.follow_address()
    files = sidebar.draw()
    try:
        sidebar.draw_results(files)
        if st.session_state.get("link_error"):
            text.faults("The link cannot be opened; the plan that was open is kept.", [st.session_state.link_error])
        strip.draw()
        if state.plan().holdings:
            _import_pandas()
        page.run()
    except HedgeError as error:
        st.error(str(error).replace("$", "\\$"), icon=":material/error:")
    except Exception:
        log.exception("a page failed")
        st.error(
            "Something went wrong on this page, and it has been logged. Your plan is untouched: go to another page, "
            "or save the plan from the sidebar.",
            icon=":material/error:",
        )
    _freeze_warm_imports()


def guard() -> None:
    """First line of each page: on a fresh server the first visit may reach a page without app.py having run."""
    if "shell_has_run" not in st.session_state:
        st.session_state.shell_has_run = True
        paths.navigation()
        st.rerun()
