"""The command `import` for files of fills and funding, and for price files."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hedge_core.errors import Fault, InvalidFile

if TYPE_CHECKING:
    from hedge_core.documents.fills.file import FillsImport
    from hedge_core.documents.prices.file import PricesImport
    from hedge_core.documents.reader.doubts import Doubt
    from hedge_core.market.snapshot import MarketSnapshot
    from hedge_core.plan.plan import HedgePlan


def chosen_columns(text: str | None) -> dict[str, str]:
    """The columns in the option --columns: field -> title."""
    pairs = [part.partition("=") for part in (text or "").split(",") if part]
    return {field.strip(): title.strip() for field, _, title in pairs}


def read_fills_for(
    plan: HedgePlan, content: bytes | str, market: MarketSnapshot | None, options: dict[str, Any]
) -> FillsImport:
    """The fills in the content, with the contracts that the plan knows. Raises InvalidFile."""
    from hedge_core.documents.fills.file import read_fills
    from hedge_core.hedge.contract_choice import known_contracts
    from hedge_core.market.contracts import catalogue

    return read_fills(
        content,
        catalogue() if market is None else known_contracts(plan, market),
        venue=options["venue"],
        mapping=chosen_columns(options["columns"]) or None,
        decimal_mark=options["decimal_mark"],
        market=market,
    )


def read_prices_for(
    content: bytes | str, name: str, market: MarketSnapshot | None, options: dict[str, Any]
) -> PricesImport:
    """The closes in the content; the market's prices tell the decimal mark if nothing else does. Raises InvalidFile."""
    from hedge_core.documents.prices.file import read_prices

    return read_prices(
        content,
        name=name,
        coin=options["coin"] or "",
        mapping=chosen_columns(options["columns"]),
        decimal_mark=options["decimal_mark"],
        market=market,
        today=datetime.now(UTC).date(),
    )


def fills_document(table: FillsImport) -> dict[str, Any]:
    """What was read from a file of fills, as the object of `hedge import --json`."""
    fills = [
        {
            "at": fill.at.isoformat(),
            "contract": fill.contract,
            "expiry": None if fill.expiry is None else fill.expiry.isoformat(),
            "side": fill.side,
            "lots": fill.contracts,
            "price": fill.price,
            "fee": None if row in table.open_fees else fill.fee,
            "trade_id": fill.trade_id,
        }
        for row, fill in zip(table.rows, table.fills, strict=True)
    ]
    paid = [{"at": p.at.isoformat(), "contract": p.contract, "amount": p.amount} for p in table.payments]
    columns = {title: name for name, title in table.mapping.items()}
    return {**_document("fills", table.doubts), "fills": fills, "columns": columns, "payments": paid}


def prices_document(found: PricesImport) -> dict[str, Any]:
    """What was read from a price file, as the object of `hedge import --json`."""
    return {**_document("prices", found.doubts), "prices": found.last_closes, "columns": dict(found.understood)}


def _document(kind: str, doubts: tuple[Doubt, ...]) -> dict[str, Any]:
    listed = [{"grade": d.grade, "row": d.row, "field": d.field, "text": d.text} for d in doubts]
    return {"kind": kind, "holdings": [], "fills": [], "prices": {}, "columns": {}, "doubts": listed}


def fills_text(table: FillsImport) -> str:
    """What was read from a file of fills, in words: doubts first."""
    lines = [f"{doubt.grade}: {doubt}" for doubt in table.doubts]
    for row, fill in zip(table.rows, table.fills, strict=True):
        fee = "fee not known" if row in table.open_fees else f"fee {fill.fee:,.2f}"
        name = f"{fill.contract} {fill.expiry or ''}".strip()
        what = f"{fill.side:<4} {fill.contracts:>10,} at {fill.price:g}, {fee}"
        lines.append(f"  {fill.at:%Y-%m-%d %H:%M} {name:<34} {what}")
    lines += [f"  {p.at:%Y-%m-%d %H:%M} {p.contract:<34} funding {p.amount:+,.2f}" for p in table.payments]
    return "\n".join(lines)


def prices_text(found: PricesImport) -> str:
    """What was read from a price file, in words: doubts first."""
    history = found.market.history
    lines = [f"{doubt.grade}: {doubt}" for doubt in found.doubts]
    lines.append(f"  {len(history.days)} days, {history.days[0]} to {history.days[-1]}")
    lines += [f"  {coin:<10} {close:>20,.10g}" for coin, close in found.last_closes.items()]
    return "\n".join(lines)


def refuse_questions(questions: tuple[Doubt, ...], *, is_confirmed: bool) -> None:
    """Raise InvalidFile if questions are open."""
    from hedge_core.documents.reader.doubts import at_most

    if questions and not is_confirmed:
        answers = "Answer with --columns, --decimal-mark, --venue or --coin, mend the file, or confirm all with --yes:"
        faults = [Fault(doubt.text, doubt.row, doubt.field) for doubt in questions]
        raise InvalidFile(f"Nothing was imported, because questions are open. {answers}", at_most(faults))


def with_fills(plan: HedgePlan, table: FillsImport, market: MarketSnapshot | None, *, is_added: bool) -> HedgePlan:
    """The plan with the fills and payments of a file, each counted once. Raises InvalidFile if there are none."""
    from hedge_core.documents.fills.overlap import new_entries
    from hedge_core.documents.reader.doubts import at_most
    from hedge_core.hedge.contract_choice import known_contracts
    from hedge_core.market.contracts import catalogue
    from hedge_core.monitoring.option_ledger import post_futures

    if not table.fills and not table.payments:
        raise InvalidFile("No row of the table can be used:", at_most(table.faults))
    held = (plan.execution.fills, plan.execution.payments) if is_added else ((), ())
    new, paid = new_entries(held[0], table.fills), new_entries(held[1], table.payments)
    fills, payments = (*held[0], *new.new), (*held[1], *paid.new)
    post_futures(fills, payments, catalogue() if market is None else known_contracts(plan, market))
    if repeated := new.repeated + paid.repeated:
        print(f"note: {repeated} entries were there already.", file=sys.stderr)
    return plan.with_execution(fills=fills, payments=payments)


def with_prices(plan: HedgePlan, found: PricesImport, file: str, save: str | None, *, is_plain: bool) -> HedgePlan:
    """The plan on the closes of a file. `is_plain`: the file reads so without an answer of the user.

    Otherwise the closes must be written to `save`, a file that needs no answer. Raises InvalidFile.
    """
    from hedge_core.documents.prices.file import prices_csv

    if save is None and (file == "-" or not is_plain):
        raise InvalidFile("Add --save FILE: the closes are written there as they were read, and the plan uses them.")
    if save is not None:
        try:
            with open(save, "w", encoding="utf-8", newline="") as out:
                out.write(prices_csv(found.market))
        except OSError as fault:
            raise InvalidFile(f"Cannot write '{save}': {fault.strerror}.") from None
    return replace(plan, market=f"csv:{save or file}")
