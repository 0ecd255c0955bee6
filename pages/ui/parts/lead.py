"""What leads a page: a sentence as its heading, and what stands under it.

Each page has a function `lead` in its room that says it. The app draws it, and the server puts the same as text into
the document of a link (`app/first_answer`), so such a function asks nothing of a session: what the session knows is
given.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import streamlit as st

from pages.ui.parts.format import emphasised, md


class Note(NamedTuple):
    """A note in a coloured box, as plain text: its reason, what it says, and the limit that was passed; '' for none."""

    text: str
    why: str = ""
    limit: str = ""
    severity: Literal["critical", "warning", "info"] = "info"


class Lead(NamedTuple):
    """The sentence that leads a page, and what stands under it, as plain text; '' for nothing.

    `names` are the words of `below` that it explains. `note` is the first note of a page that has one near its heading;
    the page draws its notes itself, this one included.
    """

    sentence: str
    below: str = ""
    names: tuple[str, ...] = ()
    note: Note | None = None


_MARKS = {
    "critical": (st.error, ":material/emergency_home:"),
    "warning": (st.warning, ":material/warning:"),
    "info": (st.info, ":material/info:"),
}


def draw(lead: Lead) -> None:
    """Draw the heading of a page, and what stands under it."""
    st.title(emphasised(lead.sentence))
    if lead.below:
        below = md(lead.below)
        for name in lead.names:
            below = below.replace(name, f"**{name}**")
        with st.container(key="lead"):
            st.markdown(below)


def draw_note(note: Note) -> None:
    """Draw a note in its box."""
    show, icon = _MARKS[note.severity]
    why = f"**{md(note.why)}** " if note.why else ""
    limit = f"  \n*Threshold: {md(note.limit)}*" if note.limit else ""
    show(f"{why}{md(note.text)}{limit}", icon=icon)
