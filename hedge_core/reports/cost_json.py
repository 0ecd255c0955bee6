"""The costs of a leg as plain values for JSON."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hedge_core.hedge.costs import LegCost
from hedge_core.hedge.month_choice import MonthChoice
from hedge_core.hedge.trading_costs import TradingCost


def cost_document(leg: LegCost) -> dict[str, Any]:
    """The costs of one leg, the months that could be sold, and what one side costs in spread and slippage."""
    plain = {
        part.name: getattr(leg, part.name) for part in fields(leg) if part.name not in ("ends", "month", "one_side")
    }
    return {
        **plain,
        "fees": leg.fees,
        "roll_days": [day.isoformat() for day in leg.roll_days],
        "held_until": leg.held_until.isoformat() if leg.held_until else None,
        "month": None if leg.month is None else _month_document(leg.month),
        "one_side": None if leg.one_side is None else _trading_document(leg.one_side),
    }


def _month_document(choice: MonthChoice) -> dict[str, Any]:
    return {
        "reason": choice.reason,
        "candidates": [
            {
                "expiry": month.expiry.isoformat(),
                "roll_day": month.roll_day.isoformat(),
                "daily_volume": month.daily_volume,
                "trades_enough": month.trades_enough,
                "trading_cost": month.trading_cost,
                "carry": month.carry,
                "cost": month.cost,
                "roll_days": [day.isoformat() for day in month.roll_days],
            }
            for month in choice.candidates
        ],
    }


def _trading_document(cost: TradingCost) -> dict[str, Any]:
    return {
        "half_spread_rate": cost.half_spread_rate,
        "slippage_rate": cost.slippage_rate,
        "volume": cost.volume,
        "volatility": cost.volatility,
        "is_volume_assumed": cost.liquidity.is_volume_assumed,
        "is_spread_assumed": cost.liquidity.is_spread_assumed,
    }
