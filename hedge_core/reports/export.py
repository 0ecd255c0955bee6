"""Results as documents: what `--json` prints, and the order ticket.

Names here are an interface: scripts read them. A short shows as a positive count with a side.
"""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from hedge_core.exposure.betas import BetaEstimate
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.costs import LegCost
from hedge_core.hedge.held_coins import Position
from hedge_core.hedge.insurance import InsuranceQuote, insurance_quote
from hedge_core.hedge.sizing import HedgeLeg
from hedge_core.market.contracts import Contract
from hedge_core.market.expiries import held_expiry
from hedge_core.market.snapshot import MarketSnapshot

PRACTICE = "PRACTICE on simulated prices: not for orders"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def spreadsheet_safe(text: str) -> str:
    """The text on one line, with an apostrophe in front where a spreadsheet would read it as a formula.

    Control characters become spaces: a bare carriage return would begin a new row, and with it a new formula.
    """
    text = _CONTROL.sub(" ", text).strip()
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One line of the order ticket, for the venue's own order form; `ends_on` is the expiry of a dated future."""

    action: str
    quantity: float
    contract: str
    venue: str
    size: str
    price: float
    notional: float
    ends_on: date | None = None

    @property
    def sentence(self) -> str:
        """The order in plain words."""
        return (
            f"{self.action} {self.quantity:,.10g} x {self.contract}{_ending(self.ends_on)} on {self.venue} "
            f"(each {self.size}), about ${self.notional:,.2f} at ${_price_text(self.price)} a coin."
        )


def order_ticket(assessment: HedgeAssessment) -> tuple[Order, ...]:
    """The orders that put the hedge on, one for each leg that has a contract to trade."""
    return tuple(
        Order(
            action="Sell short",
            quantity=leg.contract.quantity(leg.contracts),
            contract=leg.contract.code,
            venue=leg.contract.venue,
            size=_contract_size_text(leg.contract),
            price=leg.price,
            notional=leg.notional,
            ends_on=held_expiry(leg.contract, assessment.market.as_of.date()),
        )
        for leg in assessment.legs
        if leg.contracts
    )


def _ending(day: date | None) -> str:
    return f" of {day:%d %b %Y}" if day is not None else ""


def order_ticket_csv(assessment: HedgeAssessment) -> str:
    """The order ticket and the stop orders as CSV, with its market and date; headed PRACTICE where it must be."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if assessment.market.simulated:
        writer.writerow([PRACTICE])
    market = assessment.market
    writer.writerow([spreadsheet_safe(f"Prices: {market.source} as of {market.as_of:%Y-%m-%d %H:%M} UTC")])
    writer.writerow(["action", "quantity", "contract", "venue", "each", "price_usd", "notional_usd", "ends_on"])
    for order in order_ticket(assessment):
        row = [order.action, f"{order.quantity:.10g}", order.contract, order.venue, order.size]
        ends_on = order.ends_on.isoformat() if order.ends_on else ""
        writer.writerow([*map(spreadsheet_safe, row), f"{order.price:.10g}", f"{order.notional:.2f}", ends_on])
    for stop in assessment.stop_orders:
        if stop.stop_price is not None:
            notional = stop.quantity * stop.stop_price
            row = ["Sell stop", f"{stop.quantity:.10g}", stop.coin, "where you hold it", f"1 {stop.coin}"]
            writer.writerow([*row, f"{stop.stop_price:.10g}", f"{notional:.2f}", ""])
    return out.getvalue()


def assessment_document(assessment: HedgeAssessment) -> dict[str, Any]:
    """What `propose --json` prints: plain values only, money in USD, fractions as fractions."""
    plan, market, margin, costs = assessment.plan, assessment.market, assessment.margin, assessment.costs
    return {
        "name": plan.name,
        "notes": plan.notes,
        "approach": plan.decisions.approach,
        "method": plan.decisions.method,
        "rounding": plan.decisions.rounding,
        "bag_value": assessment.bag_value,
        "hedgeable_value": assessment.hedgeable_value,
        "hedge_ratio": assessment.hedge_ratio,
        "achieved_hedge_ratio": assessment.achieved_hedge_ratio,
        "residual_exposure": assessment.residual_exposure,
        "betas": [
            _beta_document(position.holding.coin, estimate)
            for position in assessment.positions
            for estimate in position.estimates
        ],
        "positions": [
            {
                "coin": position.holding.coin,
                "quantity": position.holding.quantity,
                "price": position.price,
                "price_from": _price_from(position, market),
                "price_as_of": position.quote.as_of.isoformat() if position.quote else None,
                "value": position.value,
                "status": position.status,
                "route": position.route,
                "proxy": position.proxy,
                "proxies": list(position.proxies),
                "reason": position.reason,
            }
            for position in assessment.positions
        ],
        "legs": [_leg_document(leg) for leg in assessment.legs],
        "orders": [order.sentence for order in order_ticket(assessment)],
        "stop_orders": [asdict(stop) for stop in assessment.stop_orders],
        "margin": {
            "initial": margin.initial,
            "maintenance": margin.maintenance,
            "collateral": margin.collateral,
            "rally_survived": _finite(margin.rally_survived),
            "is_never_closed": margin.rally_survived == math.inf,
            "leverage": margin.leverage,
            "legs": [
                {
                    "contract": alone.leg.contract_id,
                    "collateral": alone.collateral,
                    "end_price": _finite(alone.end_price),
                    "rally_survived": _finite(alone.rally_survived),
                }
                for alone in margin.isolated()
            ],
            "is_assumed": margin.is_assumed,
        },
        "costs": {
            "horizon_days": costs.horizon_days,
            "fees": costs.fees,
            "carry": costs.carry,
            "is_carry_known": costs.is_carry_known,
            "legs": [_cost_document(leg) for leg in costs.legs],
        },
        "insurance": _insurance_document(insurance_quote(assessment)),
        "warnings": [asdict(notice) for notice in assessment.notices],
        "market": {
            "source": market.source,
            "as_of": market.as_of.isoformat(),
            "simulated": market.simulated,
            "practice": assessment.is_practice,
        },
    }


def _cost_document(leg: LegCost) -> dict[str, Any]:
    return {
        **asdict(leg),
        "fees": leg.fees,
        "roll_days": [day.isoformat() for day in leg.roll_days],
        "held_until": leg.held_until.isoformat() if leg.held_until else None,
    }


def _insurance_document(quote: InsuranceQuote) -> dict[str, Any]:
    costs = {"cost": quote.cost, "cost_low": quote.cost_low, "cost_high": quote.cost_high}
    falls = {
        name.replace("cost", "break_even_fall", 1): None if cost is None else quote.break_even_fall(cost)
        for name, cost in costs.items()
    }
    return {
        "horizon_days": quote.horizon_days,
        **costs,
        **falls,
        "fees": quote.fees,
        "carry": quote.carry,
        "history_days": quote.history_days,
        "sentence": quote.sentence,
    }


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _price_from(position: Position, market: MarketSnapshot) -> str:
    """Who says what the coin is worth."""
    if position.is_own_price:
        return "set by you"
    return position.quote.source if position.quote else market.source


def contract_document(contract: Contract) -> dict[str, Any]:
    """What `contracts --json` prints for one row."""
    expires_on = contract.expires_on.isoformat() if contract.expires_on else None
    return {"id": contract.id, **asdict(contract), "expires_on": expires_on}


def _beta_document(coin: str, estimate: BetaEstimate) -> dict[str, Any]:
    return {
        "coin": coin,
        "proxy": estimate.proxy,
        "value": estimate.beta,
        "standard_error": estimate.standard_error,
        "interval_to_come": list(estimate.interval_to_come) if estimate.interval_to_come else None,
        "correlation": estimate.correlation,
        "r_squared": estimate.r_squared,
        "window": estimate.window_days,
        "days": estimate.observations,
        "method": estimate.method,
    }


def _leg_document(leg: HedgeLeg) -> dict[str, Any]:
    return {
        "contract": leg.contract.id,
        "underlying": leg.underlying,
        "side": leg.side,
        "contracts": abs(leg.contracts),
        "order_quantity": leg.contract.quantity(leg.contracts),
        "exact_contracts": leg.exact_contracts,
        "contract_notional": leg.lot_notional,
        "notional": leg.notional,
        "target_notional": leg.target_notional,
        "price": leg.price,
    }


def _contract_size_text(contract: Contract) -> str:
    size = f"{contract.contract_size:,.10g}"
    return f"${size} of {contract.underlying}" if contract.size_in_usd else f"{size} {contract.underlying}"


def _price_text(price: float) -> str:
    """Two decimals from a dollar up, else as many digits as there are."""
    return f"{price:,.2f}" if price >= 1.0 else f"{price:,.10g}"
