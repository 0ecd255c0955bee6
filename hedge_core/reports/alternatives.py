"""Alternatives as a table and as JSON: one row for each way, in the order of their ranks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.reports.json import chance_document, market_document
from hedge_core.simulation.distributions import Figure
from hedge_core.simulation.ways import Alternatives, Order, Way
from hedge_core.text import days_text, signed_usd, usd, whole_percent

COLUMNS = (
    "Way",
    "Worst 5%",
    "Average",
    "Lowest",
    "Forced close",
    "Up front",
    "Cash to keep ready",
    "Upside kept",
    "Per point",
    "Behind holding",
    "Past worst 5%",
)
"""The columns of `row`."""

NONE = "–"

LEAST_CASH_COST = 0.5
"""USD below which the cost of cash is not worth a word."""


def row(way: Way) -> tuple[str, ...]:
    """One way as text, in the order of COLUMNS; plus is money to the holder."""
    return (
        f"{way.label} (yours)" if way.is_own else way.label,
        signed_usd(-way.worst.value),
        signed_usd(way.end.mean.value),
        signed_usd(way.lowest_bad),
        NONE if way.closed is None else f"{way.closed.value:.1%}",
        signed_usd(-way.up_front),
        usd(way.cash) if way.cash else NONE,
        NONE if way.upside_kept is None else whole_percent(way.upside_kept).replace("-", "−"),
        NONE if way.point_cost is None else signed_usd(-way.point_cost),
        signed_usd(-way.regret),
        NONE if way.past is None else signed_usd(-way.past.worst.value),
    )


def reading(found: Alternatives) -> tuple[str, ...]:
    """What the columns mean, what the options are sized for, and what is missing, in sentences."""
    past = (
        f"The past has {found.stretches:,} periods of this length, {found.independent} without overlap."
        if any(way.past is not None for way in found.ways)
        else "The price history is too short for periods of this length."
    )
    is_cash_paid = any(way.cash_cost >= LEAST_CASH_COST for way in found.ways)
    cash = ", less what the cash of each way could have earned elsewhere" if is_cash_paid else ""
    return (
        f"Results after {days_text(found.horizon)} on {found.paths:,} paths{cash}; plus is money to you. Put and "
        f"collar are sized for {found.target}, and are the cheapest of all listed strikes and months.",
        "Lowest is the low point along the way on a bad path (5%). Upside kept is the share of the bag's gain on paths "
        "on which it gains. Per point is what taking one point (1% of the bag) off the worst 5% does to the average.",
        "The short is shown under each rule for what a venue closes when margin runs out: whole legs one after the "
        "other, every leg in parts, or everything. A reserve is paid in first. Strikes are shares of today's price.",
        past,
        *(f"{one.label}: {one.why}." for one in found.missing),
        *found.notes,
    )


def alternatives_document(assessment: HedgeAssessment, found: Alternatives) -> dict[str, Any]:
    """What `alternatives --json` prints: every way with its figures, the verdict, and what it rests on."""
    gap = found.gap
    return {
        "name": assessment.plan.name,
        "horizon_days": found.horizon,
        "bag_value": found.start_value,
        "paths": found.paths,
        "model": found.model,
        "verdict": found.verdict,
        "target": found.target,
        "volatility": {
            "source": found.surface,
            "put": found.put_volatility,
            "break_even": found.break_even_volatility,
            "paths": found.path_volatility,
        },
        "gap": None
        if gap is None
        else {
            "better": gap.better.kind,
            "other": gap.other.kind,
            "mean": asdict(gap.mean),
            "is_clear": gap.is_clear,
            "is_equal": gap.is_equal,
        },
        "ways": [_way(way) for way in found.ways],
        "missing": [{"label": one.label, "why": one.why} for one in found.missing],
        "past": {"stretches": found.stretches, "independent": found.independent},
        "warnings": [{"code": "alternatives", "text": note} for note in found.notes],
        "market": market_document(assessment.market),
    }


def _way(way: Way) -> dict[str, Any]:
    return {
        "kind": way.kind,
        "label": way.label,
        "is_own": way.is_own,
        "worst": asdict(way.worst),
        "mean": asdict(way.end.mean),
        "median": way.end.median,
        "lowest": way.lowest,
        "lowest_bad": way.lowest_bad,
        "closed": chance_document(way.closed),
        "up_front": way.up_front,
        "cash": way.cash,
        "cash_cost": way.cash_cost,
        "upside_kept": way.upside_kept,
        "regret": way.regret,
        "point_cost": way.point_cost,
        "past": None if way.past is None else {"worst": _figure(way.past.worst), "mean": way.past.mean},
        "orders": [_order(order) for order in way.orders],
    }


def _order(order: Order) -> dict[str, Any]:
    option = order.option
    return {
        "side": "buy" if order.is_bought else "sell",
        "contract": option.id,
        "underlying": option.series.underlying,
        "kind": option.kind,
        "strike": option.strike,
        "expiry": option.expiry.isoformat(),
        "contracts": order.contracts,
        "coins": order.contracts * option.series.contract_size,
        "price": order.price,
        "source": option.series.source,
        "verified_on": option.series.verified_on,
        "confidence": option.series.confidence,
    }


def _figure(figure: Figure) -> dict[str, float]:
    return asdict(figure)
