"""Margin tiers: how a venue's margin rates grow with the size of a position."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MarginTier:
    """One tier of a venue's margin table; it starts at a notional of `notional_from` USD.

    Both rates are fractions of notional. `initial_rate` applies to the whole notional, `maintenance_rate` only to the
    part of it inside the tier (see `hedge.account.tier_deductions`).
    """

    notional_from: float
    initial_rate: float
    maintenance_rate: float
