"""What was asked of the exchanges and of the cache, in counts: for whoever runs a server, never about its visitors."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Tallied:
    """The counts at one moment.

    `fetched` counts by exchange and outcome: `ok`, or the kind of the fault. `kept` counts answers by exchange that
    the cache gave without asking. `ages` are the seconds since an exchange last gave a good answer to this process.
    """

    fetched: Mapping[tuple[str, str], int]
    kept: Mapping[str, int]
    ages: Mapping[str, float]


class Tally:
    """Counts since the start of this process. Safe for threads."""

    def __init__(self) -> None:
        self._fetched: Counter[tuple[str, str]] = Counter()
        self._kept: Counter[str] = Counter()
        self._good_at: dict[str, float] = {}
        self._lock = Lock()

    def fetched(self, exchange: str, outcome: str) -> None:
        """One thing was asked of an exchange, with this outcome."""
        with self._lock:
            self._fetched[exchange, outcome] += 1
            if outcome == "ok":
                self._good_at[exchange] = time.monotonic()

    def kept(self, exchange: str) -> None:
        """One answer came out of the cache."""
        with self._lock:
            self._kept[exchange] += 1

    def read(self) -> Tallied:
        """The counts now."""
        now = time.monotonic()
        with self._lock:
            ages = {exchange: now - moment for exchange, moment in self._good_at.items()}
            return Tallied(dict(self._fetched), dict(self._kept), ages)
