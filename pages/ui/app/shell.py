"""The shell around every page: navigation, the sidebar, the summary strip, and the message in place of a fault."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

import streamlit as st

from hedge_core.errors import HedgeError
from pages.ui.app import kept, navigation, progress, sidebar, warm
from pages.ui.parts import elements, fragments, panels
from pages.ui.session import address, state, undo
from pages.ui.session.once import Once

log = logging.getLogger("hedge_planner")

LOGO = str(Path(__file__).parents[1] / "assets" / "logo.svg")


@Once
def _navigation_is_known() -> bool:
    """Made when some session of this process has registered the navigation."""
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
    except HedgeError:
        return ()
    except Exception:
        log.exception("the steps cannot be told")
        return ()


def run() -> None:
    """Draw the whole app when it is this page's turn: called by app.py and by nothing else."""
    if not _navigation_is_known.is_made:
        guard()
    with fragments.alone():
        _draw()


def _draw() -> None:
    """Draw one run of the app.

    All that stands above the page is one element for the browser. It would otherwise move the page's elements in its
    tree when the top line appears, and a table that moves loses the keyboard and the cell that is being typed in.
    """
    st.session_state.shell_has_run = True
    _page_settings()
    page_area = st.container()
    address.follow_address()
    undo.note()
    page = navigation.navigation(_done())
    state.enter_page(page.title)
    st.logo(LOGO, size="large")
    files = sidebar.draw()
    with page_area, fragments.calm():
        if progress.see(page.url_path):
            st.rerun()
        with st.container(key="above_page"):
            sidebar.draw_results(files)
            if st.session_state.get("link_error"):
                kept_plan = " The plan that was open is kept." if state.plan().holdings else ""
                elements.faults(f"The link cannot be opened.{kept_plan}", [st.session_state.link_error])
            if state.plan().holdings:
                warm.import_pandas()
                _draw_top(page.url_path or navigation.START)
            else:
                panels.close()
                with st.container(horizontal=True, key="undo_alone"):
                    undo.draw(kept.draw_undo)
        page.run()
    _navigation_is_known()
    warm.freeze()


def _draw_top(stem: str) -> None:
    """What stands above every page of a plan; imported with the first plan, so that the start page comes at once."""
    from pages.ui.app import since_saved, summary_strip, toolbar

    summary_strip.draw()
    since_saved.draw()
    toolbar.draw(stem)


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
