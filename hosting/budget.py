"""How often something may happen: a token bucket.

A budget of rate r and burst b allows b events at once and r per second in the long run. It holds at most b tokens and
gains r of them per second; an event takes one. An event that comes too early borrows, and is due later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many events may happen per second in the long run (`rate`), and how many at once (`burst`)."""

    rate: float
    burst: float


class Budget:
    """A token bucket; `clock` gives seconds and never goes back."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._at = burst, clock()

    @classmethod
    def of(cls, allowance: Allowance) -> Budget:
        """The full budget of an allowance."""
        return cls(allowance.rate, allowance.burst)

    def wait(self, tokens: float = 1.0) -> float:
        """Take so many tokens; return the seconds after which the event is due, 0 if it may happen now."""
        self._fill()
        self._tokens -= tokens
        return max(0.0, -self._tokens / self._rate)

    def take(self) -> bool:
        """Take a token if there is one; return whether there was."""
        self._fill()
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    @property
    def is_full(self) -> bool:
        """Whether nothing has happened for so long that the budget can be forgotten."""
        self._fill()
        return self._tokens >= self._burst

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
