"""Separate accounts: shorts that do not share their collateral, because margin is isolated or venues are several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from hedge_core.market.snapshot import Floats
from hedge_core.simulation.account import Book, ShortAccount

Scalar = TypeVar("Scalar", bound=np.generic)


class SeparateAccounts:
    """The running state of a book whose legs have several accounts; a `ShortAccount` for each.

    Attributes are those of `ShortAccount`: those by leg side by side, amounts in USD added up. `closed_on` is the day
    on which the first lots are closed by force.
    """

    def __init__(self, book: Book, paths: int) -> None:
        self.book = book
        self._accounts = [ShortAccount(one, paths) for one in book.apart]
        self._groups = [list(group) for group in book.margin.groups]
        self._place = np.argsort(np.concatenate(self._groups), kind="stable")

    def _by_leg(self, parts: Sequence[npt.NDArray[Scalar]]) -> npt.NDArray[Scalar]:
        """The columns of the accounts side by side, in the order of the legs."""
        return np.hstack(parts)[:, self._place]

    @property
    def units(self) -> Floats:
        """The size of each leg (USD), shape (paths, legs)."""
        return self._by_leg([one.units for one in self._accounts])

    @property
    def level(self) -> Floats:
        """Each coin's price relative to today's, shape (paths, legs)."""
        return self._by_leg([one.level for one in self._accounts])

    @property
    def lots(self) -> Floats:
        """The number of lots of each leg, shape (paths, legs)."""
        return self._by_leg([one.lots for one in self._accounts])

    @property
    def pnl(self) -> Floats:
        """Profit of the hedge so far (USD, costs included), shape (paths,)."""
        return _total([one.pnl for one in self._accounts])

    @property
    def fees(self) -> Floats:
        """Fees paid so far (USD), shape (paths,)."""
        return _total([one.fees for one in self._accounts])

    @property
    def carry(self) -> Floats:
        """Carry earned so far (USD), shape (paths,)."""
        return _total([one.carry for one in self._accounts])

    @property
    def paid_in(self) -> Floats:
        """USD that the reserve has paid in so far, shape (paths,)."""
        return _total([one.paid_in for one in self._accounts])

    @property
    def closed_on(self) -> npt.NDArray[np.int32]:
        """The day on which lots are first closed by force (0: never), shape (paths,)."""
        days = np.array([one.closed_on for one in self._accounts])
        first = np.where(days > 0, days, np.iinfo(np.int32).max).min(axis=0)
        return np.where(days.any(axis=0), first, 0).astype(np.int32)

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Advance to the close of `day`; arguments as in `ShortAccount.step`."""
        for group, one in zip(self._groups, self._accounts, strict=True):
            one.step(day, level[:, group], funding)

    def trade(self, lots: Floats) -> None:
        """Change each leg to `lots`, shape (paths, legs), at the present prices, and pay the costs."""
        for group, one in zip(self._groups, self._accounts, strict=True):
            one.trade(lots[:, group])

    def lacks_margin(self, lots: Floats) -> npt.NDArray[np.bool_]:
        """Which legs the equity of their account would not open in these lots, shape (paths, legs)."""
        parts = zip(self._groups, self._accounts, strict=True)
        return self._by_leg([one.lacks_margin(lots[:, group]) for group, one in parts])

    def deleverage(self, lots: Floats) -> None:
        """Lose `lots` of each leg, shape (paths, legs), to the venue at the present prices, for their closing fees."""
        for group, one in zip(self._groups, self._accounts, strict=True):
            one.deleverage(lots[:, group])

    def lose(self, where: npt.NDArray[np.bool_]) -> None:
        """Lose the equity and every short on the paths `where`; what is owed stays owed."""
        for one in self._accounts:
            one.lose(where)

    def lose_one(self, place: int, where: npt.NDArray[np.bool_]) -> list[int]:
        """As `lose`, of the account at `place` among the groups alone; return the places of its legs."""
        self._accounts[place].lose(where)
        return self._groups[place]

    def close(self) -> None:
        """Buy everything back at the present prices."""
        for one in self._accounts:
            one.close()


def _total(amounts: list[Floats]) -> Floats:
    total: Floats = np.sum(amounts, axis=0)
    return total


def open_book(book: Book, paths: int) -> ShortAccount | SeparateAccounts:
    """The running state of a book on `paths` paths, opened today."""
    return SeparateAccounts(book, paths) if book.margin.is_split else ShortAccount(book, paths)
