"""Fills, funding and realised results as plain CSV, for a tax program.

One row for each event, in order of time. A sale that opens a short has no result; a purchase that closes lots of it has
the result of the ledger (see `monitoring.ledger`: average entry price), before fees. The results, fees and funding of
all rows add up to the ledger's. All money is in USD. Which of them count, when, and by which rule of matching, depends
on the law of the place: NO_ADVICE says so.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.options.contracts import is_option_id, option_of
from hedge_core.monitoring.ledger import Key, Ledger, OpenPosition
from hedge_core.monitoring.option_ledger import EXPIRY_HOUR, OptionPosition, option_book
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


def option_events(assessment: HedgeAssessment) -> tuple[TaxRow, ...]:
    """The fills of options and their cash exercises, in order of time; prices are premiums and payoffs per coin.

    An exercise is dated at the hour of expiry, and settles at the coin's close of that day (see `option_ledger`).
    """
    book = option_book(assessment)
    if book is None:
        return ()
    rows, held = list[TaxRow](), dict[str, OptionPosition]()
    for fill in sorted(assessment.plan.execution.fills, key=lambda one: one.at):
        if not is_option_id(fill.contract):
            continue
        before = held.get(fill.contract) or OptionPosition(option=option_of(fill.contract))
        after = held[fill.contract] = before.after(fill.counted_in(before.option.series.amount_step))
        rows.append(_option_row(fill.at, fill.side, before, after, fill.price, trade_id=fill.trade_id))
    for done in book.positions:
        if done.settlement is not None:
            hour = time(EXPIRY_HOUR, tzinfo=UTC)
            at, before = datetime.combine(done.option.expiry, hour), held[done.option.id]
            paid = float(done.option.payoff(done.settlement))
            rows.append(_option_row(at, "exercise", before, done, paid))
    return tuple(sorted(rows, key=lambda row: row.at))


def _option_row(
    at: datetime, event: str, before: OptionPosition, after: OptionPosition, price: float, *, trade_id: str = ""
) -> TaxRow:
    """One event that takes a position in an option from `before` to `after`."""
    lots = after.lots - before.lots
    coins = after.coins - before.coins
    return TaxRow(
        at=at,
        event=event,
        key=(after.option.id, after.option.expiry),
        lots=lots,
        coins=coins,
        price=price,
        proceeds=-coins * price,
        fee=after.fees - before.fees,
        realised=after.realised - before.realised if before.lots * lots < 0 else None,
        lots_after=after.lots,
        entry_after=after.premium,
        trade_id=trade_id,
    )


def tax_csv(ledger: Ledger, options: Sequence[TaxRow] = ()) -> str:
    """The rows as CSV with a header; numbers in full, with a point, and no text that a spreadsheet would run.

    `options` are the events of options (see `option_events`), which take their place in time.
    """
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in sorted((*tax_rows(ledger), *options), key=lambda row: row.at):
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
