"""The pages of the app: one list, for navigation and for links alike.

Paths are absolute, so that they hold whichever script a server runs first.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

FOLDER = Path(__file__).resolve().parents[2]
START = "plan"

PAGES = {
    "plan": ("Your plan", ":material/assignment:"),
    "bag": ("1 Bag", ":material/account_balance_wallet:"),
    "risk": ("2 Risk", ":material/tune:"),
    "proxy": ("3 Proxy", ":material/compare_arrows:"),
    "size": ("4 Size", ":material/straighten:"),
    "scenarios": ("5 Scenarios", ":material/ssid_chart:"),
    "monitor": ("6 Monitor", ":material/monitor_heart:"),
    "guide": ("Guide", ":material/menu_book:"),
}

QUESTIONS = {
    "bag": "What do you hold?",
    "risk": "How much of a crash should the hedge absorb?",
    "proxy": "What do you short for each coin?",
    "size": "How many contracts?",
    "scenarios": "What could happen?",
    "monitor": "How is the hedge doing?",
}
"""What each step answers: the heading of its page, and what links to it say."""

DONE = ":material/check_circle:"


def page(stem: str, *, is_done: bool = False) -> StreamlitPage:
    """One page, by the stem of its file; its address is the stem, that of the start page is /."""
    title, icon = PAGES[stem]
    return st.Page(
        FOLDER / f"{stem}.py",
        title=title,
        icon=DONE if is_done else icon,
        default=stem == START,
        url_path=None if stem == START else stem,
    )


def navigation(done: Collection[str] = ()) -> StreamlitPage:
    """Register every page, the steps that are `done` with a tick; returns the one to run."""
    return st.navigation([page(stem, is_done=stem in done) for stem in PAGES])
