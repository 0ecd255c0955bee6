"""The sentence that leads the scenarios page, and results that take long: the page answers before they are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hedge_core import HedgeError
from hedge_core.simulation.engine import Progress
from pages.ui.parts.format import emphasised, md
from pages.ui.session import memo

T = TypeVar("T")

FIELD = '<div role="img" aria-label="{}" class="waiting" style="height:{}px;margin:0"></div>'
"""A grey field where a result will be (see `style.STYLE`)."""


class LeadPlace:
    """The place of the sentence that leads the page, and of a note under it.

    A later sentence replaces the earlier one, so that a view can say what it is doing first.
    """

    def __init__(self, place: DeltaGenerator) -> None:
        self._place = place
        self._title: DeltaGenerator | None = None
        self._note: DeltaGenerator | None = None

    def say(self, sentence: str, note: str = "") -> None:
        """Write the sentence, and the note under it."""
        self._title = (self._title or self._place).title(emphasised(sentence))
        if note:
            self._note = (self._note or self._place).caption(md(note))
        elif self._note is not None:
            self._note.empty()


def prepared(
    name: str, key: object, compute: Callable[[Progress], T], *, lead: LeadPlace, doing: str, height: int
) -> tuple[T, DeltaGenerator]:
    """What `compute` gives (see `memo.memo`), and the place to show it.

    While it is worked out, the page says what it is `doing`, a grey field of that height (px) keeps the place and a bar
    shows the share done that `compute` reports; reporting it ends the run when the user has moved on. Raises what
    `compute` raises.
    """
    if memo.is_known(name, key):
        return memo.memo(name, key, lambda: compute(lambda _: None)), st.container()
    lead.say(doing, "This takes some seconds.")
    field, bar = st.html(FIELD.format(doing, height)), st.progress(0.0)
    try:
        found = memo.memo(name, key, lambda: compute(bar.progress), is_long=True)
    except HedgeError:
        field.empty()
        raise
    finally:
        bar.empty()
    return found, field.container()
