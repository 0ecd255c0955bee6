"""The kinds of exchange failure that need different handling, and the error that reports them."""

from __future__ import annotations

from typing import Literal, get_args

from hedge_core.errors import SourceUnavailable

FaultKind = Literal[
    "slow", "unreachable", "throttled", "blocked", "broken", "unreadable", "unlisted", "offline", "not installed"
]

FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)

INSTALL = "pip install ccxt"

_WORDS: dict[FaultKind, str] = {
    "slow": "did not answer in time",
    "unreachable": "could not be reached",
    "throttled": "is limiting our requests",
    "blocked": "refuses this server's region or address",
    "broken": "answered with an error",
    "unreadable": "sent an answer that cannot be used",
    "unlisted": "does not list it",
    "offline": "was not asked, because the network is switched off",
    "not installed": f"needs the package ccxt, which is not installed ({INSTALL})",
}

_OF_ONE_THING = frozenset(("unreadable", "unlisted"))


class ExchangeFault(SourceUnavailable):
    """An exchange did not supply the data that was requested.

    `exchange` is its label and `detail` adds to the reason. `retry_after` is the number of seconds to wait, if the
    exchange reported it.
    """

    def __init__(self, exchange: str, kind: FaultKind, *, detail: str = "", retry_after: float | None = None) -> None:
        self.exchange, self.kind, self.detail, self.retry_after = exchange, kind, detail, retry_after
        super().__init__(f"{exchange} {self.reason}.")

    @property
    def reason(self) -> str:
        """What went wrong, as a phrase to follow the exchange's name."""
        return f"{_WORDS[self.kind]} ({self.detail})" if self.detail else _WORDS[self.kind]

    @property
    def is_of_exchange(self) -> bool:
        """Whether the whole exchange is affected, so that other requests would fail as well."""
        return self.kind not in _OF_ONE_THING
