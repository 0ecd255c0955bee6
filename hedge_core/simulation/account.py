"""Account: the shorts of a plan and their collateral, followed day by day on many paths at once.

Equity is the collateral, plus the gain on posted coins, minus the loss of the shorts, plus funding and basis. Fees are
paid from other cash, as in a scenario. What happens if equity falls below the maintenance margin is the `Breach` of the
book (see `hedge.breach`). The profit of the hedge is equity − collateral − what the reserve has paid in − fees.

Margin is also watched between closes. A path of daily closes misses the highest price of the day; for a barrier, that
price is exp(0.5826·sigma) above the close on average (Broadie, Glasserman and Kou 1997). `Book.peak` holds this
factor; a factor of 1 watches closes only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hedge_core.hedge.account import Account, Position
from hedge_core.hedge.breach import Accounts, Breach, ToppedUp
from hedge_core.hedge.deleveraging import closing_fees
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.snapshot import Floats
from hedge_core.simulation.bag import Ints
from hedge_core.simulation.option_policy import OptionHedge

BETWEEN_CLOSES = 0.5825971579390106
"""−zeta(1/2)/sqrt(2·pi): how much farther, in daily standard deviations, a barrier seems if only closes are watched."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Book:
    """The shorts of one account, with one entry per leg.

    - `notional`, `lot_notional`: USD at today's prices, positive.
    - `columns`: the index of each leg's coin among the coins of the paths; `funding_columns`: that of its funding rate
      (−1: none).
    - `side_cost`: the cost of one side, a fraction of notional. `carry_a_day`: carry per day other than funding, a
      fraction of the notional at entry (positive: earned).
    - `roll_days`: the days of the path on which the leg rolls.
    - `peak`: the factor from a close to the day's highest price.
    - `breach`: what happens when margin runs out.
    - `options`: those held beside the shorts, whose sold ones have an account of their own (None: none).
    """

    margin: MarginRequirement
    breach: Breach
    notional: Floats
    lot_notional: Floats
    columns: Ints
    funding_columns: Ints
    side_cost: Floats
    carry_a_day: Floats
    roll_days: tuple[frozenset[int], ...]
    peak: Floats
    options: OptionHedge | None = None

    @property
    def account(self) -> Account:
        """The legs with the formulas of their account."""
        return self.margin.account

    @cached_property
    def apart(self) -> tuple[Book, ...]:
        """The books of the accounts that end by themselves: this one, or one for each group of legs."""
        if not self.margin.is_split:
            return (self,)
        parts = zip(self.margin.groups, self.margin.accounts, self.breach.apart(self.margin), strict=True)
        return tuple(self._of_legs(list(group), margin, breach) for group, margin, breach in parts)

    def _of_legs(self, group: list[int], margin: MarginRequirement, breach: Breach) -> Book:
        return Book(
            margin=margin,
            breach=breach,
            notional=self.notional[group],
            lot_notional=self.lot_notional[group],
            columns=self.columns[group],
            funding_columns=self.funding_columns[group],
            side_cost=self.side_cost[group],
            carry_a_day=self.carry_a_day[group],
            roll_days=tuple(self.roll_days[leg] for leg in group),
            peak=self.peak[group],
        )

    def beside(self, columns: Ints, troughs: Floats) -> Book:
        """The same with pledged coins behind the legs, at these `columns` of the paths, with nothing of them short.

        `troughs` are the factors from their closes to their lows of the day: their least value counts.
        """
        nothing = np.zeros(len(columns))
        return replace(
            self,
            notional=np.concatenate([self.notional, nothing]),
            lot_notional=np.concatenate([self.lot_notional, nothing + 1.0]),
            columns=np.concatenate([self.columns, columns]),
            funding_columns=np.concatenate([self.funding_columns, np.full(len(columns), -1)]),
            side_cost=np.concatenate([self.side_cost, nothing]),
            carry_a_day=np.concatenate([self.carry_a_day, nothing]),
            roll_days=(*self.roll_days, *[frozenset[int]()] * len(columns)),
            peak=np.concatenate([self.peak, troughs]),
        )

    def lot_worth(self, level: Floats) -> Floats:
        """The notional (USD) of one lot of each leg that is opened at `level`."""
        return self.account.instruments.notional(self.lot_notional, self.lot_notional, level)

    @property
    def collateral(self) -> float:
        """The collateral (USD); 0 if none is stated."""
        return self.margin.collateral or 0.0

    @property
    def cash(self) -> float:
        """The collateral, and the reserve that is paid in before anything is closed (USD)."""
        return self.collateral + (self.breach.reserve if isinstance(self.breach.rule, ToppedUp) else 0.0)

    @property
    def is_told_by_need(self) -> bool:
        """Whether `ends_where` tells what is closed by force.

        Not where collateral is held in coins, to which the reserve adds dollars, nor with sold options beside.
        """
        has_sold = self.options is not None and not all(self.options.is_bought)
        return not has_sold and not self.account.posted.any()

    def ends_where(self, needed: Floats) -> npt.NDArray[np.bool_]:
        """The paths on which something is closed by force, shape (paths,): an account has less cash than it needs.

        `needed` is the cash (USD) that each account needs to be held, shape (accounts, paths): see `CashNeeded`.
        """
        held = np.array([one.cash if one.can_be_closed else np.inf for one in self.apart])
        ended: npt.NDArray[np.bool_] = np.any(needed > held[:, None], axis=0)
        return ended

    @property
    def opening(self) -> float:
        """What it costs to open the legs (USD); 0 if they are open."""
        return 0.0 if self.margin.is_open else float(self.notional @ self.side_cost)

    @property
    def can_be_closed(self) -> bool:
        """Whether the account can be liquidated: there are shorts, and the collateral is enough to open them."""
        return bool(self.margin.is_enough_to_open) and self.margin.notional > 0.0

    @property
    def is_watched(self) -> bool:
        """Whether anything can be closed by force: the shorts, or sold options that have stated collateral."""
        options = self.options
        return self.can_be_closed or (
            options is not None and options.collateral is not None and not all(options.is_bought)
        )

    @property
    def event(self) -> str:
        """What happens where something is closed by force, in words."""
        has_sold = self.options is not None and not all(self.options.is_bought)
        of_shorts = self.breach.rule.event if self.margin.legs or not has_sold else ""
        of_options = "sold options are closed by force" if has_sold else ""
        return " or ".join(filter(None, [of_shorts, of_options]))


class ShortAccount:
    """The running state of a book on `paths` paths.

    `units` and `face`, shape (paths, legs), are each leg's size (USD, see `market.instruments`), and `level` is each
    coin's price relative to today's. `fees`, `carry`, `equity`, the `reserve` left and what it has `paid_in` are USD,
    shape (paths,). `closed_on` is the day of liquidation, on which lots are first closed by force (0: none).
    """

    def __init__(self, book: Book, paths: int) -> None:
        self.book = book
        self.units = np.tile(book.notional, (paths, 1))
        self.face = self.units.copy()
        self.level = np.ones((paths, len(book.notional)))
        self.fees = np.full(paths, book.opening)
        self.carry = np.zeros(paths)
        self.equity = np.full(paths, book.collateral)
        self.reserve = np.full(paths, book.breach.reserve)
        self.closed_on = np.zeros(paths, dtype=np.int32)
        self._is_open = np.ones(paths, dtype=np.bool_)

    @property
    def pnl(self) -> Floats:
        """Profit of the hedge so far (USD, costs included), shape (paths,)."""
        pnl: Floats = self.equity - self.book.collateral - self.paid_in - self.fees
        return pnl

    @property
    def paid_in(self) -> Floats:
        """USD that the reserve has paid in so far, shape (paths,)."""
        paid: Floats = self.book.breach.reserve - self.reserve
        return paid

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Advance to the close of `day` (the first is 1).

        `level` is the price of each leg's coin relative to today's, shape (paths, legs); `funding` the day's funding
        rates, shape (paths or 1, perpetuals).
        """
        book = self.book
        before, equity = self._position, self.equity
        moved = level - self.level
        earned = self._carry(funding)
        self.carry += earned
        self.equity = equity + earned + self._gain(before, moved)
        self.level = level
        if book.can_be_closed:
            self._watch(day, before, equity, earned)
        self._roll(day)

    def step_unwatched(self, day: int, level: Floats, funding: Floats) -> None:
        """As `step`, of an account that nothing closes and whose equity nobody asks for: carry and rolls alone."""
        self.carry += self._carry(funding)
        self.level = level
        self._roll(day)

    def trade(self, lots: Floats) -> None:
        """Change each leg to `lots`, shape (paths, legs), at the present prices, and pay the costs."""
        book = self.book
        now = self.lots
        change = lots - now
        self.fees = self.fees + (np.abs(change) * book.lot_worth(self.level)) @ book.side_cost
        kept = np.divide(np.minimum(lots, now), now, out=np.ones_like(now), where=now > 0.0)
        added = np.maximum(change, 0.0) * book.lot_notional
        self.units = self.units * kept + book.account.instruments.units(added, self.level)
        self.face = lots * book.lot_notional

    def lacks_margin(self, lots: Floats) -> npt.NDArray[np.bool_]:
        """Which legs the equity would not open in these lots, shape (paths, legs); all those of an account alike."""
        book = self.book
        wanted = Position(
            lots * book.lot_notional, book.account.instruments.units(lots * book.lot_notional, self.level), self.level
        )
        lacks = book.can_be_closed & (book.account.missing_to_open(self.equity, wanted) > 0.0)
        return np.broadcast_to(lacks[:, None], lots.shape)

    @property
    def lots(self) -> Floats:
        """The number of lots of each leg, shape (paths, legs)."""
        lots: Floats = np.rint(self.face / self.book.lot_notional)
        return lots

    def deleverage(self, lots: Floats) -> None:
        """Lose `lots` of each leg, shape (paths, legs), to the venue at the present prices, for `closing_fees`."""
        now = self.lots
        self.fees = self.fees + closing_fees(lots, self.book.lot_worth(self.level), self.book.side_cost)
        kept = np.divide(now - lots, now, out=np.ones_like(now), where=now > 0.0)
        self.units, self.face = self.units * kept, self.face * kept

    def lose(self, where: npt.NDArray[np.bool_]) -> None:
        """Lose the equity, every short and the pledged coins on the paths `where`; what is owed stays owed.

        A lost coin is in the bag still, so it is held short from here, and its value is paid. The coins of an account
        that was closed have been withdrawn.
        """
        gone = np.where(where & self._is_open, 1.0, 0.0)[:, None] * self.book.margin.values_pledged
        worth: Floats = np.einsum("ij,ij->i", gone, self.level)
        self.equity = np.where(where, np.minimum(self.equity, 0.0) - worth, self.equity)
        self.units = np.where(where[:, None], gone, self.units)
        self.face = np.where(where[:, None], 0.0, self.face)
        self._is_open = self._is_open & ~where

    def close(self) -> None:
        """Buy everything back at the present prices."""
        self.fees = self.fees + self._worth() @ self.book.side_cost
        self.units = np.zeros_like(self.units)
        self.face = np.zeros_like(self.face)

    def _roll(self, day: int) -> None:
        """Pay for the legs that roll on `day`."""
        book = self.book
        for leg, days in enumerate(book.roll_days):
            if day in days:
                self.fees = self.fees + 2.0 * book.side_cost[leg] * self._worth()[:, leg]

    @property
    def _position(self) -> Position:
        return Position(self.face, self.units, self.level)

    def _worth(self) -> Floats:
        """The notional of each leg (USD), shape (paths, legs)."""
        return self.book.account.instruments.notional(*self._position)

    def _gain(self, position: Position, move: Floats) -> Floats:
        """Profit (USD) of shorts and posted coins, shape (paths,); a closed account has neither."""
        account = self.book.account
        gain = account.gain(position, move)
        return gain + account.posted_gain(move) * self._is_open if account.posted.any() else gain

    def _carry(self, funding: Floats) -> Floats:
        """Carry of one day (USD): basis on the notional at entry, funding on the notional at the previous close."""
        book = self.book
        earned: Floats = self.units @ book.carry_a_day
        funded = book.funding_columns >= 0
        if funded.any():
            notional = self._worth()[:, funded]
            earned = earned + (notional * funding[:, book.funding_columns[funded]]).sum(axis=1)
        return earned

    def _watch(self, day: int, before: Position, equity_before: Floats, earned: Floats) -> None:
        """Settle the breach on paths where equity falls below the maintenance margin at the day's highest price."""
        book, account = self.book, self.book.account
        peak = self.level * book.peak
        at_peak = self.equity + self._gain(self._position, peak - self.level)
        room = account.room(at_peak, self._position._replace(level=peak))
        ended = np.flatnonzero((room < 0.0) & self._is_open)
        if not ended.size:
            return
        then = Position(*(part[ended] for part in before))
        lots = np.rint(self.face[ended] / book.lot_notional)
        start = Accounts(equity_before[ended], then, lots, self.reserve[ended])
        settled = book.breach.on_the_day(account, start, (peak - before.level)[ended], earned[ended])
        after, is_open = settled.accounts, settled.accounts.lots.any(axis=1)
        back = self.level[ended] - after.position.level
        rest = account.gain(after.position, back) + account.posted_gain(back)
        self.equity[ended] = after.equity + np.where(is_open, rest, 0.0)
        self.carry[ended] *= settled.keeps_carry
        self.fees[ended] += settled.fee_notional @ book.side_cost
        is_cut = (after.lots < start.lots).any(axis=1)
        self.closed_on[ended] = np.where(is_cut & (self.closed_on[ended] == 0), day, self.closed_on[ended])
        self.reserve[ended] = after.reserve
        self.face[ended], self.units[ended] = after.position.face, after.position.units
        self._is_open[ended] = is_open


class CashNeeded:
    """The collateral (USD) that the shorts need along a path so that they are never closed.

    It is the loss so far minus carry plus the maintenance margin, at the day's highest price, and at least the initial
    margin; gains on posted coins count. Of legs in accounts of their own, each needs that of its share. `most` is the
    maximum so far, shape (paths,), and `most_with_fees` the same if fees too are paid from the account. `by_account` is
    what each account needs to be held, enough to open or not, shape (accounts, paths).
    """

    def __init__(self, book: Book, paths: int) -> None:
        unfunded = replace(book, margin=replace(book.margin, collateral=None))
        self._accounts = [ShortAccount(one, paths) for one in unfunded.apart]
        self._shares = book.margin.group_shares.tolist() if book.margin.is_split else [1.0]
        self._groups = [list(group) for group in book.margin.groups]
        self.most = np.full(paths, max(book.margin.initial - book.margin.pledged_value, 0.0))
        self.most_with_fees = self.most
        self.by_account = np.full((len(self._accounts), paths), -np.inf)

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Advance to the close of `day`; arguments as in `ShortAccount.step`."""
        parts = zip(self._groups, self._accounts, self._shares, self.by_account, strict=True)
        for group, one, share, found in parts:
            own = level[:, group] if len(self._accounts) > 1 else level
            one.step_unwatched(day, own, funding)
            account = one.book.account
            kept = account.kept_by(own * one.book.peak - 1.0, np.stack([one.carry, one.carry - one.fees]))
            needed, with_fees = np.maximum(kept, account.least) / share
            self.most = np.maximum(self.most, needed)
            self.most_with_fees = np.maximum(self.most_with_fees, with_fees)
            np.maximum(found, kept[0], out=found)


def peak_factors(daily_volatility: Floats) -> Floats:
    """The factor from a close to the highest price between closes that matters for margin: exp(0.5826·sigma), by coin.

    `daily_volatility` is sigma, the standard deviation of daily returns (fractions).
    """
    factors: Floats = np.exp(BETWEEN_CLOSES * daily_volatility)
    return factors
