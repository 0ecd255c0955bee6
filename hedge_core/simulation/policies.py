"""Policies: what a holder may do about a bag, and what each does on a path.

    Hold       nothing
    Sell       sell a share of every coin now, the proceeds in a stablecoin (a share of 1: all of it)
    StopLoss   a stop order below every coin; buy back when it has recovered, or never
    Hedge      keep the coins and short futures, as they are or set anew when they have drifted out of a band

All run day by day on many paths at once and see nothing of the days ahead. `worth` is what bag, cash and hedge are
worth together. Trading coins costs `spot_cost` of what is traded. A stop order is watched within the day as a margin is
(see `account`), and is filled below its price: by a fixed slippage, and by a share of what the day fell further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import Floats
from hedge_core.simulation.account import Book, Ints, ShortAccount

SPOT_COST = 0.004
"""A side, of the amount: the fee of a retail account and the half spread of a small coin; an assumption."""

STOP_SLIPPAGE = 0.01
"""Below the stop price; thin markets fall through it."""

GAP_SHARE = 0.25
"""Of what the close lies below the stop, the share that the fill suffers; an assumption."""


@dataclass(frozen=True, eq=False)
class BagOnPaths:
    """The bag as the paths see it: USD of each holding today, and the place of its coin among those of the paths.

    `trough` is the factor from a close to the day's lowest price that counts, by holding.
    """

    values: Floats
    columns: Ints
    trough: Floats

    @property
    def value(self) -> float:
        """USD of the whole bag today."""
        return float(self.values.sum())


class Running(Protocol):
    """A policy under way; arrays have an entry a path."""

    worth: Floats
    """USD of everything together."""
    costs: Floats
    """USD paid for trading so far, less what funding and basis have earned."""
    trades_regretted: Floats
    """Coins sold that were bought back dearer, or stand higher in the end; for a hedge 1 where it was closed out."""

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Go on to the close of `day`; `level` (paths, coins) is each coin's price over today's."""

    def finish(self) -> None:
        """Settle at the last level."""


class Policy(Protocol):
    """What a holder does about a bag."""

    @property
    def label(self) -> str:
        """In words."""

    def start(self, bag: BagOnPaths, paths: int) -> Running:
        """Begin on so many paths."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is done."""

    label: str = "Hold"

    def start(self, bag: BagOnPaths, paths: int) -> Running:
        """Hold the bag as it is."""
        return _RunningSale(bag, paths, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Sell:
    """A share (0 to 1) of every coin is sold now."""

    share: float
    spot_cost: float = SPOT_COST
    label: str = "Sell a part now"

    def __post_init__(self) -> None:
        _require_share("share to sell", self.share)
        _require_share("cost of trading coins", self.spot_cost)

    def start(self, bag: BagOnPaths, paths: int) -> Running:
        """Sell today, hold the rest."""
        return _RunningSale(bag, paths, self.share, self.spot_cost)


@dataclass(frozen=True, slots=True)
class StopLoss:
    """A stop order `distance` below today's price of each coin (and below the price of buying back).

    A coin is bought back when it closes `reentry` above where the stop stood (None: never).
    """

    distance: float
    reentry: float | None = 0.05
    spot_cost: float = SPOT_COST
    slippage: float = STOP_SLIPPAGE
    gap_share: float = GAP_SHARE
    label: str = "Stop-loss"

    def __post_init__(self) -> None:
        if not 0.0 < self.distance < 1.0:
            raise InvalidInput(f"A stop-loss must lie between 0% and 100% below, not {self.distance:.0%}.")
        if self.reentry is not None and not 0.0 <= self.reentry <= 5.0:
            raise InvalidInput(f"Buying back must be between 0% and 500% above the stop, not {self.reentry:.0%}.")
        for name in ("spot_cost", "slippage", "gap_share"):
            _require_share(name.replace("_", " "), getattr(self, name))

    def start(self, bag: BagOnPaths, paths: int) -> Running:
        """Place the stops."""
        return _RunningStops(self, bag, paths)


@dataclass(frozen=True, eq=False)
class Hedge:
    """The coins are kept and `book` is shorted.

    Without a `band` the shorts stay as they are. With one, a leg whose dollars are further than `band` (a fraction)
    from what it was opened with, grown as the holdings behind it have, is set anew in whole lots; `weights` (holdings,
    legs) are the share of each leg that a holding asks for, columns adding up to 1. Lots are added only as far as the
    equity covers the initial margin.
    """

    book: Book
    label: str = "Hedge"
    band: float | None = None
    weights: Floats | None = None

    def __post_init__(self) -> None:
        if self.band is not None and not 0.0 < self.band <= 10.0:
            raise InvalidInput(f"A band must lie above 0% and up to 1,000%, not {self.band:.0%}.")

    def start(self, bag: BagOnPaths, paths: int) -> RunningHedge:
        """Open the shorts."""
        return RunningHedge(self, bag, paths)


class _RunningSale:
    def __init__(self, bag: BagOnPaths, paths: int, share: float, spot_cost: float) -> None:
        sold = share * bag.value
        self._kept = (1.0 - share) * bag.values
        self._columns = bag.columns
        self._cash = sold * (1.0 - spot_cost)
        self._sold = sold
        self.costs = np.full(paths, sold * spot_cost)
        self.worth = np.full(paths, bag.value - sold * spot_cost)
        self.trades_regretted = np.zeros(paths)
        self._level = np.ones((paths, int(bag.columns.max()) + 1))

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        self._level = level
        self.worth = self._cash + level @ np.bincount(self._columns, self._kept, level.shape[1])

    def finish(self) -> None:
        if self._sold:
            self.trades_regretted = (self._level[:, self._columns] > 1.0).sum(axis=1).astype(np.float64)


class _RunningStops:
    def __init__(self, policy: StopLoss, bag: BagOnPaths, paths: int) -> None:
        self._policy, self._trough = policy, bag.trough
        self._columns = bag.columns
        shape = (paths, len(bag.values))
        self._units = np.tile(bag.values, (paths, 1))
        self._cash = np.zeros(shape)
        self._filled = np.zeros(shape)
        self._stop_at = np.full(shape, 1.0 - policy.distance)
        self._stop = self._stop_at / bag.trough
        self._back = np.full(shape, np.inf)
        self._level = np.ones(shape)
        self._in_cash = np.zeros(paths)
        self.worth = np.full(paths, bag.value)
        self.costs = np.zeros(paths)
        self.trades_regretted = np.zeros(paths)

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        own = level if len(self._columns) == level.shape[1] and _is_in_order(self._columns) else level[:, self._columns]
        self._level = own
        back = np.nonzero(own >= self._back)
        hit = np.nonzero(own <= self._stop)
        if hit[0].size:
            self._sell(hit, own[hit])
        if back[0].size:
            self._buy(back, own[back])
        self.worth = np.einsum("ij,ij->i", self._units, own) + self._in_cash

    def finish(self) -> None:
        is_out = (self._filled > 0.0) & (self._filled < self._level)
        self.trades_regretted = self.trades_regretted + is_out.sum(axis=1)

    def _sell(self, at: tuple[Ints, ...], close: Floats) -> None:
        policy = self._policy
        stop = self._stop_at[at]
        price = stop * (1.0 - policy.slippage) - policy.gap_share * np.maximum(stop - close, 0.0)
        price = np.maximum(price, 0.0)
        gross = self._units[at] * price
        cost = gross * policy.spot_cost
        self._units[at] = 0.0
        self._cash[at] = gross - cost
        self._filled[at] = price
        self._stop[at] = -1.0
        if policy.reentry is not None:
            self._back[at] = stop * (1.0 + policy.reentry)
        self._settle(at[0], gross - cost, cost)

    def _buy(self, at: tuple[Ints, ...], close: Floats) -> None:
        policy = self._policy
        cash = self._cash[at]
        cost = cash * policy.spot_cost
        self._units[at] = (cash - cost) / close
        dearer = close > self._filled[at]
        self._cash[at] = 0.0
        self._filled[at] = 0.0
        self._back[at] = np.inf
        self._stop_at[at] = close * (1.0 - policy.distance)
        self._stop[at] = self._stop_at[at] / self._trough[at[1]]
        self._settle(at[0], -cash, cost)
        np.add.at(self.trades_regretted, at[0], dearer)

    def _settle(self, paths: Ints, cash: Floats, cost: Floats) -> None:
        np.add.at(self._in_cash, paths, cash)
        np.add.at(self.costs, paths, cost)


class RunningHedge:
    """The bag and its shorts under way; `account` is the state of the shorts."""

    def __init__(self, policy: Hedge, bag: BagOnPaths, paths: int) -> None:
        self._policy, self._bag = policy, bag
        self.account = ShortAccount(policy.book, paths)
        self.bag = np.full(paths, bag.value)
        self.worth = self.bag + self.account.pnl
        self.costs = self.account.fees
        self.trades_regretted = np.zeros(paths)

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Go on to the close of `day`."""
        bag, book = self._bag, self._policy.book
        self.bag = level @ np.bincount(bag.columns, bag.values, level.shape[1])
        self.account.step(day, level[:, book.columns], funding)
        if self._policy.band is not None:
            self._rebalance(level)
        self.worth = self.bag + self.account.pnl

    def finish(self) -> None:
        """Buy the shorts back."""
        self.account.close()
        self.costs = self.account.fees - self.account.carry
        self.worth = self.bag + self.account.pnl
        self.trades_regretted = (self.account.closed_on > 0).astype(np.float64)

    def _rebalance(self, level: Floats) -> None:
        policy, account = self._policy, self.account
        book = policy.book
        assert policy.band is not None
        assert policy.weights is not None
        wanted = book.notional * (level[:, self._bag.columns] @ policy.weights)
        held, now = account.units * account.level, account.lots
        worth = np.where(book.is_inverse, 1.0, account.level) * book.lot_notional
        lots = np.maximum(np.ceil(now + (wanted - held) / worth - 0.5), 0.0)
        off = (np.abs(held - wanted) > policy.band * wanted) & (lots != now)
        off &= (account.closed_on == 0)[:, None]
        if not off.any():
            return
        goal = np.where(off, lots, now)
        rates = np.array([leg.initial / leg.notional if leg.notional > 0.0 else 0.0 for leg in book.margin.legs])
        short_of_cash = book.can_be_closed & ((goal * worth) @ rates > account.equity)
        account.trade(np.where(short_of_cash[:, None], np.minimum(goal, now), goal))


def _is_in_order(columns: Ints) -> bool:
    return bool((columns == np.arange(len(columns))).all())


def _require_share(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise InvalidInput(f"The {name} must lie between 0% and 100%, not {value:.0%}.")
