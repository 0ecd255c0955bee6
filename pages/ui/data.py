"""Market data for the pages: loaded once and shared, or uploaded and kept in its own session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from hedge_core import MarketSnapshot

SAMPLE = "sample"


@st.cache_resource(max_entries=1, show_spinner="Loading the sample market")
def sample_market() -> MarketSnapshot:
    """The simulated market that ships with the program; immutable, shared by all sessions."""
    from hedge_core.sources.sample import SampleSource

    return SampleSource().snapshot()


def uploads() -> dict[str, MarketSnapshot]:
    """Price histories that this session has uploaded, by source name."""
    kept: dict[str, MarketSnapshot] = st.session_state.setdefault("uploaded_markets", {})
    return kept


def add_upload(file_name: str, content: bytes) -> MarketSnapshot:
    """Read an uploaded price history and keep it in this session. Raises InvalidFile."""
    from hedge_core.sources.csv_file import read_price_csv

    snapshot = read_price_csv(content, name=f"csv:{file_name}")
    uploads()[snapshot.source] = snapshot
    return snapshot


def market(name: str) -> MarketSnapshot | None:
    """The market of that name, or None when this session does not have it (an upload of another day)."""
    return sample_market() if name == SAMPLE else uploads().get(name)


def age(snapshot: MarketSnapshot, now: datetime | None = None) -> str:
    """How old the prices are, in words."""
    days = ((now or datetime.now(UTC)) - snapshot.as_of).total_seconds() / 86_400
    if days < 1:
        return "less than a day old"
    return "1 day old" if days < 2 else f"{days:,.0f} days old"


def source_label(name: str) -> str:
    """The source's name for a menu."""
    return "Sample market (simulated)" if name == SAMPLE else f"{name.removeprefix('csv:')} (uploaded)"


def known_sources(*names: str) -> list[str]:
    """Sources that can be chosen: the sample, this session's uploads, and `names`."""
    options: dict[str, Any] = dict.fromkeys((SAMPLE, *uploads(), *names))
    return list(options)
