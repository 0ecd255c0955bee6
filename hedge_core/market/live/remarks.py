"""Collects the notices about a live market while its snapshot is built, and merges those with the same cause."""

from __future__ import annotations

from datetime import timedelta

from hedge_core.errors import Notice, Severity
from hedge_core.market.live.client import SKEW_LIMIT
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.feed import Feed


class Remarks:
    """Collects the notices about one snapshot.

    Reports with the same cause become one notice that lists the coins or data affected. Notices added with `say` stay
    separate.
    """

    def __init__(self) -> None:
        self._said: dict[str, Notice] = {}
        self._taken_elsewhere: dict[tuple[str, str, str], list[str]] = {}
        self._unknown: dict[str, list[str]] = {}
        self._earlier: dict[str, list[str]] = {}

    def say(self, key: str, text: str, code: str = "", severity: Severity = "note") -> None:
        """Add a notice with this text, unless `key` already has one. The notice's code is `code`, or else `key`."""
        self._said.setdefault(key, Notice(code or key, text, severity))

    def elsewhere(self, kind: str, provider: str, reason: str, coin: str) -> None:
        """Report that a coin's price or history came from `provider` instead of the chosen exchange, and why."""
        self._taken_elsewhere.setdefault((kind, provider, reason), []).append(coin)

    def unknown(self, fault: ExchangeFault, what: str) -> None:
        """Report that some data is unavailable because of a fault."""
        _add(self._unknown, fault, what)

    def earlier(self, fault: ExchangeFault | None, what: str) -> None:
        """Report that some data is from an earlier answer because of a fault (None: nothing to report)."""
        if fault is not None:
            _add(self._earlier, fault, what)

    def clock(self, feed: Feed) -> None:
        """Report a difference of more than SKEW_LIMIT between the exchange's clock and this machine's."""
        skew = feed.clock_skew
        if abs(skew) > SKEW_LIMIT:
            way = "ahead of" if skew > 0 else "behind"
            self.say(
                f"clock {feed.exchange.name}",
                f"{feed.exchange.label}'s clock is {age_text(timedelta(seconds=abs(skew)))} {way} this machine's. "
                "Check the clock here: ages of prices are measured by it.",
                code="clock_skew",
                severity="warning",
            )

    def notices(self) -> tuple[Notice, ...]:
        """All notices: the individual ones first, then the merged ones."""
        gathered = [
            Notice("taken_elsewhere", f"{', '.join(coins)}: {kind} from {provider} ({reason}).")
            for (kind, provider, reason), coins in self._taken_elsewhere.items()
        ]
        for reason, what in self._earlier.items():
            gathered.append(
                Notice("stale", f"{reason}. Older answers are used for: {_shortened(what)}.", severity="warning")
            )
        for reason, what in self._unknown.items():
            gathered.append(Notice("not_known", f"{reason}. Unavailable: {_shortened(what)}."))
        return (*self._said.values(), *gathered)


def _add(group: dict[str, list[str]], fault: ExchangeFault, what: str) -> None:
    named = group.setdefault(f"{fault.exchange} {fault.reason}", [])
    if what not in named:
        named.append(what)


def _shortened(words: list[str]) -> str:
    """The words joined by commas; if there are more than six, the first five and how many are left out.

    For example 'a, b, c, d, e and 3 more'.
    """
    return ", ".join(words) if len(words) <= 6 else f"{', '.join(words[:5])} and {len(words) - 5} more"


def age_text(age: timedelta) -> str:
    """An age as text: '5 min', '2.0 h', '3 days'."""
    minutes = age.total_seconds() / 60
    if minutes < 90:
        return f"{max(1, round(minutes))} min"
    return f"{minutes / 60:.1f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"
