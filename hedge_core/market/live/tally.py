"""Counts of requests to exchanges and of answers from the cache, for server operators. Nothing about visitors."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Tallied:
    """The counts at one moment.

    `fetched` counts requests by exchange and outcome (`ok` or the kind of fault). `kept` counts answers from the cache
    by exchange. `ages` holds the seconds since each exchange last gave this process a good answer.
    """

    fetched: Mapping[tuple[str, str], int]
    kept: Mapping[str, int]
    ages: Mapping[str, float]


class Tally:
    """Counts since the start of this process. Thread-safe."""

    def __init__(self) -> None:
        self._fetched: Counter[tuple[str, str]] = Counter()
        self._kept: Counter[str] = Counter()
        self._good_at: dict[str, float] = {}
        self._lock = Lock()

    def fetched(self, exchange: str, outcome: str) -> None:
        """Count one request to an exchange, with its outcome."""
        with self._lock:
            self._fetched[exchange, outcome] += 1
            if outcome == "ok":
                self._good_at[exchange] = time.monotonic()

    def kept(self, exchange: str) -> None:
        """Count one answer from the cache."""
        with self._lock:
            self._kept[exchange] += 1

    def read(self) -> Tallied:
        """The counts now."""
        now = time.monotonic()
        with self._lock:
            ages = {exchange: now - moment for exchange, moment in self._good_at.items()}
            return Tallied(dict(self._fetched), dict(self._kept), ages)
