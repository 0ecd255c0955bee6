"""The door of a replica: when a message that draws a page is passed on to the app.

Most messages pass at once. Two things make one wait, and nothing more is read from its connection meanwhile:

- Many pages of its address wait for their turn already (`MOST_WAITING`).
- Its address floods the replica: for `FLOOD_SECONDS` it has always had something to do here, without a pause of
  `PAUSE` seconds, and has used far more of the processor than the others. A reader pauses; a script does not, and many
  people behind one address may not. The pages of all such addresses are drawn one after the other, one of each address
  in turn. After each, the next waits `REST` times as long as it took. If nobody else is active, it need not rest. An
  address that has paused for `FORGIVEN_AFTER` seconds is like any other again.

No message is lost or refused here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

MOST_WAITING = 8

FLOOD_SECONDS = 6.0
PAUSE = 0.3
FORGIVEN_AFTER = 5.0
FAR_MORE = 3.0
"""An address counts as flooding only if it has used at least this many times the lower quartile."""

LEAST_USED = 0.5
"""An address counts as flooding only if it has used at least this many seconds of the processor lately."""

REST = 9.0
ALONE_AFTER = 2.0
"""Seconds without a message of any other address, after which a flood need not rest."""

APPEARS_WITHIN = 1.0
"""Seconds within which a page asks for its turn after its message has passed; some messages draw none."""

LOOK_AGAIN = 0.05
"""Seconds after which a message that waits looks whether it may pass; a page takes as long."""

MESSAGE_SECONDS = 0.005
"""What a message takes of the processor outside of its page's turn: reading it, and sending the answer."""


class Ledger(Protocol):
    """What each visitor has used of the processor lately, in seconds."""

    def of(self, visitor: str) -> float:
        """What is left of it now."""

    def add(self, visitor: str, seconds: float) -> None:
        """He has used so much more."""

    def lower_quarter(self) -> float:
        """What a quarter of the visitors have used at most."""

    def idle(self, visitor: str) -> float:
        """Seconds since he has last used any of it."""

    def since(self, visitor: str, amount: float, at: float) -> float:
        """What he has used since the moment `at`, when `of` was `amount`."""


class Pages(Protocol):
    """The pages of a process, by their visitor."""

    def waiting(self, visitor: str) -> int:
        """How many wait for their turn."""

    def present(self, visitor: str) -> int:
        """How many wait or are drawn."""


@dataclass(slots=True)
class Demand:
    """Since when an address has always had something to do here, and whether it floods the replica."""

    since: float
    is_flood: bool = False


@dataclass(frozen=True, slots=True)
class _Passed:
    """The last message of a flood that has passed, and what its visitor had used by then, this message included."""

    visitor: str
    at: float
    used: float


class Door:
    """The door of one replica; `clock` gives seconds and never goes back."""

    def __init__(
        self, pages: Pages, used: Ledger, most_waiting: int = MOST_WAITING, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pages, self._used, self._clock = pages, used, clock
        self._most_waiting = most_waiting
        self._floods = asyncio.Lock()
        self._passed: _Passed | None = None
        self._others_at = float("-inf")

    def new_demand(self) -> Demand:
        """The demand of an address that has just come."""
        return Demand(self._clock())

    async def pass_through(self, visitor: str, demand: Demand) -> None:
        """Wait until a message of this address may pass. Call it for one message of an address at a time."""
        self._look_at(visitor, demand)
        while not demand.is_flood and self._pages.waiting(visitor) >= self._most_waiting:
            await asyncio.sleep(LOOK_AGAIN)
            self._look_at(visitor, demand)
        if demand.is_flood:
            async with self._floods:
                if self._passed is not None:
                    await self._wait_behind(self._passed)
                self._used.add(visitor, MESSAGE_SECONDS)
                self._passed = _Passed(visitor, self._clock(), self._used.of(visitor))
        else:
            self._others_at = self._clock()
            self._used.add(visitor, MESSAGE_SECONDS)

    def forgets(self, visitor: str) -> bool:
        """Whether this address has paused for so long that it no longer matters that it flooded the replica."""
        return self._idle(visitor) >= FORGIVEN_AFTER

    def _look_at(self, visitor: str, demand: Demand) -> None:
        """Note that the address has something to do here."""
        now, idle = self._clock(), self._idle(visitor)
        if idle >= FORGIVEN_AFTER:
            demand.is_flood = False
        if idle >= PAUSE:
            demand.since = now
        if now - demand.since >= FLOOD_SECONDS and not demand.is_flood:
            used = self._used.of(visitor)
            demand.is_flood = used >= LEAST_USED and used >= FAR_MORE * self._used.lower_quarter()

    def _idle(self, visitor: str) -> float:
        return 0.0 if self._pages.present(visitor) else self._used.idle(visitor)

    async def _wait_behind(self, last: _Passed) -> None:
        """Wait until the page of this message has been drawn, and the others have had the processor after it."""
        while self._is_to_come(last) or self._pages.present(last.visitor):
            await asyncio.sleep(LOOK_AGAIN)
        ended = self._clock()
        took = MESSAGE_SECONDS + self._used.since(last.visitor, last.used, last.at)
        while self._clock() - ended < REST * took and self._clock() - self._others_at < ALONE_AFTER:
            await asyncio.sleep(LOOK_AGAIN)

    def _is_to_come(self, last: _Passed) -> bool:
        """Whether the page of this message may not have asked for its turn yet: nothing has been charged since."""
        passed = self._clock() - last.at
        return passed < APPEARS_WITHIN and self._used.idle(last.visitor) >= passed
