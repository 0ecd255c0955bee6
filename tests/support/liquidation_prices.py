"""The price that ends a single short, in closed form: an independent reference for the account in `hedge_core`.

A short of Q coins entered at E with collateral W is closed by the venue when the equity falls to the maintenance
margin. With the maintenance rate mu, the close fee f and the tier's deduction c:

    linear    P* = (W + c + Q·E) / (Q·(1 + mu + f))
    inverse   P* = F·(1 − mu − f) / (F/E − W − c), F the face in USD, W and c in coin; never when W + c >= F/E
    on an exchange with brokers the margin is called at (E + W/Q) / (1 + mu), or at E + (W − M)/Q for a fixed M

`tests/hedge/test_liquidation.py` holds these against figures that venues and other programs publish, and the account
of `hedge_core.hedge.margin` against both.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

from hedge_core.errors import InvalidInput
from hedge_core.hedge.account import tier_deductions
from hedge_core.market.contracts import MarginTier


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


def tiered_liquidation_price(
    *,
    quantity: float,
    entry_price: float,
    collateral: float,
    tiers: Sequence[MarginTier],
    close_fee_rate: float = 0.0,
) -> float:
    """Price (USD) at which a linear short is liquidated under a margin table; the tier is that at that very price.

    The table is walked from the tier of today's notional upwards (and down, where the collateral is already short)
    until the price that a tier gives lies in that tier. `collateral` is in USD.
    """
    deductions = tier_deductions(tiers)
    floors = [tier.notional_from for tier in tiers]
    place = max(0, bisect_right(floors, quantity * entry_price) - 1)
    for _ in range(2 * len(tiers) + 1):
        price = short_liquidation_price(
            quantity=quantity,
            entry_price=entry_price,
            collateral=collateral,
            maintenance_rate=tiers[place].maintenance_rate,
            close_fee_rate=close_fee_rate,
            deduction=deductions[place],
        )
        right = max(0, bisect_right(floors, quantity * price) - 1)
        if right == place:
            return price
        place += 1 if right > place else -1
    return floors[place] / quantity  # the price lies on the border of two tiers, where both give the same


def margin_call_price(
    *,
    entry_price: float,
    equity: float,
    quantity: float,
    maintenance_rate: float | None = None,
    maintenance: float | None = None,
) -> float:
    """Price (USD) at which the margin of an exchange-traded short is called.

    `quantity` in coins, `equity` in USD, at `entry_price`; give either a `maintenance_rate` (a fraction of notional) or
    a fixed `maintenance` in USD for the whole position. A call asks for the initial margin again.
    """
    if quantity <= 0 or entry_price <= 0 or (maintenance_rate is None) == (maintenance is None):
        raise InvalidInput("A call price needs a quantity and a price above zero, and one kind of maintenance margin.")
    if maintenance is not None:
        return entry_price + (equity - maintenance) / quantity
    assert maintenance_rate is not None
    return (entry_price + equity / quantity) / (1.0 + maintenance_rate)


def wipe_out_price(*, entry_price: float, equity: float, quantity: float) -> float:
    """Price (USD) at which a linear short of `quantity` coins has lost the whole equity (USD)."""
    return entry_price + equity / quantity
