"""Hazards on paths: deleveraging, the loss of the venue and basis noise, day by day on many paths at once.

On each day prices move first, those of contracts with the basis noise on top; then margin is watched at the day's
high; then lots that were missing are opened again; then the venue deleverages by the closes (see `hedge.deleveraging`),
or fails. What is deleveraged is closed at the close for the cost of one side, as if you bought it back, is missing for
one day, and is opened again at the next close for the cost of one side, or on the first later day on which the equity
covers the initial margin. Lots closed for want of margin are never added back. Losing the venue takes collateral and
open profit and ends the hedge.

Each hazard has a random stream of its own beside that of the paths, so a hazard that is switched off changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.basis_noise import BasisNoise
from hedge_core.hedge.deleveraging import DeleveragingRule, deleveraging_rule, several_venues
from hedge_core.market.snapshot import PROXY_COINS, Floats
from hedge_core.market.venues import venue_of
from hedge_core.simulation.account import Book, ShortAccount
from hedge_core.simulation.bag import Ints
from hedge_core.simulation.separate_accounts import SeparateAccounts

LEAST_LEVEL = 1e-9
"""The lowest price of a contract relative to today's: the noise must not make it negative."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Hazards:
    """What can take the hedge away on paths.

    `loss_chances` are the chances per year that each of `venues` fails, by account, and `basis_noise` the standard
    deviation of a contract's distance from its coin. `leg_coins` and `columns` are the coins of the book and their
    indexes among those of the paths; the first `legs` of them are those of contracts, the others are pledged.
    `altcoins` are the indexes of the altcoins whose median counts, `proxies` those of Bitcoin and Ether.
    """

    rule: DeleveragingRule
    loss_chances: tuple[float, ...]
    basis_noise: float
    leg_coins: tuple[str, ...]
    columns: Ints
    legs: int
    altcoins: Ints
    proxies: Ints
    venues: tuple[str, ...] = ("",)

    @property
    def loss_chances_a_day(self) -> tuple[float, ...]:
        """The chance per day that each venue fails."""
        return tuple(1.0 - (1.0 - chance) ** (1.0 / 365.0) for chance in self.loss_chances)

    def start(self, random: np.random.Generator, paths: int) -> RunningHazards:
        """The hazards on `paths` paths."""
        return RunningHazards(self, random, paths)


def hazards_of(assessment: HedgeAssessment, book: Book, coins: tuple[str, ...]) -> Hazards:
    """The hazards of a plan whose book runs on paths of `coins`.

    The median altcoin is that of all coins of the paths but Bitcoin and Ether, or of these two if there is no other.
    """
    decided, figures = assessment.plan.decisions, assessment.plan.overrides.dangers
    several = several_venues(assessment.margin)
    venues = tuple(dict.fromkeys(several)) or (decided.venue,)
    stated = figures.loss_chance
    altcoins = [place for place, coin in enumerate(coins) if coin not in PROXY_COINS]
    proxies = [place for place, coin in enumerate(coins) if coin in PROXY_COINS]
    everything = list(range(len(coins)))
    return Hazards(
        rule=deleveraging_rule(assessment.plan, venues=several),
        loss_chances=tuple(venue_of(one).dangers.loss_chance if stated is None else stated for one in venues),
        basis_noise=figures.basis_noise,
        leg_coins=assessment.margin.coins,
        columns=book.columns,
        legs=len(assessment.traded_legs),
        altcoins=np.array(altcoins or everything, dtype=np.intp),
        proxies=np.array(proxies or everything, dtype=np.intp),
        venues=venues,
    )


class RunningHazards:
    """The hazards on running paths.

    `deleveraged_on` and `lost_on` are the days on which lots were first deleveraged and on which a venue first failed
    (0: never), shape (paths,), and `lost_today` the venues that failed on the last day, with their paths. `missing` are
    the lots that wait to be opened again, and `entry` is the level at which each leg was opened, shape (paths, legs).
    """

    def __init__(self, hazards: Hazards, random: np.random.Generator, paths: int) -> None:
        self._hazards = hazards
        of_noise, self._of_loss = random.spawn(2)
        legs = len(hazards.columns)
        sigma = hazards.basis_noise
        self._noise = BasisNoise(of_noise, sigma, paths, hazards.legs) if sigma else None
        self._before: Floats | None = None
        self._paths = paths
        self.missing = np.zeros((paths, legs))
        self.entry = np.ones((paths, legs))
        self.deleveraged_on = np.zeros(paths)
        self.lost_on = np.zeros(paths)
        self.lost_today: list[tuple[str, npt.NDArray[np.bool_]]] = []
        self._lost = np.zeros((len(hazards.venues), paths), dtype=np.bool_)

    def leg_levels(self, level: Floats) -> Floats:
        """The level of each leg's contract on a new day, shape (paths, legs); `level` is that of the coins."""
        hazards = self._hazards
        levels: Floats = level[:, hazards.columns]
        if self._noise is None:
            return levels
        moves = self._moves(level)
        self._noise.step(moves[:, hazards.proxies].mean(axis=1))
        contracts = np.maximum(levels[:, : hazards.legs] + self._noise.level, LEAST_LEVEL)
        return np.hstack([contracts, levels[:, hazards.legs :]])

    def strike(self, day: int, level: Floats, account: ShortAccount | SeparateAccounts) -> None:
        """What the hazards do at the close of `day`, after margin has been watched; `level` is that of the coins."""
        held = account.lots
        moves, self._before = self._moves(level), level
        self._open_again(account)
        if self._hazards.rule.share:
            self._deleverage(day, moves, held, account)
        self.lost_today = list(self._losses(day, account)) if any(self._hazards.loss_chances) else []

    def _moves(self, level: Floats) -> Floats:
        """The moves of all coins since the close before."""
        moves: Floats = level - 1.0 if self._before is None else level / self._before - 1.0
        return moves

    def _open_again(self, account: ShortAccount | SeparateAccounts) -> None:
        self.missing[account.closed_on > 0] = 0.0
        if not self.missing.any():
            return
        now = account.lots
        goal = np.where(account.lacks_margin(now + self.missing), now, now + self.missing)
        added = goal - now
        if not added.any():
            return
        whole = np.where(goal > 0.0, goal, 1.0)
        self.entry = np.where(added > 0.0, (now * self.entry + added * account.level) / whole, self.entry)
        self.missing -= added
        account.trade(goal)

    def _deleverage(self, day: int, moves: Floats, held: Floats, account: ShortAccount | SeparateAccounts) -> None:
        hazards = self._hazards
        in_market = hazards.rule.market_falls(np.median(moves[:, hazards.altcoins], axis=1), is_low=False)
        if not in_market.any():
            return
        fallen = hazards.rule.coin_falls(hazards.leg_coins, moves[:, hazards.columns], is_low=False)
        closed = hazards.rule.closed(held, fallen & in_market[:, None], account.level < self.entry)
        if not closed.any():
            return
        account.deleverage(closed)
        self.missing += closed
        first = closed.any(axis=1) & (self.deleveraged_on == 0.0)
        self.deleveraged_on[first] = day

    def _losses(
        self, day: int, account: ShortAccount | SeparateAccounts
    ) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
        """Let venues fail by their chances, each for itself; yield those that do, with the paths."""
        hazards = self._hazards
        for place, chance in enumerate(hazards.loss_chances_a_day):
            fails = (self._of_loss.random(self._paths) < chance) & ~self._lost[place]
            if not fails.any():
                continue
            self._lost[place] |= fails
            if len(hazards.venues) > 1 and isinstance(account, SeparateAccounts):
                legs = account.lose_one(place, fails)
                self.missing[np.ix_(fails, legs)] = 0.0
            else:
                account.lose(fails)
                self.missing[fails] = 0.0
            self.lost_on[fails & (self.lost_on == 0.0)] = day
            yield hazards.venues[place], fails
