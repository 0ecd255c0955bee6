"""Settings for live market data, read from environment variables or from a mapping with the same names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from hedge_core.errors import InvalidInput
from hedge_core.market.venues import EXCHANGES

DEFAULT_TIMEOUT = 10.0
DEFAULT_MAX_STALENESS = 6 * 3600.0
ON, OFF = ("1", "on", "true", "yes"), ("0", "off", "false", "no")
LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """How live data is fetched and cached.

    `market` is the source that a new plan starts with. `cache_url` is memory, sqlite:PATH or redis://HOST. If
    `base_url` is set, requests go to BASE/<original host>/<original path>. `timeout` is the time that one request may
    take, and `max_staleness` the age above which a price must not be used to size a hedge; both are in seconds.
    `offline` forbids network access; data in the cache is still used.
    """

    market: str = "sample"
    cache_url: str = "memory"
    base_url: str = ""
    timeout: float = DEFAULT_TIMEOUT
    max_staleness: float = DEFAULT_MAX_STALENESS
    offline: bool = False

    @classmethod
    def read(cls, values: Mapping[str, object] | None = None) -> LiveSettings:
        """The settings in `values` (default: the environment variables).

        Raises InvalidInput with the name of the setting that cannot be used.
        """
        given = os.environ if values is None else values

        def text(name: str, default: str) -> str:
            return str(given.get(name, "") or "").strip() or default

        return cls(
            market=_market(text("HEDGE_MARKET", "sample")),
            cache_url=_cache_url(text("HEDGE_CACHE_URL", "memory")),
            base_url=_base_url(text("HEDGE_EXCHANGE_BASE_URL", "")),
            timeout=_seconds("HEDGE_TIMEOUT", text("HEDGE_TIMEOUT", str(DEFAULT_TIMEOUT)), 0.1, 120.0),
            max_staleness=_seconds(
                "HEDGE_MAX_STALENESS", text("HEDGE_MAX_STALENESS", str(DEFAULT_MAX_STALENESS)), 60.0, 30 * 86_400.0
            ),
            offline=is_on("HEDGE_OFFLINE", text("HEDGE_OFFLINE", "")),
        )

    def with_offline(self, offline: bool) -> LiveSettings:
        """These settings, with network access forbidden if `offline` is true."""
        return replace(self, offline=self.offline or offline)

    @property
    def is_throttled(self) -> bool:
        """Whether requests are kept within the exchange's rate limit: always, unless the server is this machine."""
        return urlsplit(self.base_url).hostname not in LOOPBACK


def is_on(name: str, text: str) -> bool:
    """Whether the switch `name` is on: 1, on, true or yes. Raises InvalidInput unless it is that or the opposite."""
    value = text.strip().lower()
    if value not in (*ON, *OFF, ""):
        raise InvalidInput(
            f"{name} must be on or off (or 1 and 0, true and false, yes and no), not '{masked(text)[:40]}'."
        )
    return value in ON


def masked(text: str) -> str:
    """The address with everything hidden that may be a secret: user and password, and the values of its query."""
    before, at, after = text[:400].rpartition("@")
    scheme = re.match(r"[a-z][a-z0-9+.-]*://", before)
    shown = f"{scheme[0] if scheme else ''}***@{after}" if at else after
    return re.sub(r"=[^&#]*", "=***", shown)[:80]


def _market(text: str) -> str:
    if text == "sample" or text in EXCHANGES or text.startswith("csv:"):
        return text
    raise InvalidInput(
        f"HEDGE_MARKET must be sample, csv:PATH or one of {', '.join(EXCHANGES)}, not '{masked(text)[:40]}'."
    )


def _seconds(name: str, text: str, least: float, most: float) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = float("nan")
    if not least <= seconds <= most:
        raise InvalidInput(f"{name} must be a number of seconds from {least:g} to {most:g}, not '{masked(text)[:40]}'.")
    return seconds


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_usable = not text or (parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0)
    except ValueError:  # a port that is no number, or half a pair of brackets
        is_usable = False
    if not is_usable:
        raise InvalidInput(f"HEDGE_EXCHANGE_BASE_URL must be http://HOST or https://HOST, not '{masked(text)}'.")
    return text.rstrip("/")


def _cache_url(text: str) -> str:
    if text == "memory" or (text.startswith(("sqlite:", "redis://", "rediss://", "unix://")) and text != "sqlite:"):
        return text
    raise InvalidInput(f"HEDGE_CACHE_URL must be memory, sqlite:PATH or redis://HOST:PORT, not '{masked(text)}'.")
