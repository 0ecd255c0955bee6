"""Margin: what a short needs, and the rally that ends it.

A short of Q coins entered at E with collateral W is closed by the venue when the equity falls to the maintenance
margin. With the maintenance rate mu, the close fee f and the tier's deduction c, all of one position alone:

    linear    P* = (W + c + Q·E) / (Q·(1 + mu + f))
    inverse   P* = F·(1 − mu − f) / (F/E − W − c), W and c in coin; never when W + c >= F/E

Several legs that share one account are judged at a common rally of all their underlyings, the case that
matters: r* = (W − sum of mu·N) / sum of (1 + mu)·N. Gains on coins held elsewhere do not support the short.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hedge_core.errors import InvalidInput
from hedge_core.sizing import HedgeLeg

ASSUMED_MARGIN_RATE = 0.4
"""Taken as initial and maintenance rate where the catalogue has none; on the careful side."""


def short_liquidation_price(
    *,
    quantity: float,
    entry_price: float,
    collateral: float,
    maintenance_rate: float,
    close_fee_rate: float = 0.0,
    deduction: float = 0.0,
) -> float:
    """Price (USD) at which a linear short of `quantity` coins is liquidated; collateral and deduction in USD."""
    if quantity <= 0 or entry_price <= 0:
        raise InvalidInput("A liquidation price needs a quantity and an entry price above zero.")
    return (collateral + deduction + quantity * entry_price) / (quantity * (1.0 + maintenance_rate + close_fee_rate))


def short_liquidation_price_inverse(
    *,
    face: float,
    entry_price: float,
    collateral: float,
    maintenance_rate: float,
    close_fee_rate: float = 0.0,
    deduction: float = 0.0,
) -> float:
    """Price (USD) at which an inverse short of `face` USD is liquidated; collateral and deduction in coin.

    Infinite when the collateral covers the whole face in coin.
    """
    if face <= 0 or entry_price <= 0:
        raise InvalidInput("A liquidation price needs a face and an entry price above zero.")
    uncovered = face / entry_price - collateral - deduction
    return face * (1.0 - maintenance_rate - close_fee_rate) / uncovered if uncovered > 0 else math.inf


@dataclass(frozen=True, slots=True)
class MarginRequirement:
    """Margin of all legs in one account, USD.

    `initial` is needed to open, `maintenance` to keep the legs at today's prices. `rally_survived` is the
    common rise (a fraction) of the underlyings at which the account is liquidated or called, None where no
    collateral is stated or there is no short. `is_assumed` says that a rate is not from the venue's table.
    """

    initial: float
    maintenance: float
    notional: float
    collateral: float | None
    is_assumed: bool

    @property
    def is_enough_to_open(self) -> bool | None:
        """Whether the collateral covers the initial margin; None when no collateral is stated."""
        return None if self.collateral is None else self.collateral >= self.initial

    @property
    def rally_survived(self) -> float | None:
        """r* = (W − maintenance) / (notional + maintenance), not below zero."""
        if self.collateral is None or self.notional <= 0:
            return None
        return max(0.0, (self.collateral - self.maintenance) / (self.notional + self.maintenance))

    @property
    def leverage(self) -> float | None:
        """Notional over collateral."""
        return self.notional / self.collateral if self.collateral else None

    def collateral_for(self, rally: float) -> float:
        """Collateral (USD) with which the account just survives a common rally: r·N + (1 + r)·maintenance."""
        return max(self.initial, rally * self.notional + (1.0 + rally) * self.maintenance)


def maintenance_rate(leg: HedgeLeg) -> float:
    """The leg's maintenance rate: the catalogue's, else the assumption."""
    rate = leg.contract.maintenance_margin_rate
    return ASSUMED_MARGIN_RATE if rate is None else rate


def initial_rate(leg: HedgeLeg) -> float:
    """The leg's initial rate: the catalogue's, never below the maintenance rate."""
    rate = leg.contract.initial_margin_rate
    return maintenance_rate(leg) if rate is None else max(rate, maintenance_rate(leg))


def margin_requirement(legs: Sequence[HedgeLeg], collateral: float | None) -> MarginRequirement:
    """The margin of all legs in one account with `collateral` USD (None: not stated)."""
    initial = maintenance = 0.0
    is_assumed = False
    for leg in legs:
        if not leg.contracts:
            continue
        initial += leg.notional * initial_rate(leg)
        maintenance += leg.notional * maintenance_rate(leg)
        limit = leg.contract.margin_tier_limit
        is_beyond_tier = limit is not None and leg.notional > limit
        is_assumed = is_assumed or is_beyond_tier or (leg.contract.margin_is_assumed and leg.contract.is_catalogued)
    return MarginRequirement(initial, maintenance, sum(leg.notional for leg in legs), collateral, is_assumed)
