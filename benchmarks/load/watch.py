"""What server processes take, read from /proc over time (Linux only), and whether their memory is flat."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MIB = 1024.0**2
FLAT = 0.05
"""Memory is flat if the straight line through it grows by at most this share over the stretch that is judged.

A leak has no end and shows on any stretch that is long enough; the allocator's fragments and the visitors who happen
to be there make the level of a healthy server wander by some percent. Over 25 minutes of 50 users some 900 visits
come and go: 5% of 350 MiB is then 20 KiB a visit, which is about half of what a visit holds while it is open.
"""

EVENT_LOOPS = "the servers' event loops"
"""Their main threads, which read and write all connections; a part of what the servers use."""

LEAST_MINUTES = 10.0
"""Over less the wandering is larger than the limit: ±10% within three minutes was seen without a leak."""


@dataclass(frozen=True, slots=True)
class Usage:
    """All watched processes together at one moment: bytes, open files, processor seconds used so far."""

    at: float
    rss: int
    pss: int
    files: int
    processor: float


def usage(pids: Sequence[int], at: float = 0.0) -> Usage:
    """What the processes take now; those that are gone count nothing."""
    rss = pss = files = 0
    for pid in pids:
        process = Path(f"/proc/{pid}")
        try:
            memory = dict(line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:])
            rss += int(memory["Rss"].split()[0]) * 1024
            pss += int(memory["Pss"].split()[0]) * 1024
            files += len(list((process / "fd").iterdir()))
        except (OSError, KeyError):
            continue
    return Usage(at, rss, pss, files, sum(map(processor_seconds, pids)))


def processor_seconds(pid: int, thread: int | None = None) -> float:
    """What a process (with all its threads, those that have ended too) or one of its threads has used; 0 if gone."""
    try:
        text = Path(f"/proc/{pid}/stat" if thread is None else f"/proc/{pid}/task/{thread}/stat").read_text()
    except OSError:
        return 0.0
    numbers = text.rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def with_children(pid: int) -> tuple[int, ...]:
    """The process and those that it has started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return pid, *map(int, children)


@dataclass(slots=True)
class Parties:
    """Who uses the processors of this machine: processes by the name of their party."""

    pids: Mapping[str, Sequence[int]]
    began: float = field(default_factory=time.monotonic)
    before: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = self._seconds()

    def shares(self) -> dict[str, float]:
        """Processors that each party has kept busy since this was made, on average."""
        passed = time.monotonic() - self.began
        return {name: (used - self.before[name]) / passed for name, used in self._seconds().items()}

    def _seconds(self) -> dict[str, float]:
        found = {name: sum(map(processor_seconds, pids)) for name, pids in self.pids.items()}
        servers = self.pids.get("servers", ())
        return {**found, EVENT_LOOPS: sum(processor_seconds(pid, pid) for pid in servers)}


@dataclass(slots=True)
class Watch:
    """Samples of what the processes take; `run` takes them until it is cancelled."""

    pids: Callable[[], Sequence[int]]
    every: float = 1.0
    samples: list[Usage] = field(default_factory=list)

    async def run(self) -> None:
        start = time.monotonic()
        while True:
            self.samples.append(await asyncio.to_thread(usage, self.pids(), time.monotonic() - start))
            await asyncio.sleep(self.every)

    def processor_share(self) -> float:
        """Processors kept busy, on average."""
        first, last = self.samples[0], self.samples[-1]
        return (last.processor - first.processor) / max(last.at - first.at, 1e-9)


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through the memory from `since` on: its level in the middle and its slope, in bytes."""

    since: float
    minutes: float
    level: float
    a_minute: float

    @property
    def growth(self) -> float:
        """Growth along the line over the whole stretch, as a share of its level."""
        return self.a_minute * self.minutes / self.level

    @property
    def is_flat(self) -> bool:
        return self.growth <= FLAT


def trend(samples: Sequence[Usage], since: float) -> Trend | None:
    """The trend of the memory (RSS) after `since` seconds; None with less than ten samples there.

    PSS shares the pages of libraries with whatever other program has them loaded, and jumps when one starts or ends.
    """
    rest = [sample for sample in samples if sample.at >= since]
    if len(rest) < 10:
        return None
    minutes = np.array([sample.at / 60 for sample in rest])
    slope, start = np.polyfit(minutes, np.array([sample.rss for sample in rest], dtype=float), 1)
    return Trend(since, float(minutes[-1] - minutes[0]), float(start + slope * minutes.mean()), float(slope))
