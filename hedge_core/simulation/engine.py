"""The simulation engine: runs bag, hedge and policies over many joint paths of daily moves.

Paths come from `paths`, the shorts run in an `account` with margin, funding, rolls and fees, and all `policies` use the
same paths. The work is split into chunks of CHUNK paths. Each chunk has its own random stream, which depends only on
the seed and the chunk's number, so results do not depend on the number of threads. Memory grows with the number of
paths only by the results per path; fans cover the first FAN_PATHS paths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import Floats
from hedge_core.simulation.account import Book, CashNeeded
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.hazards import Hazards, RunningHazards
from hedge_core.simulation.paths import PathModel
from hedge_core.simulation.policies import Bools, Hedge, Policy, Running, RunningHedge

PATHS = 20_000
MOST_PATHS = 200_000
CHUNK = 4_000
FAN_PATHS = CHUNK

Progress = Callable[[float], None]
"""Called after each chunk with the share done (0 to 1); raising an exception stops the run."""


@dataclass(frozen=True, eq=False)
class Track:
    """One policy on all paths; arrays have shape (paths,).

    USD: `worth` at the horizon, `lowest` worth along the way, `costs`. `trades_regretted` is a number of sales of
    coins, and `is_closed` says whether shorts were closed by force.
    """

    label: str
    worth: Floats
    lowest: Floats
    costs: Floats
    trades_regretted: Floats
    is_closed: Bools


@dataclass(frozen=True, eq=False)
class HedgeTrack:
    """The plan's hedge on all paths, USD; arrays have shape (paths,).

    `bag` is the bag's value at the horizon; `hedge` the profit of shorts and options including `carry` (positive:
    earned) and `fees` (positive: paid); `closed_on` the day of liquidation (0: never). `deleveraged_on` and `lost_on`
    are the days on which the venue first deleverages and on which it fails (0: never). `fan` holds values by day for
    the first FAN_PATHS paths, shape (days + 1, paths): profit of "bag", "hedge" and "net", and "cash", the collateral
    needed so far; "cash_with_fees" is that of the counts wanted, if fees too are paid from it.
    """

    bag: Floats
    hedge: Floats
    carry: Floats
    fees: Floats
    closed_on: Floats
    deleveraged_on: Floats
    lost_on: Floats
    fan: dict[str, Floats]


@dataclass(frozen=True, eq=False)
class CashOnPaths:
    """The cash (USD) that shorts need so as not to be closed.

    `so_far` is that of all accounts, fees included, by day and path, shape (days + 1, paths): the fan "cash_with_fees"
    of a run. `by_account` is what each account needs to be held until the horizon, shape (accounts, paths): see
    `Book.ends_where`.
    """

    so_far: Floats
    by_account: Floats


@dataclass(frozen=True, eq=False)
class Runs:
    """The result of a run: the bag's value at the start (USD), the hedge, and the policies in the order given."""

    start_value: float
    horizon: int
    hedge: HedgeTrack
    tracks: tuple[Track, ...]


def run_paths(
    model: PathModel,
    bag: BagOnPaths,
    book: Book,
    policies: Sequence[Policy] = (),
    *,
    horizon: int,
    paths: int = PATHS,
    seed: int = 0,
    threads: int = 1,
    progress: Progress | None = None,
    wanted: Book | None = None,
    hazards: Hazards | None = None,
    follows_cash: bool = True,
) -> Runs:
    """Run the bag, its book and `policies` on the same `paths` paths of `horizon` days.

    `wanted` is the book of the counts that the plan wants, if these are not those of `book`. `hazards` can take the
    hedge away; they draw from random streams of their own. Without `follows_cash` the hedge has no `fan`, and its need
    of cash is not followed, which takes a fifth of the time. The same `seed` gives the same numbers on any number of
    `threads`. Raises InvalidInput if `paths`, `horizon` or `seed` is out of range.
    """
    sizes, streams = _chunks(horizon, paths, seed)
    apart = [stream.spawn(1)[0] for stream in streams]
    run = _Run(model, bag, book, policies, horizon)

    def chunk(place: int) -> _Chunk:
        size = sizes[place]
        random, of_hazards = (np.random.Generator(np.random.SFC64(one[place])) for one in (streams, apart))
        has_fan = follows_cash and place * CHUNK < FAN_PATHS
        return run.chunk(
            random,
            size,
            hazards=None if hazards is None else hazards.start(of_hazards, size),
            fan=_Fan(book, book if wanted is None else wanted, bag.value, size) if has_fan else None,
        )

    done: list[_Chunk] = []
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        results = pool.map(chunk, range(len(sizes))) if threads > 1 else map(chunk, range(len(sizes)))
        try:
            for result in results:
                done.append(result)
                if progress is not None:
                    progress(len(done) / len(sizes))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return _together(bag.value, horizon, done)


def cash_needed(
    model: PathModel, *books: Book, horizon: int, paths: int = FAN_PATHS, seed: int = 0
) -> tuple[CashOnPaths, ...]:
    """The cash that the shorts of each book need on the paths of `run_paths`, for at most FAN_PATHS of them.

    The bag and what happens when margin runs out do not change it and are not followed. Raises InvalidInput as
    `run_paths` does.
    """
    sizes, streams = _chunks(horizon, paths, seed)
    size, random = sizes[0], np.random.Generator(np.random.SFC64(streams[0]))
    needs = [CashNeeded(book, size) for book in books]
    level = np.ones((size, len(model.coins)))
    rows = [[cash.most_with_fees.astype(np.float32)] for cash in needs]
    for number, day in enumerate(model.draw(random, size, horizon), start=1):
        level = level * day.growth
        for book, cash, so_far in zip(books, needs, rows, strict=True):
            cash.step(number, level[:, book.columns], day.funding)
            so_far.append(cash.most_with_fees.astype(np.float32))
    return tuple(CashOnPaths(np.array(so_far), cash.by_account) for cash, so_far in zip(needs, rows, strict=True))


def _chunks(horizon: int, paths: int, seed: int) -> tuple[list[int], list[np.random.SeedSequence]]:
    """The number of paths in each chunk, and the random stream of each."""
    if not 1 <= paths <= MOST_PATHS:
        raise InvalidInput(f"The number of paths must be between 1 and {MOST_PATHS:,}, not {paths:,}.")
    if not 1 <= horizon <= 730:
        raise InvalidInput(f"The horizon must be between 1 and 730 days, not {horizon}.")
    if seed < 0:
        raise InvalidInput(f"The seed must be zero or a positive number, not {seed}.")
    sizes = [min(CHUNK, paths - start) for start in range(0, paths, CHUNK)]
    return sizes, np.random.SeedSequence(seed).spawn(len(sizes))


@dataclass(frozen=True, eq=False)
class _Chunk:
    hedge: HedgeTrack
    tracks: list[Track]


class _Fan:
    """The hedge of `book` by day on some paths, with the cash that it and the counts wanted need so far."""

    def __init__(self, book: Book, wanted: Book, start_value: float, paths: int) -> None:
        self._start_value = start_value
        self._cash = self._cash_wanted = CashNeeded(book, paths)
        self._followed = [(book, self._cash)]
        if wanted is not book:
            self._cash_wanted = CashNeeded(wanted, paths)
            self._followed.append((wanted, self._cash_wanted))
        self._rows: dict[str, list[Floats]] = {}

    def step(self, number: int, level: Floats, funding: Floats) -> None:
        """Follow the cash needed to the close of a day."""
        for book, cash in self._followed:
            cash.step(number, level[:, book.columns], funding)

    def note(self, hedge: RunningHedge) -> None:
        """Note the values of a day."""
        for name, values in (
            ("bag", hedge.bag - self._start_value),
            ("hedge", hedge.pnl),
            ("net", hedge.worth - self._start_value),
            ("cash", self._cash.most),
            ("cash_with_fees", self._cash_wanted.most_with_fees),
        ):
            self._rows.setdefault(name, []).append(values.astype(np.float32))

    def values(self) -> dict[str, Floats]:
        """The values noted, shape (days + 1, paths)."""
        return {name: np.array(rows) for name, rows in self._rows.items()}


@dataclass(frozen=True, eq=False)
class _Run:
    """What all chunks of a run have in common."""

    model: PathModel
    bag: BagOnPaths
    book: Book
    policies: Sequence[Policy]
    horizon: int

    def chunk(
        self, random: np.random.Generator, paths: int, *, hazards: RunningHazards | None, fan: _Fan | None
    ) -> _Chunk:
        """Run hedge and policies on the paths of one chunk; the `fan` notes the days of the hedge."""
        hedge = Hedge(self.book).start(self.bag, paths)
        hedge.hazards = hazards
        running: list[Running] = [policy.start(self.bag, paths) for policy in self.policies]
        lowest = [np.minimum(one.worth, self.bag.value) for one in running]
        level = np.ones((paths, len(self.model.coins)))
        if fan is not None:
            fan.note(hedge)
        for number, day in enumerate(self.model.draw(random, paths, self.horizon), start=1):
            level = level * day.growth
            hedge.step(number, level, day.funding)
            if fan is not None:
                fan.step(number, level, day.funding)
                fan.note(hedge)
            for place, one in enumerate(running):
                one.step(number, level, day.funding)
                np.minimum(lowest[place], one.worth, out=lowest[place])
        hedge.finish()
        tracks = [_track(policy, one, low) for policy, one, low in zip(self.policies, running, lowest, strict=True)]
        return _Chunk(_hedge_track(hedge, {} if fan is None else fan.values()), tracks)


def _track(policy: Policy, running: Running, lowest: Floats) -> Track:
    """End a policy, of which `lowest` is the least worth so far."""
    running.finish()
    least = np.minimum(lowest, running.worth)
    return Track(policy.label, running.worth, least, running.costs, running.trades_regretted, running.is_closed)


def _hedge_track(hedge: RunningHedge, fan: dict[str, Floats]) -> HedgeTrack:
    never = np.zeros(len(hedge.bag))
    return HedgeTrack(
        bag=hedge.bag,
        hedge=hedge.pnl,
        carry=hedge.account.carry,
        fees=hedge.fees,
        closed_on=hedge.closed_on.astype(np.float64),
        deleveraged_on=never if hedge.hazards is None else hedge.hazards.deleveraged_on,
        lost_on=never if hedge.hazards is None else hedge.hazards.lost_on,
        fan=fan,
    )


def _together(start_value: float, horizon: int, chunks: Sequence[_Chunk]) -> Runs:
    def joined(pick: Callable[[_Chunk], Floats]) -> Floats:
        return np.concatenate([pick(chunk) for chunk in chunks])

    names = chunks[0].hedge.fan
    hedge = HedgeTrack(
        bag=joined(lambda c: c.hedge.bag),
        hedge=joined(lambda c: c.hedge.hedge),
        carry=joined(lambda c: c.hedge.carry),
        fees=joined(lambda c: c.hedge.fees),
        closed_on=joined(lambda c: c.hedge.closed_on),
        deleveraged_on=joined(lambda c: c.hedge.deleveraged_on),
        lost_on=joined(lambda c: c.hedge.lost_on),
        fan={name: np.concatenate([c.hedge.fan[name] for c in chunks if c.hedge.fan], axis=1) for name in names},
    )
    tracks = tuple(
        Track(
            track.label,
            *(
                np.concatenate([getattr(chunk.tracks[place], name) for chunk in chunks])
                for name in ("worth", "lowest", "costs", "trades_regretted", "is_closed")
            ),
        )
        for place, track in enumerate(chunks[0].tracks)
    )
    return Runs(start_value, horizon, hedge, tracks)
