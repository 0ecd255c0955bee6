"""Squeeze: the rally of the past year that would have cost today's shorts most, and the cash needed to survive it.

This tests the margin with rallies that happened. From every day of the past year, the coins' actual moves over the
following days are applied to the legs at their size of today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.snapshot import Days, Floats

HISTORY_DAYS = 365


@dataclass(frozen=True, eq=False, kw_only=True)
class Squeeze:
    """The worst stretch of past days for the shorts.

    `moves` (days, legs) are the coins' moves since the first of `days`, as fractions. `needed` (days,) is the USD of
    cash that the account must hold on each day. `initial` is the cash to open the hedge (USD), `collateral` the stated
    USD (None: not stated), `history_days` the number of days searched.
    """

    days: Days
    moves: Floats
    needed: Floats
    initial: float
    collateral: float | None
    history_days: int

    @property
    def start(self) -> date:
        """The day before the rally."""
        day: date = self.days[0].item()
        return day

    @property
    def most_needed(self) -> float:
        """USD that the account would have needed on the worst day."""
        return float(self.needed.max())

    @property
    def is_survived(self) -> bool | None:
        """Whether the stated collateral would have been enough; None if no collateral is stated."""
        return None if self.collateral is None else self.collateral >= self.most_needed

    @property
    def sentence(self) -> str:
        """What happened in the stretch, and whether the collateral would have been enough."""
        rise = float(self.moves[int(self.needed.argmax())].max())
        history, length = f"the {self.history_days} days of history", len(self.days) - 1
        if rise <= 0.0 or self.most_needed <= self.initial * (1.0 + 1e-9):
            return f"In {history}, no {length}-day period needed more than the ${self.initial:,.0f} to open the hedge."
        text = (
            f"In {history}, the worst {length} days for these shorts began on {self.start:%d %b %Y}: their coins rose "
            f"by up to {rise:.0%}, and the account would have needed ${self.most_needed:,.0f} "
            f"(${self.initial:,.0f} to open the hedge)."
        )
        if self.is_survived is None:
            return text
        if self.collateral is not None and self.collateral < self.initial:
            return f"{text} Your ${self.collateral:,.0f} is too little to open the hedge."
        if self.is_survived:
            return f"{text} Your ${self.collateral:,.0f} would have been enough."
        return f"{text} Your ${self.collateral:,.0f} would not have been enough: the short would have been liquidated."


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
    return Squeeze(
        days=history.days[-len(closes) :][start : start + days + 1],
        moves=path[:, : len(margin.legs)],
        needed=margin.collateral_needed(path),
        initial=margin.cash_to_open,
        collateral=margin.collateral,
        history_days=len(closes) - 1,
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
