"""The dialog that makes a link: with or without amounts, to copy or as a QR code."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.documents.link.link import Shared, encode, hide_amounts, link_to, reveals
from hedge_core.documents.link.pinning import pin_of
from pages.ui.app import navigation
from pages.ui.parts import elements
from pages.ui.parts.format import md
from pages.ui.session import link_market, memo

WITH, WITHOUT = "Everything, amounts included", "No amounts"

LONGEST_QR = 1_200
"""Characters beyond which a phone's camera has trouble with the code."""


@st.dialog("Share this plan", width="large")
def show(result: HedgeAssessment) -> None:
    """The link, what it reveals, and the code."""
    choice = st.radio(
        "What may the reader see?",
        [WITHOUT, WITH],
        index=None,
        key="share_what",
        captions=["Coins, shares of the bag and ratios, as if the bag were worth 100 dollars.", "The whole plan."],
    )
    if choice is None:
        st.caption(
            "The link appears when you have chosen. Nothing is stored on the server: the link itself is the plan."
        )
        return
    hides = choice == WITHOUT
    pinned = link_market.pinned(result.plan)
    try:
        shared = memo.memo("share", (memo.basis(result), hides), lambda: _shared(result, hides=hides))
        link = link_to(encode(shared), _address())
    except HedgeError as error:
        elements.faults("This plan does not fit into a link.", str(error).splitlines())
        return
    st.code(link, language=None, wrap_lines=True)
    st.caption(f"{len(link):,} characters. Copy it with the button at its top right corner.")
    st.warning(md(f"{reveals(shared)} It is not encrypted."), icon=":material/visibility:")
    if pinned is not None:
        st.caption("The numbers are those of the link that you opened, not of today.")
    if len(link) <= LONGEST_QR:
        st.image(_code(link), width=280, caption="The same as a QR code")
    st.caption("Nothing is stored on the server: the link itself is the plan.")


def _shared(result: HedgeAssessment, *, hides: bool) -> Shared:
    link = link_market.pinned(result.plan)
    if link is not None:
        if hides:
            raise HedgeError("On the numbers of a link amounts cannot be hidden: press 'What it would be now' first.")
        return Shared(plan=result.plan, pin=link[0].pin)
    return hide_amounts(result) if hides else Shared(plan=result.plan, pin=pin_of(result))


def _address() -> str:
    """The app's own address: that of this page without the page's name and the query."""
    parts = urlsplit(st.context.url or "http://localhost:8501/")
    folders = [name for name in parts.path.split("/") if name]
    if folders and folders[-1] in navigation.PAGES:
        folders.pop()
    return f"{parts.scheme}://{parts.netloc}/" + "".join(f"{name}/" for name in folders)


def _code(link: str) -> bytes:
    import segno

    out = io.BytesIO()
    segno.make(link, error="l", micro=False).save(out, kind="png", scale=6, border=3)
    return out.getvalue()
