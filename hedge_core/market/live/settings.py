"""Settings for live market data, read from environment variables or from a mapping with the same names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from hedge_core.errors import InvalidInput
from hedge_core.market.venues import EXCHANGES
from hedge_core.text import one_line, quantity

DEFAULT_TIMEOUT = 10.0
DEFAULT_MAX_STALENESS = 6 * 3600.0
ON, OFF = ("1", "on", "true", "yes"), ("0", "off", "false", "no")
NAMES = frozenset(
    (
        "HEDGE_CACHE_URL",
        "HEDGE_EXCHANGE_BASE_URL",
        "HEDGE_MARKET",
        "HEDGE_MAX_STALENESS",
        "HEDGE_OFFLINE",
        "HEDGE_TIMEOUT",
    )
)
"""The settings that `LiveSettings` reads."""

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
            value = str(given.get(name, "") or "").strip() or default
            if not value.isprintable():
                raise InvalidInput(f"{name} contains a character that cannot be printed.")
            return value

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
        raise InvalidInput(f"{name} must be on or off (or 1 and 0, true and false, yes and no), not '{masked(text)}'.")
    return value in ON


def masked(text: str) -> str:
    """The value on one line with everything hidden that may be a secret; of an address its kind, host and port stay.

    Hidden are user and password, what follows the host but the number of a database, what stands for a port and is no
    number, and words that are longer than any that is meant: a token in the wrong setting.
    """
    before, at, after = one_line(text[:400]).rpartition("@")
    scheme = re.match(r"[a-z][a-z0-9+.-]*://", before if at else after, re.IGNORECASE)
    if scheme and not at:
        after = after[scheme.end() :]
    found = _ADDRESS.fullmatch(after)
    host, port, rest = found.groups(default="") if found else ("***", "", "")
    is_long = len(host) > 40 or (len(host) > 16 and "." not in host)
    return "".join(
        (
            scheme[0] if scheme else "",
            "***@" if at else "",
            "***" if is_long else host,
            port if re.fullmatch(r":\d{0,5}", port, re.ASCII) else ":***" if port else "",
            rest if re.fullmatch(r"/\d{0,3}", rest, re.ASCII) else f"{rest[0]}***" if rest else "",
        )
    )


_ADDRESS = re.compile(r"(\[[^\]/?#]*\]?|[^:/?#]*)(:[^/?#]*)?([/?#].*)?")
"""Host, port and the rest of an address."""


def _market(text: str) -> str:
    if text == "sample" or text in EXCHANGES or text.startswith("csv:"):
        return text
    raise InvalidInput(f"HEDGE_MARKET must be sample, csv:PATH or one of {', '.join(EXCHANGES)}, not '{masked(text)}'.")


def _seconds(name: str, text: str, least: float, most: float) -> float:
    seconds = float(text) if re.fullmatch(r"[+-]?\d+(\.\d*)?(e[+-]?\d{1,3})?", text, re.ASCII) else float("nan")
    if not least <= seconds <= most:
        limits = f"{quantity(least)} to {quantity(most)}"
        raise InvalidInput(f"{name} must be a number of seconds from {limits}, not '{masked(text)}'.")
    return seconds


def _base_url(text: str) -> str:
    if text and not _is_address(text, "http", "https"):
        raise InvalidInput(f"HEDGE_EXCHANGE_BASE_URL must be http://HOST or https://HOST, not '{masked(text)}'.")
    return text.rstrip("/")


def _cache_url(text: str) -> str:
    if text == "memory" or re.fullmatch(r"sqlite:(?!//[^/]).+|unix://.*/[^/].*", text):
        return text
    if (
        text.startswith("redis")
        and _is_address(text, "redis", "rediss")
        and re.fullmatch(r"/?\d{0,3}", urlsplit(text).path, re.ASCII)
    ):
        return text
    raise InvalidInput(f"HEDGE_CACHE_URL must be memory, sqlite:PATH or redis://HOST:PORT, not '{masked(text)}'.")


def _is_address(text: str, *schemes: str) -> bool:
    """Whether the text names a host, and a port if any, and nothing that would be ignored."""
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0 and not parts.fragment
    except ValueError:  # a port that is no number, or half a pair of brackets
        return False
    has_query = bool(parts.query) and parts.scheme in ("http", "https")
    return is_whole and parts.scheme in schemes and not has_query and not re.search(r"\s", text)
