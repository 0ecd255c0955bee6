"""The command `import`: a file of holdings, fills or prices into a plan, after saying how it was understood.

What belongs to fills and prices alone is in `importing_others`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from hedge_core.cli import importing_others as others
from hedge_core.cli.options import json_option, market_option, print_json, read_input
from hedge_core.cli.value_types import TEXT
from hedge_core.errors import Fault, InvalidFile, InvalidPlan
from hedge_core.text import plain, quantity

if TYPE_CHECKING:
    from hedge_core.documents.holdings_file import HoldingsImport
    from hedge_core.market.snapshot import MarketSnapshot
    from hedge_core.plan.plan import HedgePlan


@click.command("import")
@click.argument("path", metavar="PLAN", help="Plan file (JSON) to change, or new for a plan on standard output.")
@click.argument(
    "file", metavar="FILE", help="Table of holdings, fills or prices: CSV, Excel, JSON, lines; - for standard input."
)
@click.option(
    "--kind",
    type=click.Choice(["holdings", "fills", "prices"]),
    show_default="told from the file",
    help="What the file holds.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be read, and change nothing.")
@click.option("--add", "is_added", is_flag=True, help="Add to the plan's holdings or fills, instead of replacing them.")
@click.option("--columns", type=TEXT, metavar="LIST", help="Which columns to read, such as coin=Asset,quantity=Total.")
@click.option(
    "--decimal-mark", type=click.Choice(["point", "comma"]), help="How the table writes 12.5, if it does not tell."
)
@click.option("--venue", type=TEXT, metavar="NAME", help="Of fills: the venue whose names of contracts the file uses.")
@click.option("--coin", type=TEXT, metavar="COIN", help="Of prices: the coin, if the file is about one and names none.")
@click.option("--save", type=TEXT, metavar="CSV", help="Of prices: write the closes there as read, and use that file.")
@click.option("--yes", "is_confirmed", is_flag=True, help="Answer every question about the table with yes.")
@click.option("--strict", "is_strict", is_flag=True, help="Stop if a row is left out or a coin has no price.")
@market_option(default="the plan's own, or HEDGE_MARKET for a new plan")
@json_option
def import_table(
    path: str, file: str, dry_run: bool, is_confirmed: bool, is_strict: bool, as_json: bool, **options: Any
) -> None:
    """Read a file of holdings, fills or prices into a plan.

    Says how each column was understood, and what is not certain. Questions stop the import: answer them with
    --columns, --decimal-mark or --yes. With new and --json only the reading is printed.
    """
    plan = _plan(path, options["market"])
    market = _market(options["market"] or plan.market)
    kind, found = _read_any(plan, read_input(file, InvalidFile), market, file, options)
    document, text = SHOWN[kind]
    if as_json:
        print_json(document(found))
    else:
        print(plain(text(found)), file=sys.stdout if dry_run else sys.stderr)
    is_only_read = dry_run or (path == "new" and as_json)
    if kind == "holdings":
        _refuse_open(found, is_confirmed=is_confirmed or is_only_read, is_strict=is_strict)
        _warn_unpriced(found, market, is_strict=is_strict)
    else:
        others.refuse_questions(found.questions, is_confirmed=is_confirmed or is_only_read)
    if is_only_read:
        return
    if kind == "prices":
        is_plain = not (found.is_mark_open or found.has_market_rates) and not any(
            options[name] for name in ("coin", "columns", "decimal_mark")
        )
        changed = others.with_prices(plan, found, file, options["save"], is_plain=is_plain)
    elif kind == "fills":
        changed = others.with_fills(plan, found, market, is_added=options["is_added"])
    else:
        changed = _changed(plan, found, is_added=options["is_added"])
    _write(path, changed)


def reading_document(table: HoldingsImport) -> dict[str, Any]:
    """What was read, as the object of `hedge import --json`."""
    return {
        "kind": "holdings",
        "holdings": [
            {"coin": h.coin, "quantity": h.quantity, "price": table.prices.get(h.coin), "role": h.role}
            for h in table.bag
        ],
        "fills": [],
        "prices": {},
        "columns": dict(table.understood),
        "doubts": [
            {"grade": doubt.grade, "row": doubt.row, "field": doubt.field, "text": doubt.text} for doubt in table.doubts
        ],
    }


def reading_text(table: HoldingsImport) -> str:
    """What was read, in words: doubts first, then the coins, then the columns."""
    lines = [f"{doubt.grade}: {doubt}" for doubt in table.doubts]
    lines += [f"  {holding.coin:<10} {quantity(holding.quantity):>20} {holding.role}" for holding in table.bag]
    lines += [f"  column '{title[:40]}': {meaning}" for title, meaning in table.understood.items()]
    return "\n".join(lines)


SHOWN: Mapping[str, tuple[Callable[[Any], dict[str, Any]], Callable[[Any], str]]] = {
    "holdings": (reading_document, reading_text),
    "fills": (others.fills_document, others.fills_text),
    "prices": (others.prices_document, others.prices_text),
}
"""What was read as JSON and in words, for each kind of file."""


def _read_any(
    plan: HedgePlan, content: bytes | str, market: MarketSnapshot | None, file: str, options: dict[str, Any]
) -> tuple[str, Any]:
    """Return the kind of the file and what was read. A file without holdings is tried as fills, then as prices.

    Raises InvalidFile; if the file is of no kind, with the reason why it holds no holdings.
    """
    readers: dict[str, Callable[[], Any]] = {
        "holdings": lambda: _table(content, options, market),
        "fills": lambda: others.read_fills_for(plan, content, market, options),
        "prices": lambda: others.read_prices_for(content, f"csv:{file}", market, options),
    }
    if options["kind"]:
        return options["kind"], readers[options["kind"]]()
    refused: list[InvalidFile] = []
    for kind, read in readers.items():
        try:
            found = read()
        except InvalidFile as error:
            refused.append(error)
            continue
        if kind != "fills" or found.fills or found.payments:
            return kind, found
    raise refused[0]


def _plan(path: str, market: str | None) -> HedgePlan:
    from hedge_core.documents.plan_file import read_plan
    from hedge_core.market.live.settings import LiveSettings
    from hedge_core.plan.plan import new_plan

    if path != "new":
        return read_plan(read_input(path, InvalidPlan))
    return new_plan(market or LiveSettings.read().market)


def _market(name: str) -> MarketSnapshot | None:
    """Return the market if it is at hand without a network; None for an exchange."""
    from hedge_core.documents.market_sources import open_source
    from hedge_core.market.venues import EXCHANGES

    return None if name in EXCHANGES else open_source(name).snapshot()


def _table(content: bytes | str, options: dict[str, Any], market: MarketSnapshot | None) -> HoldingsImport:
    """Return the table as read, checked against the market's prices unless these are simulated."""
    from hedge_core.documents.holdings_file import read_with_market

    return read_with_market(
        content,
        market,
        mapping=others.chosen_columns(options["columns"]),
        decimal_mark=options["decimal_mark"],
    )


def _refuse_open(table: HoldingsImport, *, is_confirmed: bool, is_strict: bool) -> None:
    """Raise InvalidFile if questions are open, or with --strict if rows are left out."""
    from hedge_core.documents.reader.doubts import at_most

    questions = [Fault(doubt.text, doubt.row, doubt.field) for doubt in table.questions]
    if questions and not is_confirmed:
        answers = "Answer with --columns or --decimal-mark, mend the table, or confirm all with --yes:"
        raise InvalidFile(f"Nothing was imported, because questions are open. {answers}", at_most(questions))
    if is_strict and table.faults:
        raise InvalidFile("Some rows cannot be used:", at_most(table.faults))
    if not table.holdings:
        raise InvalidFile("No row of the table can be used:", at_most(table.faults))


def _warn_unpriced(table: HoldingsImport, market: MarketSnapshot | None, *, is_strict: bool) -> None:
    """Warn of coins without a price, if the market is at hand; with --strict raise MissingPrice."""
    from hedge_core.errors import MissingPrice
    from hedge_core.hedge.held_coins import unpriced_coins

    if market is None:
        return
    missing = unpriced_coins(market, (holding.coin for holding in table.bag), table.prices)
    if missing and is_strict:
        raise MissingPrice(missing, market.source)
    if missing:
        print(f"warning: no price for {', '.join(missing)[:200]}; the plan will be for the rest.", file=sys.stderr)


def _changed(plan: HedgePlan, table: HoldingsImport, *, is_added: bool) -> HedgePlan:
    from hedge_core.documents.holdings_file import combined

    holdings = combined(table, plan.holdings if is_added else ())
    return replace(plan, holdings=holdings).with_overrides(prices={**plan.overrides.prices, **table.prices})


def _write(path: str, plan: HedgePlan) -> None:
    from hedge_core.documents.plan_file import plan_to_json, save_plan

    if path in {"new", "-"}:
        print(plan_to_json(plan), end="")
        return
    try:
        save_plan(plan, path)
    except OSError as fault:
        raise InvalidPlan(f"Cannot write '{path}': {fault.strerror}.") from None
