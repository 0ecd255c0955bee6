"""Policies: what a holder can do with a bag, followed day by day on many paths at once.

    Hold       do nothing
    Sell       sell a share of every coin now and hold the proceeds in a stablecoin
    StopLoss   a stop order below every coin; buy back after a recovery, or never
    Hedge      keep the coins and short futures; leave them alone, or rebalance outside a band

No policy sees later days. `worth` is the value of bag, cash and hedge together (USD). Trading coins costs the fraction
`spot_cost` of the amount, and slippage that grows with the size of the order by the same law as that of futures. A stop
order is also watched between closes, like margin (see `account`), and fills below its price: by a fixed slippage, and
by a share of the further fall to the close.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.market.snapshot import Floats
from hedge_core.simulation.account import Book
from hedge_core.simulation.bag import BagOnPaths, Ints
from hedge_core.simulation.hazards import RunningHazards
from hedge_core.simulation.separate_accounts import open_book

Bools = npt.NDArray[np.bool_]

SPOT_COST = 0.004
"""The cost per side, a fraction of the amount: a retail fee plus the half spread of a small coin; an assumption."""

STOP_SLIPPAGE = 0.01
"""How far below the stop price an order fills in a thin market, a fraction; an assumption."""

GAP_SHARE = 0.25
"""The share of the distance from stop to close by which the fill is worse; an assumption."""


class Running(Protocol):
    """A running policy; arrays have shape (paths,)."""

    worth: Floats
    """The value of bag, cash and hedge together (USD)."""
    costs: Floats
    """Trading costs minus carry earned (USD); final after `finish`."""
    trades_regretted: Floats
    """Sales of coins that were bought back at a higher price or end higher; a hedge sells no coins."""
    is_closed: Bools
    """Whether shorts were closed by force."""

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Advance to the close of `day`; `level`, shape (paths, coins), is each coin's price relative to today's."""

    def finish(self) -> None:
        """Settle at the last prices."""


class Policy(Protocol):
    """What a holder does with a bag."""

    @property
    def label(self) -> str:
        """The name shown to readers."""

    def start(self, bag: BagOnPaths, paths: int) -> Running:
        """Start the policy on `paths` paths."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the bag and do nothing."""

    label: str = "Hold"

    def start(self, bag: BagOnPaths, paths: int) -> Running:
        """Hold the bag as it is."""
        return _RunningSale(bag, paths, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Sell:
    """Sell the fraction `share` (0 to 1) of every coin now.

    Raises InvalidInput if `share` or `spot_cost` is outside 0 … 1.
    """

    share: float
    spot_cost: float = SPOT_COST
    label: str = "Sell a part now"

    def __post_init__(self) -> None:
        _require_share("share to sell", self.share)
        _require_share("cost of trading coins", self.spot_cost)

    def start(self, bag: BagOnPaths, paths: int) -> Running:
        """Sell today and hold the rest."""
        return _RunningSale(bag, paths, self.share, self.spot_cost)


@dataclass(frozen=True, slots=True)
class StopLoss:
    """A stop order the fraction `distance` below each coin's price, today and again after buying back.

    A coin is bought back when it closes the fraction `reentry` above its stop (None: never). Raises InvalidInput if
    `distance` is not between 0 and 1, `reentry` is outside 0 … 5, or a cost is outside 0 … 1.
    """

    distance: float
    reentry: float | None = 0.05
    spot_cost: float = SPOT_COST
    slippage: float = STOP_SLIPPAGE
    gap_share: float = GAP_SHARE
    label: str = "Stop-loss"

    def __post_init__(self) -> None:
        if not 0.0 < self.distance < 1.0:
            raise InvalidInput(f"The stop-loss must be between 0% and 100% below the price, not {self.distance:.0%}.")
        if self.reentry is not None and not 0.0 <= self.reentry <= 5.0:
            raise InvalidInput(f"The buy-back level must be 0% to 500% above the stop, not {self.reentry:.0%}.")
        for name in ("spot_cost", "slippage", "gap_share"):
            _require_share(name.replace("_", " "), getattr(self, name))

    def start(self, bag: BagOnPaths, paths: int) -> Running:
        """Place the stops."""
        return _RunningStops(self, bag, paths)


@dataclass(frozen=True, eq=False)
class Hedge:
    """Keep the coins and short `book`.

    Without a `band` the shorts are never traded. With one, a leg is rebalanced in whole lots once its notional is more
    than the fraction `band` from its target. The target is the notional at the start, grown with the holdings that the
    leg hedges: `weights`, shape (holdings, legs), are the holdings' shares of each leg, and each column adds up to 1.
    Lots are added only if equity covers the initial margin. Raises InvalidInput for a band outside 0 … 10.
    """

    book: Book
    label: str = "Hedge"
    band: float | None = None
    weights: Floats | None = None

    def __post_init__(self) -> None:
        if self.band is not None and not 0.0 < self.band <= 10.0:
            raise InvalidInput(f"The rebalancing band must be above 0% and at most 1,000%, not {self.band:.0%}.")

    def start(self, bag: BagOnPaths, paths: int) -> RunningHedge:
        """Open the shorts."""
        return RunningHedge(self, bag, paths)


class _RunningSale:
    def __init__(self, bag: BagOnPaths, paths: int, share: float, spot_cost: float) -> None:
        sold = share * bag.value
        cost = float((share * bag.values * (spot_cost + bag.slippage * np.sqrt(share))).sum())
        self._kept = (1.0 - share) * bag.values
        self._columns = bag.columns
        self._cash = sold - cost
        self._sold = sold
        self.costs = np.full(paths, cost)
        self.worth = np.full(paths, bag.value - cost)
        self.trades_regretted = np.zeros(paths)
        self.is_closed = np.zeros(paths, dtype=np.bool_)
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
        self._cost_rates = policy.spot_cost + np.broadcast_to(bag.slippage, bag.values.shape)
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
        self.is_closed = np.zeros(paths, dtype=np.bool_)

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        own = level if len(self._columns) == level.shape[1] and _is_in_order(self._columns) else level[:, self._columns]
        self._level = own
        back = _places(own >= self._back)
        hit = _places(own <= self._stop)
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
        cost = gross * self._cost_rates[at[1]]
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
        cost = cash * self._cost_rates[at[1]]
        self._units[at] = (cash - cost) / close
        is_costlier = close > self._filled[at]
        self._cash[at] = 0.0
        self._filled[at] = 0.0
        self._back[at] = np.inf
        self._stop_at[at] = close * (1.0 - policy.distance)
        self._stop[at] = self._stop_at[at] / self._trough[at[1]]
        self._settle(at[0], -cash, cost)
        np.add.at(self.trades_regretted, at[0], is_costlier)

    def _settle(self, paths: Ints, cash: Floats, cost: Floats) -> None:
        np.add.at(self._in_cash, paths, cash)
        np.add.at(self.costs, paths, cost)


class RunningHedge:
    """The running bag and shorts; `bag` is the bag's value (USD), `account` the state of the shorts.

    `hazards` are what can take the hedge away; None if nothing does. `options` are those held beside the shorts.
    """

    def __init__(self, policy: Hedge, bag: BagOnPaths, paths: int) -> None:
        self._policy, self._bag = policy, bag
        self.hazards: RunningHazards | None = None
        self.account = open_book(policy.book, paths)
        self.options = None if policy.book.options is None else policy.book.options.start(bag, paths)
        self.bag = np.full(paths, bag.value)
        self.worth = self.bag + self.pnl
        self.costs = self.account.fees
        self.trades_regretted = np.zeros(paths)
        self.is_closed = np.zeros(paths, dtype=np.bool_)

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Advance to the close of `day`; rebalance if the policy has a band."""
        bag, book = self._bag, self._policy.book
        self.bag = level @ np.bincount(bag.columns, bag.values, level.shape[1])
        if self.hazards is None:
            self.account.step(day, level[:, book.columns], funding)
        else:
            self.account.step(day, self.hazards.leg_levels(level), funding)
            self.hazards.strike(day, level, self.account)
        if self.options is not None:
            self.options.step(day, level, funding)
            for venue, fails in self.hazards.lost_today if self.hazards is not None else ():
                self.options.lose(fails, venue)
        if self._policy.band is not None:
            self._rebalance(level)
        self.worth = self.bag + self.pnl

    def finish(self) -> None:
        """Buy the shorts back, and end the options."""
        self.account.close()
        if self.options is not None:
            self.options.finish()
        self.costs = self.fees - self.account.carry
        self.worth = self.bag + self.pnl
        self.is_closed = self.closed_on > 0

    @property
    def pnl(self) -> Floats:
        """Profit of the shorts and of the options so far (USD, costs included)."""
        return self.account.pnl if self.options is None else self.account.pnl + self.options.pnl

    @property
    def fees(self) -> Floats:
        """Fees paid so far (USD), those of the options included."""
        return self.account.fees if self.options is None else self.account.fees + self.options.costs

    @property
    def closed_on(self) -> npt.NDArray[np.int32]:
        """The day on which the first lots, of shorts or of sold options, are closed by force (0: never)."""
        shorts = self.account.closed_on
        if self.options is None:
            return shorts
        calls = self.options.calls.closed_on
        both = np.where((shorts > 0) & (calls > 0), np.minimum(shorts, calls), np.maximum(shorts, calls))
        return both.astype(np.int32)

    def _rebalance(self, level: Floats) -> None:
        policy, account = self._policy, self.account
        book = policy.book
        assert policy.band is not None
        assert policy.weights is not None
        wanted = book.notional * (level[:, self._bag.columns] @ policy.weights)
        held, now = account.units * account.level, account.lots
        worth = book.lot_worth(account.level)
        lots = np.maximum(ROUNDINGS["nearest"].whole(now + (wanted - held) / worth), 0.0)
        off = (np.abs(held - wanted) > policy.band * wanted) & (lots != now)
        off &= (account.closed_on == 0)[:, None]
        if not off.any():
            return
        goal = np.where(off, lots, now)
        account.trade(np.where(account.lacks_margin(goal), np.minimum(goal, now), goal))


def _places(found: npt.NDArray[np.bool_]) -> tuple[Ints, ...]:
    """The rows and columns where it is true; ten times faster than numpy's own `nonzero` of a table."""
    return np.unravel_index(np.flatnonzero(found), found.shape)


def _is_in_order(columns: Ints) -> bool:
    return bool((columns == np.arange(len(columns))).all())


def _require_share(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise InvalidInput(f"The {name} must be between 0% and 100%, not {value:.0%}.")
