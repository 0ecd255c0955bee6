"""Pieces of the screen that are drawn by themselves: the app as a whole, and what Streamlit calls fragments.

Each takes its turn and shows an error as a message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, TypeAlias

import streamlit as st

from hedge_core.errors import HedgeError
from pages.ui.parts.format import md
from pages.ui.session import turns, worked_out

if TYPE_CHECKING:
    from hedge_core import HedgeAssessment

log = logging.getLogger("hedge_planner")

View: TypeAlias = "Callable[[HedgeAssessment], None]"


@contextmanager
def alone() -> Iterator[None]:
    """Run the block as one render turn; nested blocks join it."""
    with turns.pages.turn():
        yield


@contextmanager
def calm() -> Iterator[None]:
    """An error in this block becomes a sentence on the page; one that nobody foresaw is logged."""
    try:
        yield
    except HedgeError as error:
        st.error(md(str(error)), icon=":material/error:")
    except Exception:
        log.exception("a page failed")
        st.error(
            "Something went wrong on this page, and it has been logged. Your plan is untouched: go to another page, "
            "or save the plan from the sidebar.",
            icon=":material/error:",
        )


def block(draw: Callable[[], None]) -> Callable[[], None]:
    """A piece that needs no plan, whose own widgets draw only itself anew."""

    @wraps(draw)
    def piece() -> None:
        with alone(), calm():
            draw()

    drawn: Callable[[], None] = st.fragment(piece)
    return drawn


def fragment(view: View, *, run_every: float | None = None) -> View:
    """A view whose own widgets draw only itself anew, and time every `run_every` seconds.

    It holds no assessment from one run to the next. When the plan or its prices are no longer those of the page around
    it, the whole page is drawn anew.
    """

    @wraps(view)
    def piece() -> None:
        with alone(), calm():
            result = worked_out.assessment()
            if result is None or not worked_out.is_on_screen():
                st.rerun()
            else:
                view(result)

    drawn = st.fragment(piece, run_every=run_every)

    @wraps(view)
    def place(_: HedgeAssessment) -> None:
        drawn()

    return place
