"""Live prices in a session: loaded in the background, held until the user or their age asks for newer ones.

A rerun never waits for an exchange. What a session holds stays as it is while the user works: prices that move under
a slider would make every comparison void.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import streamlit as st

from hedge_core.errors import HedgeError, InvalidInput
from hedge_core.market.live.settings import NAMES, LiveSettings
from hedge_core.market.venues import EXCHANGES
from pages.ui.session import turns
from pages.ui.session.once import Once

if TYPE_CHECKING:
    from hedge_core import HedgePlan, MarketSnapshot
    from hedge_core.market.live.loader import Load, Loader
    from hedge_core.market.sources import Wanted

PATIENCE = 0.4
"""Seconds that the first rerun after a load began waits for it: enough for what is in the cache."""

OLD = 15 * 60.0
"""Seconds after which prices are fetched anew by themselves."""

AGAIN = 60.0
"""Seconds between two attempts of that kind."""

INSTALL = "Live prices need one more package: `pip install ccxt`, then start the app again."


@dataclass(slots=True)
class Held:
    """What this session holds of one exchange: a market and what it covers, a load under way, the last failure."""

    source: str
    wanted: Wanted | None = None
    market: MarketSnapshot | None = None
    load: Load | None = None
    error: str | None = None
    asked_at: float = 0.0

    def covers(self, wanted: Wanted) -> bool:
        """Whether the market answers for everything in `wanted`."""
        return self.wanted is not None and self.wanted.covers(wanted)

    @property
    def age(self) -> float:
        """Seconds since its prices were true."""
        return (datetime.now(UTC) - self.market.as_of).total_seconds() if self.market else 0.0


def is_live(source: str) -> bool:
    """Whether a plan's source is an exchange."""
    return source in EXCHANGES


def is_loading(source: str) -> bool:
    """Whether this session waits for prices of the plan's source."""
    return is_live(source) and held(source).load is not None


@cache
def is_installed() -> bool:
    """Whether the exchange library is there; it is not loaded to find out."""
    return find_spec("ccxt") is not None


@Once
def settings() -> LiveSettings:
    """The settings of this server: its environment, then `.streamlit/secrets.toml`. Raises InvalidInput."""
    try:
        secrets = {str(name): value for name, value in st.secrets.items() if str(name).startswith("HEDGE_")}
    except FileNotFoundError:  # there is no secrets.toml, which is usual
        secrets = {}
    if unknown := sorted(secrets.keys() - NAMES):
        raise InvalidInput(f"{unknown[0]} in secrets.toml is not a setting. Settings: {', '.join(sorted(NAMES))}.")
    return LiveSettings.read({**secrets, **os.environ})


@Once
def loader() -> Loader:
    """The loads of this server, shared by all sessions; what is in it is public market data."""
    from hedge_core.market.live.loader import Loader
    from hedge_core.market.live.markets import LiveMarkets

    return Loader(LiveMarkets(settings()))


def held(source: str) -> Held:
    """What this session holds of the exchange."""
    kept = st.session_state.get("live")
    if kept is None or kept.source != source:
        kept = st.session_state.live = Held(source)
    result: Held = kept
    return result


def market(plan: HedgePlan) -> MarketSnapshot | None:
    """The plan's live market if it is at hand; else a load is under way, or `held(source).error` says why not."""
    from hedge_core.hedge.held_coins import wanted_of

    kept, wanted = held(plan.market), wanted_of(plan)
    _take_news(kept)
    is_new = not kept.covers(wanted)
    is_due = kept.age > OLD and time.monotonic() - kept.asked_at > AGAIN
    if kept.load is None and ((is_new and kept.error is None) or is_due):
        _start(kept, wanted)
    elif kept.load is not None and is_new and not kept.load.request.wanted.covers(wanted):
        _start(kept, wanted)  # the bag has changed while its prices were on the way
    return kept.market if kept.covers(wanted) else None


def refresh(plan: HedgePlan) -> None:
    """Fetch newer prices, whatever is held."""
    from hedge_core.hedge.held_coins import wanted_of

    _start(held(plan.market), wanted_of(plan), forced=True)


def _start(kept: Held, wanted: Wanted, *, forced: bool = False) -> None:
    kept.load, kept.error, kept.asked_at = None, None, time.monotonic()
    try:
        loads = loader()
    except HedgeError as error:  # a setting of the server that cannot be used: there are no live prices at all
        kept.error = str(error)
        return
    kept.load = loads.load(kept.source, wanted, forced=forced)
    with turns.pages.aside():
        kept.load.wait_for_anything(PATIENCE)
    _take_news(kept)


def _take_news(kept: Held) -> None:
    """Take over what the load has brought so far."""
    load = kept.load
    if load is None:
        return
    if load.is_done:
        kept.load = None
        kept.error = str(load.error) if load.error else None
        if load.result is not None:
            kept.market, kept.wanted = load.result, load.request.wanted
    elif load.early is not None and not kept.covers(load.request.wanted):
        kept.market, kept.wanted = load.early, load.request.wanted
