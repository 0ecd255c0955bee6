"""Squeeze: the rally of the past year that would have cost today's shorts most, and the cash needed to survive it.

This tests the margin with rallies that happened. From every day of the past year, the coins' actual moves over the
following days are applied to the legs at their size of today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.currency import DOLLARS, Rate
from hedge_core.market.snapshot import Days, Floats

HISTORY_DAYS = 365

LEAST_CASH = 0.5
"""USD below which pledged coins carry the account, so that no cash is said to be needed."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Squeeze:
    """The worst stretch of past days for the shorts.

    `moves` (days, legs) are the coins' moves since the first of `days`, as fractions. `needed` (days,) is the USD of
    cash that the account must hold on each day; of accounts at several venues, what each must hold, added up.
    `most_needed` is the USD needed through the whole stretch: of accounts at several venues (`is_by_venue`), what each
    needs on its own worst day, added up, since cash does not move between them. `initial` is the cash to open the hedge
    (USD), `collateral` the stated USD (None: not stated), `is_survived` says whether that would have been enough where
    it lies, `history_days` is the number of days searched.
    """

    days: Days
    moves: Floats
    needed: Floats
    most_needed: float
    initial: float
    collateral: float | None
    is_survived: bool | None
    history_days: int
    is_by_venue: bool = False

    @property
    def start(self) -> date:
        """The day before the rally."""
        day: date = self.days[0].item()
        return day

    @property
    def sentence(self) -> str:
        """What happened in the stretch, and whether the collateral would have been enough, in USD."""
        return self.told(DOLLARS)

    def told(self, rate: Rate) -> str:
        """As `sentence`, with its amounts in the currency of `rate`."""
        initial, most_needed = rate.amount(self.initial), rate.amount(self.most_needed)
        yours = "" if self.collateral is None else f"Your {rate.amount(self.collateral)}"
        worst = self.moves if self.is_by_venue else self.moves[int(self.needed.argmax())]
        rise = float(worst.max())
        history, length = f"the {self.history_days} days of history", len(self.days) - 1
        if rise <= 0.0 or self.most_needed <= self.initial * (1.0 + 1e-9):
            more = f"more than the {initial} to open the hedge" if self.initial >= LEAST_CASH else "any cash"
            return f"In {history}, no {length}-day period needed {more}."
        is_one = self.moves.shape[1] == 1
        began = f"{'this short' if is_one else 'these shorts'} began on {self.start:%d %b %Y}"
        rose = f"its coin rose by {rise:.0%}" if is_one else f"their coins rose by up to {rise:.0%}"
        who, in_all = ("the accounts", " in all") if self.is_by_venue else ("the account", "")
        text = (
            f"In {history}, the worst {length} days for {began}: {rose}, and {who} would have needed "
            f"{most_needed}{in_all} ({initial} to open the hedge)."
        )
        if self.is_survived is None:
            return text
        if self.collateral is not None and self.collateral < self.initial:
            return f"{text} {yours} is too little to open the hedge."
        if self.is_survived:
            return f"{text} {yours} would have been enough."
        if self.is_by_venue:
            is_misplaced = self.collateral is not None and self.collateral >= self.most_needed
            where = " where it lies" if is_misplaced else ""
            return f"{text} {yours} would not have been enough{where}: the short at a venue would have been liquidated."
        return f"{text} {yours} would not have been enough: the short would have been liquidated."


def worst_squeeze(assessment: HedgeAssessment, *, days: int = 30) -> Squeeze | None:
    """The stretch of `days` days in the past year with the largest running loss of today's shorts, or None.

    None if nothing is short, if the history of the contracts' coins is shorter than `days`, or if every stretch has a
    gap.
    """
    margin, history = assessment.margin, assessment.market.history
    coins = margin.coins
    if not margin.legs or any(coin not in history for coin in coins):
        return None
    closes = np.column_stack([history.of(coin) for coin in coins])[-HISTORY_DAYS - 1 :]
    if len(closes) <= days:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(closes, days + 1, axis=0)
    moves = windows / windows[:, :, :1] - 1.0
    along = np.moveaxis(moves, 1, -1)
    losses = -margin.account.gain(margin.account.today, along) - margin.account.support(along)
    whole = ~np.isnan(losses).any(axis=1)
    if not whole.any():
        return None
    start = int(np.flatnonzero(whole)[losses[whole].max(axis=1).argmax()])
    path = moves[start].T
    needed = margin.needed_by_account(path).sum(axis=-1) if margin.is_by_venue else margin.collateral_needed(path)
    most_needed = margin.needed_in_all(path) if margin.is_by_venue else float(needed.max())
    lacks = max(map(margin.missing, path)) if margin.is_by_venue else most_needed - (margin.collateral or 0.0)
    return Squeeze(
        days=history.days[-len(closes) :][start : start + days + 1],
        moves=path[:, : len(margin.legs)],
        needed=needed,
        most_needed=most_needed,
        initial=margin.cash_to_open,
        collateral=margin.collateral,
        is_survived=None if margin.collateral is None else bool(lacks <= 0.0),
        history_days=len(closes) - 1,
        is_by_venue=margin.is_by_venue,
    )


def rallies_by_leader(assessment: HedgeAssessment) -> tuple[tuple[str, float], ...]:
    """For each coin that is short, the rise (a fraction) at which the account is closed if the other coins follow it.

    When coin j rises by r, coin k is assumed to move by r·S_jk / S_jj, and a pledged coin that is not short stays where
    it is. Empty if no collateral is stated or the covariance is only assumed.
    """
    if assessment.is_covariance_assumed:
        return ()
    traded = [place for place, leg in enumerate(assessment.legs) if leg.contracts]
    S = assessment.covariance[np.ix_(traded, traded)]
    rallies = []
    for leader, leg in enumerate(assessment.margin.legs):
        rises = dict(
            zip((one.underlying for one in assessment.margin.legs), S[leader] / S[leader, leader], strict=True)
        )
        rise = assessment.margin.rally_along([float(rises.get(coin, 0.0)) for coin in assessment.margin.coins])
        if rise is not None:
            rallies.append((leg.underlying, rise))
    return tuple(rallies)
