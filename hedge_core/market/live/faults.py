"""What can go wrong with an exchange, in the few kinds that call for different answers."""

from __future__ import annotations

from typing import Literal

from hedge_core.errors import SourceUnavailable

FaultKind = Literal[
    "slow", "unreachable", "throttled", "blocked", "broken", "unreadable", "unlisted", "offline", "not installed"
]

INSTALL = "pip install ccxt"

_WORDS: dict[FaultKind, str] = {
    "slow": "did not answer in time",
    "unreachable": "could not be reached",
    "throttled": "asks for fewer requests",
    "blocked": "refuses this server's region or address",
    "broken": "answered with an error",
    "unreadable": "sent an answer that cannot be used",
    "unlisted": "does not list it",
    "offline": "was not asked: the network is switched off",
    "not installed": f"needs the package ccxt, which is not installed ({INSTALL})",
}

_OF_ONE_THING = frozenset(("unreadable", "unlisted"))


class ExchangeFault(SourceUnavailable):
    """An exchange did not give what was asked for. `retry_after` is in seconds, where the exchange said so."""

    def __init__(self, exchange: str, kind: FaultKind, *, detail: str = "", retry_after: float | None = None) -> None:
        self.exchange, self.kind, self.detail, self.retry_after = exchange, kind, detail, retry_after
        super().__init__(f"{exchange} {self.reason}.")

    @property
    def reason(self) -> str:
        """What the exchange did, to stand after its name."""
        return f"{_WORDS[self.kind]} ({self.detail})" if self.detail else _WORDS[self.kind]

    @property
    def is_of_exchange(self) -> bool:
        """Whether the exchange as a whole is at fault, so that asking it for other things is of no use now."""
        return self.kind not in _OF_ONE_THING
