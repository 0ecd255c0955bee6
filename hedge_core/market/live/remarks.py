"""What has to be said of a live market: gathered while it is put together, each thing once, however many share it."""

from __future__ import annotations

from datetime import timedelta

from hedge_core.errors import Notice
from hedge_core.market.live.client import SKEW_LIMIT
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.feed import Feed


class Remarks:
    """Collects notices; what is shared by coins or kinds of data becomes one sentence in the end."""

    def __init__(self) -> None:
        self._said: dict[str, Notice] = {}
        self._taken_elsewhere: dict[tuple[str, str, str], list[str]] = {}
        self._unknown: dict[str, list[str]] = {}
        self._earlier: dict[str, list[str]] = {}

    def say(self, key: str, text: str, code: str = "") -> None:
        """A sentence of its own, once for each key."""
        self._said.setdefault(key, Notice(code or key, text))

    def elsewhere(self, kind: str, provider: str, reason: str, coin: str) -> None:
        """A coin's price or history came from another exchange than the chosen one."""
        self._taken_elsewhere.setdefault((kind, provider, reason), []).append(coin)

    def unknown(self, fault: ExchangeFault, what: str) -> None:
        """Something is not known because of a fault."""
        _add(self._unknown, fault, what)

    def earlier(self, fault: ExchangeFault | None, what: str) -> None:
        """Something is from an earlier answer because of a fault (None: it is not)."""
        if fault is not None:
            _add(self._earlier, fault, what)

    def clock(self, feed: Feed) -> None:
        """The exchange's clock and this machine's differ by more than is worth a word."""
        skew = feed.clock_skew
        if abs(skew) > SKEW_LIMIT:
            way = "ahead of" if skew > 0 else "behind"
            self.say(
                f"clock {feed.exchange.name}",
                f"{feed.exchange.label}'s clock is {age_text(timedelta(seconds=abs(skew)))} {way} this machine's: "
                "check the time here. Ages count by this machine's clock.",
                code="clock_skew",
            )

    def notices(self) -> tuple[Notice, ...]:
        """Everything, what was gathered last."""
        gathered = [
            Notice("taken_elsewhere", f"{', '.join(coins)}: {kind} from {provider} ({reason}).")
            for (kind, provider, reason), coins in self._taken_elsewhere.items()
        ]
        for reason, what in self._earlier.items():
            gathered.append(Notice("stale", f"{reason}. Used from earlier answers: {_shortened(what)}."))
        for reason, what in self._unknown.items():
            gathered.append(Notice("not_known", f"{reason}. Not known therefore: {_shortened(what)}."))
        return (*self._said.values(), *gathered)


def _add(group: dict[str, list[str]], fault: ExchangeFault, what: str) -> None:
    named = group.setdefault(f"{fault.exchange} {fault.reason}", [])
    if what not in named:
        named.append(what)


def _shortened(words: list[str]) -> str:
    """The words with commas, the first five of many."""
    return ", ".join(words) if len(words) <= 6 else f"{', '.join(words[:5])} and {len(words) - 5} more"


def age_text(age: timedelta) -> str:
    """An age in minutes, hours or days."""
    minutes = age.total_seconds() / 60
    if minutes < 90:
        return f"{max(1, round(minutes))} min"
    return f"{minutes / 60:.1f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"
