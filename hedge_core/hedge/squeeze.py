"""Squeeze: the rally of the past year in which these shorts would have lost most, and the cash it would have taken.

A margin that survives a rally on paper is tested by one that happened: from every day of the history on, the coins'
moves over the next days, the legs as they are today.
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
    """The worst stretch for the shorts: its days, the coins' moves from its first day, and the collateral needed.

    `moves` has shape (days, legs), `needed` (days,) in USD: what the account must hold on each day.
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
        """USD that the account had to hold on the worst day."""
        return float(self.needed.max())

    @property
    def is_survived(self) -> bool | None:
        """Whether the stated collateral would have been enough; None when none is stated."""
        return None if self.collateral is None else self.collateral >= self.most_needed

    @property
    def sentence(self) -> str:
        """The stretch in words."""
        rise = float(self.moves[int(self.needed.argmax())].max())
        history = f"the {self.history_days} days of history"
        if rise <= 0.0 or self.most_needed <= self.initial * (1.0 + 1e-9):
            return f"In {history} no {len(self.days) - 1} days asked for more than the ${self.initial:,.0f} to open."
        text = (
            f"In the worst {len(self.days) - 1} days of {history} for these shorts, from {self.start:%d %b %Y}, their "
            f"coins rose by up to {rise:.0%}: the account had to hold ${self.most_needed:,.0f} "
            f"(${self.initial:,.0f} to open)."
        )
        if self.is_survived is None:
            return text
        if self.collateral is not None and self.collateral < self.initial:
            return f"{text} Your ${self.collateral:,.0f} does not open it."
        if self.is_survived:
            return f"{text} Your ${self.collateral:,.0f} would have been enough."
        return f"{text} Your ${self.collateral:,.0f} would not have been enough: the short would have been closed."


def worst_squeeze(assessment: HedgeAssessment, *, days: int = 30) -> Squeeze | None:
    """The stretch of `days` in the last year with the greatest loss of the shorts on its way.

    None without a short, or where the history of the contracts' coins is shorter than that or has gaps throughout.
    """
    margin, history = assessment.margin, assessment.market.history
    coins = [leg.underlying for leg in margin.legs]
    if not coins or any(coin not in history for coin in coins):
        return None
    closes = np.column_stack([history.of(coin) for coin in coins])[-HISTORY_DAYS - 1 :]
    if len(closes) <= days:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(closes, days + 1, axis=0)
    moves = windows / windows[:, :, :1] - 1.0
    losses = np.einsum("l,slt->st", np.array([leg.notional for leg in margin.legs]), moves)
    whole = ~np.isnan(losses).any(axis=1)
    if not whole.any():
        return None
    start = int(np.flatnonzero(whole)[losses[whole].max(axis=1).argmax()])
    path = moves[start].T
    return Squeeze(
        days=history.days[-len(closes) :][start : start + days + 1],
        moves=path,
        needed=margin.collateral_needed(path),
        initial=margin.initial,
        collateral=margin.collateral,
        history_days=len(closes) - 1,
    )


def rallies_by_leader(assessment: HedgeAssessment) -> tuple[tuple[str, float], ...]:
    """For each coin that is shorted, the rise of it that ends the account if the others follow by their covariance.

    When coin j rises by r, coin k is taken to move by r·S_jk / S_jj. Empty without collateral, and where the covariance
    is only assumed.
    """
    if assessment.is_covariance_assumed:
        return ()
    traded = [place for place, leg in enumerate(assessment.legs) if leg.contracts]
    S = assessment.covariance[np.ix_(traded, traded)]
    rallies = []
    for leader, leg in enumerate(assessment.margin.legs):
        rise = assessment.margin.rally_along((S[leader] / S[leader, leader]).tolist())
        if rise is not None:
            rallies.append((leg.underlying, rise))
    return tuple(rallies)
