"""Deleveraging: a venue closes winning shorts because the losers on the other side cannot pay.

A contract is struck on a day on which both are true, with all falls measured from the close before:

    fall of the coin's low            >= the threshold of the coin
    fall of the median altcoin's low  >= the threshold of the median

Where only closes are known, every threshold is multiplied by CLOSES_ONLY: on 2025-10-10 the coins closed far above
their lows. Of each winning short (below its entry) floor(share·lots) are closed, at a stated share of the day's close
but not below its low, or at the close where no low is known. Thresholds, share and price are assumptions from what is
known of 2025-10-10, and the plan may state its own.

What is closed costs what buying it back costs, fee and half the spread (`closing_fees`). Some venues charge their fee
for it and others nothing; the cautious reading is taken for all of them.

Whom a venue closes first is decided by a queue. Most rank by profit × leverage: see `score`, which tells what more cash
does to the rank of a plan's short. Where it stands among others, and so its share, nobody outside the venue can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.instruments import A
from hedge_core.market.snapshot import Floats
from hedge_core.market.venues import venue_of
from hedge_core.plan.dangers import Dangers
from hedge_core.plan.plan import HedgePlan

CLOSES_ONLY = 0.22 / 0.40
"""The share of a threshold that counts if only closes are known: a close 22% down stands for a low 40% down."""

EXPECTED_SHARE = 0.2
"""The share of each winning short that is closed: 15 to 19% of all shorts were on Hyperliquid on 2025-10-10."""

STRESS_SHARE = 0.5
WHOLE = 1.0
"""The worst case: 93% of the fills of 2025-10-10 closed the whole position."""

LARGE = ("SOL", "BNB")
"""The coins that count as large beside Bitcoin and Ether."""


@dataclass(frozen=True, slots=True)
class DeleveragingRule:
    """When shorts are struck, and what share of them is closed.

    `is_exposed` says which legs are at a venue that deleverages, where legs are at several venues; () if all are alike.
    """

    share: float
    figures: Dangers
    is_exposed: tuple[bool, ...] = ()

    def threshold(self, coin: str) -> float:
        """The fall of the coin's low (a fraction) from which its contract is struck."""
        figures = self.figures
        if coin in LARGE:
            return figures.large_fall
        return {"BTC": figures.bitcoin_fall, "ETH": figures.ether_fall}.get(coin, figures.altcoin_fall)

    def coin_falls(self, coins: Sequence[str], moves: Floats, *, is_low: bool) -> npt.NDArray[np.bool_]:
        """Which coins have fallen far enough, shape (..., coins).

        `moves` (fractions, negative for falls) go from the close before to the day's low, or to its close if not
        `is_low`. NaN has not fallen.
        """
        thresholds = np.array([self.threshold(coin) for coin in coins])
        fallen: npt.NDArray[np.bool_] = moves <= -(1.0 if is_low else CLOSES_ONLY) * thresholds
        return fallen

    def market_falls(self, median: A, *, is_low: bool) -> npt.NDArray[np.bool_]:
        """Whether the median altcoin has fallen far enough; `median` and `is_low` as the moves of `coin_falls`."""
        return np.asarray(median) <= -(1.0 if is_low else CLOSES_ONLY) * self.figures.median_fall

    def closed(self, lots: Floats, struck: npt.NDArray[np.bool_], is_winning: npt.NDArray[np.bool_]) -> Floats:
        """The lots that are closed: floor(share·lots) of each winning short that is struck."""
        here = struck & is_winning & (np.array(self.is_exposed) if self.is_exposed else True)
        closed: Floats = np.where(here, np.floor(self.share * lots + 1e-9), 0.0)
        return closed

    def fill(self, close: Floats, low: Floats) -> Floats:
        """The levels at which lots are closed: a share of the close, not below the low; NaN as low gives the close."""
        filled: Floats = np.where(np.isnan(low), close, np.fmin(np.fmax(self.figures.fill_price * close, low), close))
        return filled


def closing_fees(lots: Floats, lot_worth: Floats, side_cost: Floats) -> Floats:
    """What it costs that the venue closes `lots`: one side of the plan's costs on what they are worth there, USD.

    `lot_worth` is the notional (USD) of one lot of each leg at the price at which it is closed and `side_cost` the cost
    of one side (a fraction). All have legs as their last axis, over which the result is summed.
    """
    fees: Floats = (lots * lot_worth) @ side_cost
    return fees


def deleveraging_rule(plan: HedgePlan, share: float | None = None, *, venues: Sequence[str] = ()) -> DeleveragingRule:
    """The rule of a plan, with `share` instead of its own if that is given.

    The share is what the plan states, else EXPECTED_SHARE at a venue that deleverages or may do so, and 0 elsewhere.
    `venues` are those of the legs where they are at several: then nothing is closed at a venue that does not.
    """
    figures = plan.overrides.dangers
    exposed = tuple(venue_of(venue).dangers.can_deleverage for venue in venues)
    can = any(exposed) if exposed else venue_of(plan.decisions.venue).dangers.can_deleverage
    usual = EXPECTED_SHARE if can else 0.0
    stated = usual if figures.deleveraged_share is None else figures.deleveraged_share
    return DeleveragingRule(stated if share is None else share, figures, exposed)


def several_venues(margin: MarginRequirement) -> tuple[str, ...]:
    """The venue of each leg, if legs are at several and each has an account; else ()."""
    return margin.venues if margin.is_by_venue else ()


class Queued(NamedTuple):
    """A short in a venue's queue: its lots (positive), entry and mark price, and the balance of its account in USD."""

    lots: float
    entry: float
    mark: float
    balance: float


def score(short: Queued) -> float:
    """The rank of a short in the queue, the highest first: profit × leverage, or profit / leverage of a loser.

    Profit is a share of the entry price, and leverage the notional divided by balance and open profit. That is how
    Binance and OKX describe their queues.
    """
    profit = (short.entry - short.mark) / short.entry
    equity = short.balance + short.lots * (short.entry - short.mark)
    leverage = short.lots * short.mark / equity
    return profit * leverage if profit >= 0.0 else profit / leverage
