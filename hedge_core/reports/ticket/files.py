"""Tickets as CSV and as plain values for JSON. Prices and quantities are written without an exponent."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.ticks import plain_number
from hedge_core.reports.ticket.order import Order, Ticket
from hedge_core.text import PRACTICE, spreadsheet_safe

COLUMNS = (
    "action", "quantity", "contract", "venue", "each", "price_usd", "notional_usd", "ends_on",
    "ticket", "place", "code", "side", "unit", "type", "limit", "price_unit", "last_limit", "time_in_force",
    "margin_mode", "leverage", "reduce_only", "parts", "price_from", "remarks", "form_source",
)  # fmt: skip
"""The columns of the CSV. The first eight are those of the first release, and scripts read them by name."""


def tickets_csv(assessment: HedgeAssessment, tickets: Iterable[Ticket], *, has_stops: bool = True) -> str:
    """The tickets and the stop orders of coins that are traded, as CSV, with price source and date; money is USD.

    Stops that are placed already are left out, and all of them without `has_stops`. With simulated prices, the first
    line says PRACTICE. A refused ticket is a line with its reasons. Text that a spreadsheet would read as a formula is
    quoted.
    """
    out, market = io.StringIO(), assessment.market
    writer = csv.writer(out, lineterminator="\n")
    if market.simulated:
        writer.writerow([PRACTICE])
    writer.writerow([spreadsheet_safe(f"Prices: {market.source} as of {market.as_of:%Y-%m-%d %H:%M} UTC")])
    writer.writerow(COLUMNS)
    for ticket in tickets:
        for reason in ticket.refused:
            writer.writerow([spreadsheet_safe(f"{ticket.title}: {reason}")])
        for order in ticket.orders:
            writer.writerow(_row(ticket, order))
    for stop in assessment.stop_orders if has_stops else ():
        if stop.stop_price is not None and not stop.is_placed:
            notional = stop.quantity * stop.stop_price
            row = ["Sell stop", plain_number(stop.quantity), stop.coin, "where you hold it", f"1 {stop.coin}"]
            padding = [""] * (len(COLUMNS) - 8)
            writer.writerow([*row, plain_number(stop.stop_price), f"{notional:.2f}", "", *padding])
    return out.getvalue()


def _row(ticket: Ticket, order: Order) -> list[str]:
    """One line of the CSV."""
    ends_on = order.ends_on.isoformat() if order.ends_on else ""
    text = [order.action, plain_number(order.quantity), order.contract, order.venue, order.size]
    parts = "; ".join(f"{plain_number(part.quantity)} on {part.day.isoformat()}" for part in order.parts)
    more = [
        ticket.title, str(order.place), order.code, order.side, order.unit, order.order_type,
        plain_number(order.limit), order.price_unit.text, plain_number(order.last_limit), order.form.time_in_force,
        order.margin_mode, "" if order.leverage is None else str(order.leverage),
        "yes" if order.is_reduce_only else "no", parts if len(order.parts) > 1 else "", order.price_words,
        " ".join(order.remarks), order.form.source,
    ]  # fmt: skip
    prices = [plain_number(order.price), f"{order.notional:.2f}", ends_on]
    return [*map(spreadsheet_safe, text), *prices, *map(spreadsheet_safe, more)]


def ticket_document(ticket: Ticket) -> dict[str, Any]:
    """A ticket as plain values; limits are strings, so that no digit is lost."""
    return {
        "title": ticket.title,
        "refused": list(ticket.refused),
        "notes": list(ticket.notes),
        "orders": [_order_document(order) for order in ticket.orders],
    }


def _order_document(order: Order) -> dict[str, Any]:
    return {
        "place": order.place,
        "action": order.action,
        "side": order.side,
        "contract": f"{order.venue}:{order.contract}",
        "code": order.code,
        "ends_on": order.ends_on.isoformat() if order.ends_on else None,
        "quantity": plain_number(order.quantity),
        "unit": order.unit,
        "lots": order.lots,
        "type": order.order_type,
        "limit": plain_number(order.limit),
        "last_limit": plain_number(order.last_limit),
        "price_unit": order.price_unit.text,
        "tick": order.tick_text,
        "price_from": order.price_source,
        "price_words": order.price_words,
        "notional": order.notional,
        "time_in_force": order.form.time_in_force,
        "margin_mode": order.margin_mode,
        "own_collateral": order.own_collateral,
        "form_source": order.form.source,
        "leverage": order.leverage,
        "reduce_only": order.is_reduce_only,
        "parts": [{"day": part.day.isoformat(), "quantity": plain_number(part.quantity)} for part in order.parts],
        "remarks": list(order.remarks),
        "sentence": order.sentence,
    }
