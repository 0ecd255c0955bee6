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

    def chunk(place: int) -> _Chunk:
        random = np.random.Generator(np.random.SFC64(streams[place]))
        keeps_fan = follows_cash and place * CHUNK < FAN_PATHS
        of_hazards = np.random.Generator(np.random.SFC64(apart[place]))
        running = None if hazards is None else hazards.start(of_hazards, sizes[place])
        books = _Books(book, book if wanted is None else wanted, running)
        return _run_chunk(model, bag, books, policies, random, sizes[place], horizon, keeps_fan=keeps_fan)

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
class _Books:
    """The book that is open, that of the counts wanted, whose need of cash is followed, and hazards of the open one."""

    opened: Book
    wanted: Book
    hazards: RunningHazards | None


@dataclass(frozen=True, eq=False)
class _Chunk:
    hedge: HedgeTrack
    tracks: list[Track]


def _run_chunk(
    model: PathModel,
    bag: BagOnPaths,
    books: _Books,
    policies: Sequence[Policy],
    random: np.random.Generator,
    paths: int,
    horizon: int,
    *,
    keeps_fan: bool,
) -> _Chunk:
    book, wanted = books.opened, books.wanted
    hedge = Hedge(book).start(bag, paths)
    hedge.hazards = books.hazards
    running: list[Running] = [policy.start(bag, paths) for policy in policies]
    lowest = [np.minimum(one.worth, bag.value) for one in running]
    cash = CashNeeded(book, paths)
    cash_wanted = cash if wanted is book else CashNeeded(wanted, paths)
    level = np.ones((paths, len(model.coins)))
    fan: dict[str, list[Floats]] = {name: [] for name in ("bag", "hedge", "net", "cash", "cash_with_fees")}

    def note(hedge: RunningHedge) -> None:
        if keeps_fan:
            for name, values in (
                ("bag", hedge.bag - bag.value),
                ("hedge", hedge.pnl),
                ("net", hedge.worth - bag.value),
                ("cash", cash.most),
                ("cash_with_fees", cash_wanted.most_with_fees),
            ):
                fan[name].append(values.astype(np.float32))

    note(hedge)
    for number, day in enumerate(model.draw(random, paths, horizon), start=1):
        level = level * day.growth
        hedge.step(number, level, day.funding)
        if keeps_fan:
            cash.step(number, level[:, book.columns], day.funding)
            if cash_wanted is not cash:
                cash_wanted.step(number, level[:, wanted.columns], day.funding)
        note(hedge)
        for place, one in enumerate(running):
            one.step(number, level, day.funding)
            np.minimum(lowest[place], one.worth, out=lowest[place])
    hedge.finish()
    tracks = []
    for policy, one, low in zip(policies, running, lowest, strict=True):
        one.finish()
        least = np.minimum(low, one.worth)
        tracks.append(Track(policy.label, one.worth, least, one.costs, one.trades_regretted, one.is_closed))
    return _Chunk(
        HedgeTrack(
            bag=hedge.bag,
            hedge=hedge.pnl,
            carry=hedge.account.carry,
            fees=hedge.fees,
            closed_on=hedge.closed_on.astype(np.float64),
            deleveraged_on=np.zeros(paths) if books.hazards is None else books.hazards.deleveraged_on,
            lost_on=np.zeros(paths) if books.hazards is None else books.hazards.lost_on,
            fan={name: np.array(rows) for name, rows in fan.items()} if keeps_fan else {},
        ),
        tracks,
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
