"""Fills, funding and realised results as plain CSV, for a tax program.

One row for each event, in order of time. A sale that opens a short has no result; a purchase that closes lots of it has
the result of the ledger (see `monitoring.ledger`: average entry price), before fees. The results, fees and funding of
all rows add up to the ledger's. An option that expired has a row of its own, `exercise`, at its payoff. All money is in
USD. Which of them count, when, and by which rule of matching, depends on the law of the place: NO_ADVICE says so.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.market.options.contracts import is_option_id, option_of
from hedge_core.monitoring.ledger import Key, Ledger, OpenPosition, post
from hedge_core.monitoring.option_ledger import (
    EXPIRY_HOUR,
    OptionBook,
    OptionPosition,
    option_book,
    without_options,
)
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.text import spreadsheet_safe

NO_ADVICE = (
    "These are your records in order, not tax advice: results are at average entry prices in USD, and the law of your "
    "country may match lots, convert currencies or time results differently."
)

COLUMNS = (
    "time_utc", "event", "contract", "expiry", "lots", "coins", "price_usd", "proceeds_usd", "fee_usd", "funding_usd",
    "realised_usd", "lots_after", "average_entry_usd_after", "trade_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRow:
    """One fill or payment: what it changed, and the position after it.

    `coins` are those of the fill at its price, negative when sold; `proceeds` is coins·price with the sign of money
    received. `realised` is what the fill closed with, before fees; None where it closed nothing.
    """

    at: datetime
    event: str
    key: Key
    lots: int = 0
    coins: float = 0.0
    price: float | None = None
    proceeds: float = 0.0
    fee: float = 0.0
    funding: float = 0.0
    realised: float | None = None
    lots_after: int = 0
    entry_after: float | None = None
    trade_id: str = ""


def records_of(assessment: HedgeAssessment) -> tuple[TaxRow, ...]:
    """The events of the plan's fills and payments, of futures and options, in order of time.

    Raises the errors of `ledger.post` and of `option_book`.
    """
    execution = assessment.plan.execution
    contracts = known_contracts(assessment.plan, assessment.market)
    rows = tax_rows(post(without_options(execution.fills), execution.payments, contracts))
    book = option_book(assessment)
    found = rows if book is None else (*rows, *option_rows(execution.fills, book))
    return tuple(sorted(found, key=lambda row: row.at))


def option_rows(fills: Iterable[Fill], book: OptionBook) -> Iterator[TaxRow]:
    """The fills of options in order of time, then the cash exercises of `book`."""
    held: dict[str, OptionPosition] = {}
    for fill in sorted((one for one in fills if is_option_id(one.contract)), key=lambda one: one.at):
        option = option_of(fill.contract)
        before = held.get(option.id) or OptionPosition(option=option)
        counted = fill.counted_in(option.series.amount_step)
        after = held[option.id] = before.after(counted)
        coins = counted.signed_contracts * option.series.lot_coins
        yield TaxRow(
            at=fill.at,
            event=fill.side,
            key=(option.id, option.expiry),
            lots=counted.signed_contracts,
            coins=coins,
            price=fill.price,
            proceeds=-coins * fill.price,
            fee=fill.fee,
            realised=after.realised - before.realised if before.lots * counted.signed_contracts < 0 else None,
            lots_after=after.lots,
            entry_after=after.premium,
            trade_id=fill.trade_id,
        )
    for after in book.positions:
        before = held[after.option.id]
        if after.settlement is None or not before.lots:
            continue
        paid = float(after.option.payoff(after.settlement))
        yield TaxRow(
            at=datetime.combine(after.option.expiry, time(EXPIRY_HOUR), UTC),
            event="exercise",
            key=(after.option.id, after.option.expiry),
            lots=-before.lots,
            coins=-before.coins,
            price=paid,
            proceeds=before.coins * paid,
            fee=after.fees - before.fees,
            realised=after.realised - before.realised,
        )


def tax_rows(ledger: Ledger) -> tuple[TaxRow, ...]:
    """The events of a ledger in order of time; a payment of the same moment as a fill comes after it."""
    events: list[Fill | FundingPayment] = sorted((*ledger.fills, *ledger.payments), key=lambda one: one.at)
    held = {
        key: OpenPosition(contract=position.contract, expiry=position.expiry)
        for key, position in ledger.positions.items()
    }
    return tuple(_rows(events, held))


def _rows(events: list[Fill | FundingPayment], held: dict[Key, OpenPosition]) -> Iterator[TaxRow]:
    for event in events:
        key = event.contract, event.expiry
        before = held[key]
        if isinstance(event, FundingPayment):
            yield TaxRow(
                at=event.at,
                event="funding",
                key=key,
                funding=event.amount,
                lots_after=before.contracts,
                entry_after=before.entry_price,
            )
            continue
        after = held[key] = before.after(event)
        is_closing = before.contracts * event.signed_contracts < 0
        coins = event.signed_contracts * before.contract.multiplier(event.price)
        yield TaxRow(
            at=event.at,
            event=event.side,
            key=key,
            lots=event.signed_contracts,
            coins=coins,
            price=event.price,
            proceeds=-coins * event.price,
            fee=event.fee,
            realised=after.realised_pnl - before.realised_pnl if is_closing else None,
            lots_after=after.contracts,
            entry_after=after.entry_price,
            trade_id=event.trade_id,
        )


def tax_csv(rows: Iterable[TaxRow]) -> str:
    """The rows as CSV with a header; numbers in full, with a point, and no text that a spreadsheet would run."""
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in rows:
        name, expiry = row.key
        table.writerow(
            [
                row.at.isoformat(),
                row.event,
                spreadsheet_safe(name),
                "" if expiry is None else expiry.isoformat(),
                row.lots,
                _number(row.coins),
                _number(row.price),
                _number(row.proceeds),
                _number(row.fee),
                _number(row.funding),
                _number(row.realised),
                row.lots_after,
                _number(row.entry_after),
                spreadsheet_safe(row.trade_id),
            ]
        )
    return file.getvalue()


def _number(value: float | None) -> str:
    """A number with all the digits that count, '' for none."""
    return "" if value is None else f"{value:.12g}"
