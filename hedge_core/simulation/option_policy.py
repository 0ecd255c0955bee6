"""Option policy: keep the bag and hold puts and sold calls against it, followed day by day on many paths.

Puts are paid for at once and cannot be closed by force. Sold calls share one account: its equity is the collateral plus
what the calls have gained at their worth, and must cover the maintenance margin, at each day's highest price too, as
for shorts (see `account`). What happens when it does not is the rule for when margin runs out. Premiums, spreads and
fees are paid from other cash. An option that expires on the way is exercised at that day's close; the others are ended
on the last day. A venue that fails takes the options that are there, and what the account of the sold ones holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hedge_core.hedge.account import Account, Position
from hedge_core.hedge.breach import Accounts, Breach
from hedge_core.hedge.option_legs import OptionLeg, call_account, initial_margin
from hedge_core.market.snapshot import Floats
from hedge_core.simulation.bag import BagOnPaths, Ints


@dataclass(frozen=True, eq=False, kw_only=True)
class OptionHedge:
    """Keep the coins and hold `legs`.

    `columns` and `peak` are each leg's coin among the coins of the paths and its factor from a close to the day's
    highest price. `collateral` is what lies in the account of the sold calls (USD; None: they are never closed), and
    `breach` what happens when it runs out, with one cost for each sold call. `are_held`: the legs are open already, so
    that opening them costs nothing any more.
    """

    legs: tuple[OptionLeg, ...]
    columns: Ints
    peak: Floats
    breach: Breach
    collateral: float | None = None
    label: str = "Options"
    are_held: bool = False

    @cached_property
    def is_bought(self) -> list[bool]:
        """Which legs are bought."""
        return [leg.is_bought for leg in self.legs]

    def start(self, bag: BagOnPaths, paths: int) -> RunningOptions:
        """Buy the puts and sell the calls."""
        return RunningOptions(self, bag, paths)


class RunningOptions:
    """The running bag and options; arrays have shape (paths,). `cash_needed` is what `_CallAccount` says of it."""

    def __init__(self, policy: OptionHedge, bag: BagOnPaths, paths: int) -> None:
        self._policy, self._bag = policy, bag
        bought = np.array(policy.is_bought, dtype=np.bool_)
        self._puts = [(leg, column) for leg, column in zip(policy.legs, policy.columns, strict=True) if leg.is_bought]
        self._sold_columns = policy.columns[~bought]
        self.calls = _CallAccount(policy, policy.peak[~bought], paths)
        self.bag = np.full(paths, bag.value)
        self._level = np.ones((paths, int(max(policy.columns.max(), bag.columns.max())) + 1))
        self._day = 0
        self.costs = np.full(paths, 0.0 if policy.are_held else sum(leg.opening_cost for leg in policy.legs))
        self._paid: dict[int, Floats] = {}
        self._gone: dict[int, npt.NDArray[np.bool_]] = {}
        self.trades_regretted = np.zeros(paths)
        self.is_closed = np.zeros(paths, dtype=np.bool_)
        self.worth = self.bag - self.costs

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Advance to the close of `day`."""
        self._day, self._level = day, level
        self.bag = level @ np.bincount(self._bag.columns, self._bag.values, level.shape[1])
        self.calls.step(day, level[:, self._sold_columns])
        self._exercise(day)
        self.worth = self.bag + self.pnl

    def finish(self) -> None:
        """Exercise or trade what is left."""
        ending = self.calls.ending_cost(self._day)
        for place, (put, column) in enumerate(self._puts):
            if place not in self._paid:
                ending = ending + self._unless_lost(place, put.ending_cost(self._level[:, column], self._day))
        self.costs = self.costs + ending
        self.worth = self.bag + self.pnl
        self.is_closed = self.calls.closed_on > 0

    @property
    def pnl(self) -> Floats:
        """The profit of the options so far (USD), costs included."""
        pnl: Floats = self._put_gain() + self.calls.pnl - self.costs
        return pnl

    def lose(self, where: npt.NDArray[np.bool_], venue: str) -> None:
        """Lose what is at a `venue` on the paths `where`: options that were bought, and the account of those sold."""
        for place, (put, _) in enumerate(self._puts):
            if put.option.series.venue == venue and place not in self._paid:
                self._gone[place] = where | self._gone.get(place, np.zeros_like(where))
        self.calls.lose(where, venue)
        self.worth = self.bag + self.pnl

    def _exercise(self, day: int) -> None:
        """Pay out what was bought and expires by this close."""
        for place, (put, column) in enumerate(self._puts):
            if put.days <= day and place not in self._paid:
                at = self._level[:, column]
                self.costs = self.costs + self._unless_lost(place, put.ending_cost(at, day))
                self._paid[place] = self._unless_lost(place, put.worth(at, day))

    def _unless_lost(self, place: int, amount: Floats) -> Floats:
        """An amount of a bought option on the paths on which it has not been lost."""
        return np.where(self._gone[place], 0.0, amount) if place in self._gone else amount

    def _put_gain(self) -> Floats:
        gain = np.zeros(len(self.bag))
        for place, (put, column) in enumerate(self._puts):
            worth = self._paid.get(place)
            if worth is None:
                worth = self._unless_lost(place, put.worth(self._level[:, column], self._day))
            gain = gain + worth - put.units * float(put.held.value(1.0))
        return gain


class _CallAccount:
    """The account of the sold calls on `paths` paths; arrays have shape (paths,), or (paths, calls) for the lots.

    `pnl` is the profit of the calls at their worth (USD), forced closes included. `cash_needed` is the least collateral
    today with which nothing would have been closed by force so far, at least the initial margin; it is followed only
    where no collateral is stated.
    """

    def __init__(self, policy: OptionHedge, peak: Floats, paths: int) -> None:
        self._legs = tuple(leg for leg in policy.legs if not leg.is_bought)
        self._policy, self._peak = policy, peak
        self._units = np.array([leg.units for leg in self._legs])
        self._whole = np.array([leg.lots for leg in self._legs])
        self._lots = np.tile(self._whole, (paths, 1))
        self._level = np.ones((paths, len(self._legs)))
        self._equity = np.full(paths, policy.collateral or 0.0)
        self._reserve = np.full(paths, policy.breach.reserve)
        self._fees = np.zeros(paths)
        self.closed_on = np.zeros(paths, dtype=np.int32)
        self.cash_needed = np.full(paths, initial_margin(self._legs))

    @property
    def pnl(self) -> Floats:
        """The profit so far (USD)."""
        policy = self._policy
        paid_in = policy.breach.reserve - self._reserve
        pnl: Floats = self._equity - (policy.collateral or 0.0) - paid_in - self._fees
        return pnl

    def step(self, day: int, level: Floats) -> None:
        """Advance to the close of `day`; `level` has shape (paths, calls)."""
        if not self._legs:
            return
        account = call_account(self._legs, day)
        before, equity = self._position, self._equity
        passed = self._passed(day)
        self._equity = equity + passed + account.gain(before, level - self._level)
        self._level = level
        peak = level * self._peak
        at_peak = self._equity + account.gain(self._position, peak - level)
        room = account.room(at_peak, self._position._replace(level=peak))
        if self._policy.collateral is None:
            self.cash_needed = np.maximum(self.cash_needed, -room)
            self._exercise(day)
            return
        ended = np.flatnonzero((room < 0.0) & self._lots.any(axis=1))
        if ended.size:
            start = Accounts(
                equity[ended], Position(*(part[ended] for part in before)), self._lots[ended], self._reserve[ended]
            )
            self._settle(day, account, start, (peak - before.level)[ended], passed[ended], ended)
        self._exercise(day)

    def lose(self, where: npt.NDArray[np.bool_], venue: str) -> None:
        """Lose the equity and every call on the paths `where`, if the calls are at `venue`; what is owed stays owed."""
        if any(leg.option.series.venue == venue for leg in self._legs):
            self._equity = np.where(where, np.minimum(self._equity, 0.0), self._equity)
            self._lots = np.where(where[:, None], 0.0, self._lots)

    def _exercise(self, day: int) -> None:
        """End the calls that expire by this close; what they are worth then is in the equity."""
        ended = [place for place, leg in enumerate(self._legs) if leg.days <= day]
        for place in ended:
            leg, share = self._legs[place], self._lots[:, place] / self._whole[place]
            self._fees = self._fees + share * leg.ending_cost(self._level[:, place], day)
            self._lots[:, place] = 0.0

    def ending_cost(self, days: int) -> Floats:
        """What ending the calls that are left costs (USD)."""
        cost = np.zeros(len(self._equity))
        for place, leg in enumerate(self._legs):
            cost = cost + self._lots[:, place] / leg.lots * leg.ending_cost(self._level[:, place], days)
        return cost

    @property
    def _position(self) -> Position:
        units = self._lots / self._whole * self._units
        return Position(units, units, self._level)

    def _passed(self, day: int) -> Floats:
        """What the passing of the day earns at yesterday's prices (USD)."""
        earned = np.zeros(len(self._equity))
        for place, leg in enumerate(self._legs):
            at, share = self._level[:, place], self._lots[:, place] / leg.lots
            earned = earned + share * (leg.worth(at, day) - leg.worth(at, day - 1))
        return earned

    def _settle(self, day: int, account: Account, start: Accounts, move: Floats, earned: Floats, ended: Ints) -> None:
        """Apply the rule for when margin runs out to the accounts `ended`, on the way to the day's highest price."""
        settled = self._policy.breach.on_the_day(account, start, move, earned)
        after = settled.accounts
        is_open = after.lots.any(axis=1)
        rest = account.gain(after.position, self._level[ended] - after.position.level)
        self._equity[ended] = after.equity + np.where(is_open, rest, 0.0)
        self._fees[ended] += settled.fee_notional @ self._policy.breach.costs
        self._reserve[ended] = after.reserve
        is_cut = (after.lots < start.lots).any(axis=1)
        self.closed_on[ended] = np.where(is_cut & (self.closed_on[ended] == 0), day, self.closed_on[ended])
        self._lots[ended] = after.lots
