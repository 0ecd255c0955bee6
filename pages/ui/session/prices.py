"""Market data for the pages: the sample, what the session has uploaded, and live prices (see `live_prices`)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from hedge_core.market.venues import EXCHANGES
from pages.ui.session import link_market, live_prices
from pages.ui.session.once import Once

if TYPE_CHECKING:
    from hedge_core import HedgePlan, MarketSnapshot
    from hedge_core.documents.prices.file import PricesImport
    from hedge_core.documents.reader.number_style import Mark

SAMPLE, TYPED = "sample", "typed"


@Once
def sample_market() -> MarketSnapshot:
    """The simulated market that ships with the program; immutable, shared by all sessions."""
    from hedge_core.market.sources.sample import SampleSource

    return SampleSource().snapshot()


def uploads() -> dict[str, MarketSnapshot]:
    """Price histories that this session has uploaded, by source name."""
    kept: dict[str, MarketSnapshot] = st.session_state.setdefault("uploaded_markets", {})
    return kept


def read_upload(
    file_name: str,
    content: bytes,
    *,
    coin: str = "",
    columns: Mapping[str, str] | None = None,
    decimal_mark: Mark | None = None,
    live: MarketSnapshot | None = None,
) -> PricesImport:
    """Read an uploaded price history; the last reading is kept, so that a page drawn again costs nothing.

    `coin`, `columns` (date, coin, close -> title) and `decimal_mark` are the user's choices. `live` are real prices,
    which give the rates of other currencies. Where nothing else tells the decimal mark, they do, or else the sample's
    prices: these are simulated, but of the right order. Raises InvalidFile.
    """
    from hedge_core.documents.prices.file import read_prices

    chosen = dict(columns or {})
    key = (file_name, hashlib.sha256(content).digest(), coin, tuple(chosen.items()), decimal_mark, live and live.as_of)
    kept = st.session_state.get("read_upload")
    is_taken = (
        live is None and kept is not None and kept[0][:-1] == key[:-1]
    )  # since then the file is the plan's market
    if kept is None or (kept[0] != key and not is_taken):
        found = read_prices(
            content,
            name=f"csv:{file_name}",
            coin=coin,
            mapping=chosen,
            decimal_mark=decimal_mark,
            market=live or sample_market(),
            today=datetime.now(UTC).date(),
        )
        st.session_state.read_upload = kept = (key, found)
    reading: PricesImport = kept[1]
    return reading


def keep_upload(snapshot: MarketSnapshot) -> None:
    """Keep an uploaded price history in this session."""
    uploads()[snapshot.source] = snapshot


def market(plan: HedgePlan) -> MarketSnapshot | None:
    """The plan's market, that of its link first; None: an upload of another day, or live prices not there (yet)."""
    link = link_market.pinned(plan)
    if link is not None:
        return link[1]
    if live_prices.is_live(plan.market):
        return live_prices.market(plan)
    if plan.market == TYPED:
        return _typed(plan)
    return sample_market() if plan.market == SAMPLE else uploads().get(plan.market)


def _typed(plan: HedgePlan) -> MarketSnapshot:
    """A market of the prices that the plan states, as of when this session first saw them."""
    stated = dict(plan.overrides.prices)
    kept = st.session_state.get("typed_market")
    if kept is None or kept[0] != stated:
        kept = st.session_state.typed_market = (stated, typed_market())
    snapshot: MarketSnapshot = kept[1]
    return snapshot


def typed_market() -> MarketSnapshot:
    """A market in which nothing has a price but what a plan states, as of now."""
    from hedge_core.market.sources.typed import TypedSource

    return TypedSource().snapshot()


def seconds_old(snapshot: MarketSnapshot, now: datetime | None = None) -> float:
    """Seconds since the prices were true."""
    return ((now or datetime.now(UTC)) - snapshot.as_of).total_seconds()


def age(snapshot: MarketSnapshot, now: datetime | None = None) -> str:
    """How old the prices are, in words."""
    minutes = seconds_old(snapshot, now) / 60
    if minutes < 1440 and not snapshot.quotes:
        return "less than a day old"
    if minutes < 2:
        return "a minute old" if minutes >= 1 else "less than a minute old"
    if minutes < 90:
        return f"{minutes:.0f} minutes old"
    if minutes < 2880:
        return f"{minutes / 60:.0f} hours old" if minutes < 1440 or snapshot.quotes else "1 day old"
    return f"{minutes / 1440:,.0f} days old"


def source_label(name: str) -> str:
    """The source's name for a menu."""
    if live_prices.is_live(name):
        return f"{EXCHANGES[name].label} (live)"
    if name == TYPED:
        return "Prices that I type"
    return "Sample market (simulated)" if name == SAMPLE else f"{name.removeprefix('csv:')} (uploaded)"


def known_sources(*names: str) -> list[str]:
    """Sources that can be chosen: the sample, typed prices, this session's uploads, the exchanges, and `names`."""
    options: dict[str, Any] = dict.fromkeys((SAMPLE, TYPED, *uploads(), *EXCHANGES, *names))
    return list(options)
