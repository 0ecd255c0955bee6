"""Breach: what happens to an account whose equity has fallen below its maintenance margin.

A `BreachRule` says which lots are then closed by force:

    ByPosition   whole legs, the largest maintenance margin first, until equity covers the initial margin of the rest
    Reduced      the same share of every leg, the smallest that serves
    Closed       everything; without a broker the equity left is lost
    ToppedUp     nothing as long as a reserve can be paid in, then one of the others

For `ByPosition` and `Reduced` lots are closed at the price of the breach and cost a fraction of their notional, which
is taken from the equity. If even closing everything leaves a negative balance, that balance is owed. `Closed` follows
`Account.close_out`, and its orders pay ordinary fees. Lots that were closed are never added back. A rule works on many
accounts with the same legs at once: arrays have the shape (accounts,) or (accounts, legs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from hedge_core.hedge.account import Account, Position
from hedge_core.hedge.legs import ShortLeg, traded
from hedge_core.market.snapshot import Floats
from hedge_core.market.venues import venue_of
from hedge_core.plan.plan import HedgePlan

MOST_CHECKS = 50
"""How often margin is checked on a straight way, besides the first breach: a later one is seen at the next check."""

CANDIDATES = 4_096
"""How many cuts are tried at once where no shorter search is exact."""


class Accounts(NamedTuple):
    """Accounts with their equity (USD), legs, whole lots (positive) and the reserve (USD) that can still be paid in."""

    equity: Floats
    position: Position
    lots: Floats
    reserve: Floats

    def at(self, where: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Accounts:
        """Some of the accounts."""
        position = Position(*(part[where] for part in self.position))
        return Accounts(self.equity[where], position, self.lots[where], self.reserve[where])

    def moved(self, account: Account, move: Floats, earned: Floats | float) -> Accounts:
        """The accounts after their coins have gone from the position's level to level + `move`; `earned` is USD."""
        gain = account.gain(self.position, move) + account.posted_gain(move)
        position = self.position._replace(level=self.position.level + move)
        return self._replace(equity=self.equity + gain + earned, position=position)

    def holding(self, lots: Floats) -> Accounts:
        """The accounts with fewer lots."""
        share = np.divide(lots, self.lots, out=np.zeros_like(self.lots), where=self.lots > 0.0)
        face, units, level = self.position
        return self._replace(position=Position(face * share, units * share, level), lots=lots)


class Settled(NamedTuple):
    """The accounts after a breach.

    `fee_notional` is the notional (USD) by leg that was closed by an ordinary order and pays its fees; other forced
    closes have been paid from the equity. `keeps_carry` is false where the carry earned so far is lost.
    """

    accounts: Accounts
    fee_notional: Floats
    keeps_carry: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BreachRule:
    """The base of all rules; a rule says in `on_the_day` what a breach does.

    `title` and `words` say it to the user, and `event` what has happened where something was closed; `charges_fees`
    says whether what it closes is closed by an ordinary order, with the fees of one.
    """

    title: ClassVar[str]
    words: ClassVar[str]
    event: ClassVar[str] = "contracts are closed by force"
    charges_fees: ClassVar[bool] = False

    @property
    def how(self) -> str:
        """What happens, as the end of a sentence that begins "Margin runs out along the way:"."""
        return self.words

    def on_the_day(
        self, account: Account, costs: Floats, before: Accounts, move: Floats, earned: Floats | float
    ) -> Settled:
        """Settle accounts that are in breach once their coins have gone from the present level to level + `move`.

        `costs` is the cost of a forced close by leg, a fraction of notional; `earned` is USD of carry on the way.
        """
        raise NotImplementedError

    def after_a_gap(self, account: Account, costs: Floats, before: Accounts, move: Floats) -> Settled:
        """As `on_the_day`, for prices that gap: what is closed is closed at level + `move`."""
        return self.on_the_day(account, costs, before, move, 0.0)

    def on_the_way(self, account: Account, costs: Floats, before: Accounts, move: Floats) -> Settled:
        """Accounts at the end of the straight way to level + `move`, every breach on it settled where it happens.

        Room is checked without a gap until the first breach, then from one fiftieth of the way to the next.
        """
        one = Settled(before, np.zeros_like(before.lots), np.ones(before.equity.shape, dtype=np.bool_))
        left, step = move, move / MOST_CHECKS
        for check in range(MOST_CHECKS):
            end = one.accounts.moved(account, left, 0.0)
            if not one.accounts.lots.any() or float(account.room(end.equity, end.position)[0]) >= 0.0:
                break
            way = float(account.border(one.accounts.equity, one.accounts.position, left)[0])
            part = way * left
            if check and np.abs(part).max() < np.abs(step).max():
                part = np.where(np.abs(step) < np.abs(left), step, left)
            one = self.on_the_day(account, costs, one.accounts, part, 0.0)
            left = left - part
        if one.accounts.lots.any():
            one = one._replace(accounts=one.accounts.moved(account, left, 0.0))
        return one


@dataclass(frozen=True, slots=True)
class Closed(BreachRule):
    """Everything is closed; see `Account.close_out`."""

    title: ClassVar[str] = "Everything is closed"
    words: ClassVar[str] = "the whole short is closed"
    event: ClassVar[str] = "the short is liquidated"
    charges_fees: ClassVar[bool] = True

    def on_the_day(
        self, account: Account, costs: Floats, before: Accounts, move: Floats, earned: Floats | float
    ) -> Settled:
        """Close all legs. If no broker carries them all, the equity and the carry earned so far are lost."""
        face, units, _ = before.position
        closed = account.close_out(before.equity, before.position, move, earned)
        worth = account.instruments.notional(face, units, closed.level)
        after = before._replace(equity=closed.equity, position=before.position._replace(level=closed.level))
        keeps_carry = np.full(before.equity.shape, account.is_carried_by_brokers)
        return Settled(after.holding(np.zeros_like(before.lots)), worth, keeps_carry)

    def after_a_gap(self, account: Account, costs: Floats, before: Accounts, move: Floats) -> Settled:
        """Close all legs at the gap; what a broker's account has left there remains, or is owed."""
        if not account.is_carried_by_brokers:
            return self.on_the_day(account, costs, before, move, 0.0)
        end = before.moved(account, move, 0.0)
        worth = account.instruments.notional(*end.position)
        return Settled(end.holding(np.zeros_like(end.lots)), worth, np.ones(before.equity.shape, dtype=np.bool_))

    def on_the_way(self, account: Account, costs: Floats, before: Accounts, move: Floats) -> Settled:
        """As `on_the_day`: `Account.close_out` follows the straight way itself."""
        return self.on_the_day(account, costs, before, move, 0.0)


@dataclass(frozen=True, slots=True)
class _Partly(BreachRule):
    """The base of rules that close lots at the price of the breach until equity covers the initial margin."""

    def on_the_day(
        self, account: Account, costs: Floats, before: Accounts, move: Floats, earned: Floats | float
    ) -> Settled:
        """Close the lots that the rule names, at level + `move`, and pay for it from the equity."""
        breached = before.moved(account, move, earned)
        kept = breached.holding(self._kept(account, costs, breached))
        after = kept._replace(equity=_equity_after(account, costs, breached, kept.lots))
        return Settled(after, np.zeros_like(before.lots), np.ones(before.equity.shape, dtype=np.bool_))

    def _kept(self, account: Account, costs: Floats, breached: Accounts) -> Floats:
        """The lots that each account keeps."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ByPosition(_Partly):
    """Whole legs are closed, the largest maintenance margin first, until equity covers the initial margin left."""

    title: ClassVar[str] = "Whole positions are closed, one after the other"
    words: ClassVar[str] = "whole positions are closed, the one with the largest maintenance margin first"

    def _kept(self, account: Account, costs: Floats, breached: Accounts) -> Floats:
        order = np.argsort(-account.maintenance_by_leg(breached.position), axis=1, kind="stable")
        lots, is_short = breached.lots.copy(), np.ones(breached.equity.shape, dtype=np.bool_)
        rows = np.arange(len(lots))
        for leg in order.T:
            lots[rows[is_short], leg[is_short]] = 0.0
            is_short &= ~_is_covered(account, costs, breached, lots)
            if not is_short.any():
                break
        return lots


@dataclass(frozen=True, slots=True)
class Reduced(_Partly):
    """Every leg is cut by the same share q, rounded up to whole lots: the smallest q that serves.

    q runs over k/n_j, for all legs j with n_j lots and k = 1 … n_j, and ceil(q·n_i) = (k·n_i + n_j − 1) // n_j lots of
    leg i are closed. The first q serves at which equity, after the cost of closing, is at least the initial margin of
    what remains. If none serves, everything is closed.
    """

    title: ClassVar[str] = "Every position is cut by the same share"
    words: ClassVar[str] = "every position is cut by the same share, the smallest that restores the initial margin"

    def _kept(self, account: Account, costs: Floats, breached: Accounts) -> Floats:
        if _helps_always(account, costs):
            return self._bisected(account, costs, breached)
        rows = np.arange(len(breached.lots)).reshape(-1, 1)
        return np.vstack([self._scanned(account, costs, breached.at(row)) for row in rows])

    def _bisected(self, account: Account, costs: Floats, breached: Accounts) -> Floats:
        """The lots kept if closing more always helps: the least k that serves for each leg j, and the least k/n_j."""
        n = breached.lots
        share, best = np.full(breached.equity.shape, np.inf), np.zeros_like(n)
        for leg in range(n.shape[1]):
            low, high = np.zeros(len(n)), n[:, leg].copy()
            while ((high - low) > 1.0).any():
                k = np.floor((low + high) / 2.0)
                serves = _is_covered(account, costs, breached, n - _cut(k, n, leg))
                is_open = (high - low) > 1.0
                high, low = np.where(is_open & serves, k, high), np.where(is_open & ~serves, k, low)
            q = np.divide(high, n[:, leg], out=np.full(len(n), np.inf), where=n[:, leg] > 0.0)
            best = np.where((q < share)[:, None], n - _cut(high, n, leg), best)
            share = np.minimum(share, q)
        return best

    def _scanned(self, account: Account, costs: Floats, breached: Accounts) -> Floats:
        """The lots that one account keeps, found by trying every q in increasing order."""
        for kept in _all_cuts(breached.lots[0]):
            one = breached.at(np.zeros(len(kept), dtype=np.intp))
            serves = np.flatnonzero(_is_covered(account, costs, one, kept))
            if serves.size:
                first: Floats = kept[serves[0]]
                return first
        return np.zeros(breached.lots.shape[1])


@dataclass(frozen=True, slots=True)
class ToppedUp(BreachRule):
    """The reserve is paid in, up to the initial margin; the rule `then` settles a breach that it cannot meet.

    The reserve is paid in whether or not it turns out to be enough.
    """

    then: BreachRule = ByPosition()
    title: ClassVar[str] = "The reserve is paid in first"
    words: ClassVar[str] = "the reserve is paid in"

    @property
    def how(self) -> str:
        """The reserve, then the rule that follows it."""
        return f"{self.words} but does not suffice, and {self.then.words}"

    def on_the_day(
        self, account: Account, costs: Floats, before: Accounts, move: Floats, earned: Floats | float
    ) -> Settled:
        """Pay in up to the initial margin at level + `move`; settle the rest by the rule `then`."""
        breached = before.moved(account, move, earned)
        missing = account.missing_to_open(breached.equity, breached.position)
        paid = np.minimum(before.reserve, np.maximum(missing, 0.0))
        funded = breached._replace(equity=breached.equity + paid, reserve=before.reserve - paid)
        is_met = (missing <= before.reserve) | (account.room(funded.equity, funded.position) >= 0.0)
        whole = Settled(funded, np.zeros_like(before.lots), np.ones(before.equity.shape, dtype=np.bool_))
        if is_met.all():
            return whole
        start = before._replace(equity=before.equity + paid, reserve=before.reserve - paid)
        income = np.broadcast_to(np.asarray(earned, dtype=np.float64), before.equity.shape)
        rest = self.then.on_the_day(account, costs, start.at(~is_met), move[~is_met], income[~is_met])
        return _merged(whole, rest, ~is_met)

    def after_a_gap(self, account: Account, costs: Floats, before: Accounts, move: Floats) -> Settled:
        """The rule `then`: the reserve cannot be paid in before the venue opens."""
        return self.then.after_a_gap(account, costs, before, move)


RULES: Mapping[str, BreachRule] = {"by_position": ByPosition(), "reduced": Reduced(), "closed": Closed()}
"""The rules of venues, by the name that a plan and a venue's file use. `ToppedUp` comes before one of them."""


@dataclass(frozen=True, eq=False, slots=True)
class Breach:
    """What happens to a plan's account when margin runs out.

    `costs` is the cost of a forced close by leg, a fraction of notional, and `reserve` the USD that can be paid in.
    """

    rule: BreachRule
    costs: Floats
    reserve: float = 0.0

    def on_the_way(self, account: Account, collateral: float, lots: Floats, move: Floats) -> Accounts:
        """The account, opened today with `collateral` USD, at the end of the straight way to `move` (fractions)."""
        one = self._opened(account, collateral, lots)
        end = one.moved(account, move[None], 0.0)
        if float(account.room(end.equity, end.position)[0]) >= 0.0:
            return end
        return self.rule.on_the_way(account, self.costs, one, move[None]).accounts

    def after_a_gap(self, account: Account, collateral: float, lots: Floats, move: Floats) -> Accounts:
        """As `on_the_way`, for prices that have gapped by `move` while the venue was shut."""
        one = self._opened(account, collateral, lots)
        end = one.moved(account, move[None], 0.0)
        is_met = float(account.room(end.equity, end.position)[0]) >= 0.0
        return end if is_met else self.rule.after_a_gap(account, self.costs, one, move[None]).accounts

    def _opened(self, account: Account, collateral: float, lots: Floats) -> Accounts:
        """The account as it is opened today."""
        today = Position(*(part[None] for part in account.today))
        return Accounts(np.array([collateral]), today, lots[None], np.array([self.reserve]))

    def apart(self, shares: Floats) -> tuple[Breach, ...]:
        """The same for each leg in an account of its own, with its share of the reserve."""
        parts = zip(self.costs.tolist(), (self.reserve * shares).tolist(), strict=True)
        return tuple(Breach(self.rule, np.array([cost]), reserve) for cost, reserve in parts)

    def beside(self, pledged: int) -> Breach:
        """The same for an account with so many pledged coins behind its legs, which cost nothing to close."""
        return replace(self, costs=np.concatenate([self.costs, np.zeros(pledged)])) if pledged else self

    def on_the_day(self, account: Account, before: Accounts, move: Floats, earned: Floats) -> Settled:
        """Accounts that are in breach at level + `move`, settled."""
        return self.rule.on_the_day(account, self.costs, before, move, earned)


def breach_of(plan: HedgePlan, legs: Sequence[ShortLeg]) -> Breach:
    """What happens to the account of these legs when margin runs out: as the plan says, else as its venue does.

    A plan that names a rule of venues gets it without the reserve; any other pays in the reserve first.
    """
    decisions = plan.decisions
    costs = [venue_of(leg.contract.venue).margin_runs_out.cost_of(leg.underlying) for leg in traded(legs)]
    stated = RULES.get(decisions.breach or "")
    of_venue = RULES[venue_of(decisions.venue).margin_runs_out.closes]
    rule = stated or (ToppedUp(of_venue) if decisions.reserve > 0.0 else of_venue)
    return Breach(rule, np.array(costs, dtype=np.float64), decisions.reserve if stated is None else 0.0)


def _equity_after(account: Account, costs: Floats, breached: Accounts, kept: Floats) -> Floats:
    """Equity (USD) after all but the lots `kept` are closed at the present level."""
    closed = breached.holding(breached.lots - kept).position
    equity: Floats = breached.equity - account.instruments.notional(*closed) @ costs
    return equity


def _is_covered(account: Account, costs: Floats, breached: Accounts, kept: Floats) -> npt.NDArray[np.bool_]:
    """Whether equity after closing all but the lots `kept` is at least their initial margin."""
    equity = _equity_after(account, costs, breached, kept)
    needed = account.initial_margin(breached.holding(kept).position) - account.support(breached.position.level)
    covered: npt.NDArray[np.bool_] = equity >= needed
    return covered


def _helps_always(account: Account, costs: Floats) -> bool:
    """Whether closing a lot always frees at least the initial margin that it costs: true but for very low rates."""
    for leg, cost in zip(account.legs, costs.tolist(), strict=True):
        rates = [tier.initial_rate for tier in leg.tiers]
        if rates[0] < cost or rates != sorted(rates):
            return False
    return True


def _cut(k: Floats, n: Floats, leg: int) -> Floats:
    """Lots closed of every leg if k of the n_j lots of `leg` are: ceil(k·n_i / n_j), in whole numbers."""
    n_j = np.maximum(n[:, leg], 1.0)[:, None]
    closed: Floats = np.floor_divide(k[:, None] * n + n_j - 1.0, n_j)
    return closed


def _all_cuts(n: Floats) -> Iterator[Floats]:
    """The lots kept at every q = k/n_j in increasing order, in blocks of shape (cuts, legs)."""
    k = np.concatenate([np.arange(1.0, lots + 1.0) for lots in n])
    n_j = np.repeat(n, n.astype(np.intp))
    order = np.argsort(k / n_j, kind="stable")
    for start in range(0, len(order), CANDIDATES):
        chosen = order[start : start + CANDIDATES]
        of = n_j[chosen, None]
        yield n - np.floor_divide(k[chosen, None] * n + of - 1.0, of)


def _merged(whole: Settled, rest: Settled, where: npt.NDArray[np.bool_]) -> Settled:
    """`whole` with the accounts at `where` replaced by those of `rest`."""

    def put(into: Floats, values: Floats) -> Floats:
        merged = into.copy()
        merged[where] = values
        return merged

    a, b = whole.accounts, rest.accounts
    position = Position(*(put(one, other) for one, other in zip(a.position, b.position, strict=True)))
    accounts = Accounts(put(a.equity, b.equity), position, put(a.lots, b.lots), put(a.reserve, b.reserve))
    keeps_carry = whole.keeps_carry.copy()
    keeps_carry[where] = rest.keeps_carry
    return Settled(accounts, put(whole.fee_notional, rest.fee_notional), keeps_carry)
