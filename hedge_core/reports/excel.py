"""The plan's tables as one Excel workbook with the sheets Orders, Scenarios, Bag and Hedge.

Numbers are written as numbers, text as text: Excel never reads what a user typed as a formula or a link. The same
assessment gives the same bytes. Money is in USD; fractions are shown as percentages.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.reports.html.table import source_text
from hedge_core.reports.ticket.stages import tickets_to_open
from hedge_core.scenarios.run import scenario_table
from hedge_core.text import PRACTICE, spreadsheet_safe

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

USD = "#,##0.00"
PRICE = "#,##0.00######"
COINS = "#,##0.########"
PERCENT = "0.0%"
COUNT = "#,##0"
TEXT = "@"

STATUSES = {
    "hedged": "hedged",
    "speculative": "trade, not hedged",
    "stablecoin": "stablecoin, not hedged",
    "unhedgeable": "cannot be hedged",
}
"""What the sheet Bag says of a held coin, by its status."""

Cell = str | float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its title, the name and number format of each column, and the rows. None is an empty cell."""

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: Sequence[tuple[Cell, ...]]


def workbook(assessment: HedgeAssessment) -> bytes:
    """The workbook as the bytes of an .xlsx file. With simulated prices, every sheet starts with a PRACTICE line."""
    from xlsxwriter import Workbook

    market = assessment.market
    heading = [PRACTICE] if market.simulated else []
    heading.append(f"Prices: {source_text(market)} as of {market.as_of:%Y-%m-%d %H:%M} UTC")
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Hedge plan", "created": market.as_of.replace(tzinfo=None)})
    formats = {shape: book.add_format({"num_format": shape}) for shape in (USD, PRICE, COINS, PERCENT, COUNT, TEXT)}
    for sheet in _sheets(assessment):
        _write(book, formats, sheet, heading)
    book.close()
    return out.getvalue()


def _write(book: Workbook, formats: dict[str, Format], sheet: Sheet, heading: Sequence[str]) -> None:
    page = book.add_worksheet(sheet.title)
    titles = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for row, line in enumerate(heading):
        page.write_string(row, 0, spreadsheet_safe(line), book.add_format({"bold": line == PRACTICE}))
    top = len(heading) + 1
    for column, (name, _) in enumerate(sheet.columns):
        page.write_string(top, column, name, titles)
    for row, cells in enumerate(sheet.rows, start=top + 1):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                page.write_string(row, column, spreadsheet_safe(cell), formats[TEXT])
            elif cell is not None:
                page.write_number(row, column, cell + 0.0, formats[sheet.columns[column][1]])
    page.freeze_panes(top + 1, 0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)
    for column, (name, _) in enumerate(sheet.columns):
        longest = max((len(cell) for cells in sheet.rows if isinstance(cell := cells[column], str)), default=0)
        page.set_column(column, column, min(max(12, len(name) // 2 + 4, longest + 2), 48))


def _sheets(assessment: HedgeAssessment) -> tuple[Sheet, ...]:
    return (_orders(assessment), _scenarios(assessment), _bag(assessment), _hedge(assessment))


def _orders(assessment: HedgeAssessment) -> Sheet:
    columns = (
        ("Action", TEXT), ("Quantity", COINS), ("Contract", TEXT), ("Venue", TEXT), ("Size of one", TEXT),
        ("Price, USD", PRICE), ("Notional, USD", USD), ("Expires on", TEXT), ("Ticket", TEXT),
    )  # fmt: skip
    tickets = tickets_to_open(assessment)
    rows: list[tuple[Cell, ...]] = [
        (reason, None, "", "", "", None, None, "", ticket.title) for ticket in tickets for reason in ticket.refused
    ]
    rows += [
        (
            order.action,
            order.quantity,
            order.contract,
            order.venue,
            order.size,
            order.price,
            order.notional,
            _day(order.ends_on),
            ticket.title,
        )
        for ticket in tickets
        for order in ticket.orders
    ]
    rows += [
        (
            "Sell stop",
            stop.quantity,
            stop.coin,
            "where you hold it",
            f"1 {stop.coin}",
            price,
            stop.quantity * price,
            "",
            "",
        )
        for stop in assessment.stop_orders
        if (price := stop.stop_price) is not None and not stop.is_placed
    ]
    return Sheet("Orders", columns, rows)


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _scenarios(assessment: HedgeAssessment) -> Sheet:
    names = ("Hedged coins", "Hedge", "Net", "Net after costs", "Unhedged coins")
    columns = (("Market move", PERCENT), *((f"{name}, USD", USD) for name in names), ("Liquidated", TEXT))
    rows = [
        (
            result.shock.move,
            result.bag_pnl,
            result.hedge_pnl,
            result.net_pnl,
            result.net_after_costs,
            result.unhedged_pnl,
            "yes" if result.is_liquidated else "no",
        )
        for result in scenario_table(assessment)
    ]
    return Sheet("Scenarios", columns, rows)


def _bag(assessment: HedgeAssessment) -> Sheet:
    columns: tuple[tuple[str, str], ...] = (
        ("Coin", TEXT), ("Quantity", COINS), ("Price, USD", PRICE), ("Price source", TEXT), ("Value, USD", USD),
        ("Share of the bag", PERCENT), ("Role", TEXT), ("Status", TEXT), ("Hedged with", TEXT), ("Note", TEXT),
    )  # fmt: skip
    total = assessment.bag_value
    rows: list[tuple[Cell, ...]] = [
        (
            held.holding.coin,
            held.holding.quantity,
            held.price,
            "entered by you" if held.is_own_price else "the source above",
            held.value,
            held.value / total if total > 0 else None,
            held.holding.role,
            STATUSES[held.status],
            ", ".join(held.proxies) if held.status == "hedged" else "",
            held.holding.note,
        )
        for held in assessment.held_coins
    ]
    if assessment.pledged:
        counted = {one.name: one.counted for one in assessment.pledged}
        columns = (*columns, ("Counts as margin, USD", USD))
        rows = [(*row, counted.get(str(row[0]), 0.0) if row[7] == STATUSES["hedged"] else 0.0) for row in rows]
    return Sheet("Bag", columns, rows)


def _hedge(assessment: HedgeAssessment) -> Sheet:
    columns = (
        ("Contract", TEXT), ("Size of one", TEXT), ("Price, USD", PRICE), ("Value of one, USD", USD),
        ("Exact contracts", "#,##0.00"), ("Contracts to short", COUNT), ("Target notional, USD", USD),
        ("Short notional, USD", USD), ("Source", TEXT), ("Checked on", TEXT),
    )  # fmt: skip
    rows = [
        (
            leg.contract.id,
            leg.contract.size_text(),
            leg.price,
            leg.lot_notional,
            leg.exact_contracts,
            float(leg.lots),
            leg.target_notional,
            leg.notional,
            leg.contract.source,
            leg.contract.verified_on,
        )
        for leg in assessment.legs
    ]
    return Sheet("Hedge", columns, rows)
