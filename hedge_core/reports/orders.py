"""The order ticket: the orders that open the hedge, as values, as sentences and as CSV.

The CSV also lists the stop orders of coins that are traded instead of hedged.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.contracts import Contract
from hedge_core.market.expiries import held_expiry
from hedge_core.text import PRACTICE, spreadsheet_safe


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order of the ticket, as the venue's order form takes it.

    `quantity` is in the units of the order form, `size` says what one contract is, `price` is USD per coin, `notional`
    is USD, and `ends_on` is the expiry of a dated future (None for a perpetual).
    """

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
        """The order as one sentence."""
        return (
            f"{self.action} {self.quantity:,.10g} x {self.contract}{_ending(self.ends_on)} on {self.venue} "
            f"({self.size} each), ${self.notional:,.2f} at ${_price_text(self.price)} per coin."
        )


def order_ticket(assessment: HedgeAssessment) -> tuple[Order, ...]:
    """The orders that open the hedge, one per leg with at least one whole contract."""
    return tuple(
        Order(
            action=leg.instrument.order,
            quantity=leg.contract.quantity(leg.contracts),
            contract=leg.contract.code,
            venue=leg.contract.venue,
            size=_contract_size_text(leg.contract),
            price=leg.instrument.spot_mark(leg.price),
            notional=leg.notional,
            ends_on=held_expiry(leg.contract, assessment.market.as_of.date()),
        )
        for leg in assessment.traded_legs
    )


def _ending(day: date | None) -> str:
    return f" of {day:%d %b %Y}" if day is not None else ""


def order_ticket_csv(assessment: HedgeAssessment) -> str:
    """The order ticket and the stop orders as CSV, with price source and date; money is USD.

    With simulated prices, the first line says PRACTICE. Text that a spreadsheet would read as a formula is quoted.
    """
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


def _contract_size_text(contract: Contract) -> str:
    size = f"{contract.contract_size:,.10g}"
    return f"${size} of {contract.underlying}" if contract.size_in_usd else f"{size} {contract.underlying}"


def _price_text(price: float) -> str:
    """The price with two decimals from $1 up, else with up to ten significant digits."""
    return f"{price:,.2f}" if price >= 1.0 else f"{price:,.10g}"
