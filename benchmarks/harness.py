"""The harness: benchmarks register themselves, are timed in turn with their peer, and are judged by their budget.

Two things that are compared are timed alternately, so that a machine that slows down slows both, and their medians
are compared. A benchmark is a function that returns `Timings`:

    @benchmark("doing it", peer="doing it the plain way", at_most_ratio=1.5)
    def doing_it() -> Timings:
        return alternate(ours, peer, rounds=9)

A new module called `bench_*.py` in this folder is found by itself.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Timings:
    """Seconds of each run of ours and of the peer; `note` says what a reader must know about them.

    What is measured may be something else than time: `unit` then names it.
    """

    ours: Sequence[float]
    peer: Sequence[float]
    note: str = ""
    unit: str = ""

    def text(self, value: float) -> str:
        return f"{value:,.0f} {self.unit}" if self.unit else seconds(value)

    @property
    def our_median(self) -> float:
        return statistics.median(self.ours)

    @property
    def peer_median(self) -> float:
        return statistics.median(self.peer)

    @property
    def ratio(self) -> float:
        return self.our_median / self.peer_median


@dataclass(frozen=True)
class Benchmark:
    """A measurement and its budget: a ratio to the peer, seconds, or both."""

    name: str
    peer: str
    run: Callable[[], Timings]
    at_most_ratio: float | None = None
    at_most_seconds: float | None = None

    @property
    def budget(self) -> str:
        limits = []
        if self.at_most_ratio is not None:
            faster = self.at_most_ratio < 0.5
            limits.append(f"{1 / self.at_most_ratio:g} x faster" if faster else f"<= {self.at_most_ratio:g} x")
        if self.at_most_seconds is not None:
            limits.append(f"<= {seconds(self.at_most_seconds)}")
        return ", ".join(limits)

    def is_within_budget(self, timings: Timings) -> bool:
        return (self.at_most_ratio is None or timings.ratio <= self.at_most_ratio) and (
            self.at_most_seconds is None or timings.our_median <= self.at_most_seconds
        )


@dataclass
class Registry:
    benchmarks: dict[str, Benchmark] = field(default_factory=dict)


REGISTRY = Registry()


def benchmark(
    name: str, *, peer: str, at_most_ratio: float | None = None, at_most_seconds: float | None = None
) -> Callable[[Callable[[], Timings]], Callable[[], Timings]]:
    """Register the function below as a benchmark with this budget."""

    def register(run: Callable[[], Timings]) -> Callable[[], Timings]:
        if name in REGISTRY.benchmarks:
            raise ValueError(f"two benchmarks are called '{name}'")
        REGISTRY.benchmarks[name] = Benchmark(name, peer, run, at_most_ratio, at_most_seconds)
        return run

    return register


def alternate(
    ours: Callable[[], object], peer: Callable[[], object], *, rounds: int, warm_up: int = 1, note: str = ""
) -> Timings:
    """Time two calls in turn, `rounds` times each, after `warm_up` calls that are not counted.

    The time is that of this thread on a processor, so that it does not depend on what else the machine does.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(-warm_up, rounds):
        for kept, call in zip(times, (ours, peer), strict=True):
            gc.collect()
            start = time.thread_time()
            call()
            elapsed = time.thread_time() - start
            if number >= 0:
                kept.append(elapsed)
    return Timings(*times, note=note)


def alternate_reported(
    ours: Callable[[], float], peer: Callable[[], float], *, rounds: int, warm_up: int = 1
) -> Timings:
    """Like `alternate`, for calls that time themselves and return seconds."""
    pairs = [(ours(), peer()) for _ in range(warm_up + rounds)][warm_up:]
    return Timings([pair[0] for pair in pairs], [pair[1] for pair in pairs])


def seconds(value: float) -> str:
    """A duration in the unit that reads best."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.3g} us"
