"""The command `import`: holdings from any table into a plan, after saying how the table was understood."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

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
    "file", metavar="FILE", help="Table of holdings: CSV, Excel, JSON or pasted lines; - for standard input."
)
@click.option("--dry-run", is_flag=True, help="Say what would be read, and change nothing.")
@click.option("--add", "is_added", is_flag=True, help="Add the holdings to the plan's, instead of replacing them.")
@click.option("--columns", type=TEXT, metavar="LIST", help="Which columns to read, such as coin=Asset,quantity=Total.")
@click.option(
    "--decimal-mark", type=click.Choice(["point", "comma"]), help="How the table writes 12.5, if it does not tell."
)
@click.option("--yes", "is_confirmed", is_flag=True, help="Answer every question about the table with yes.")
@click.option("--strict", "is_strict", is_flag=True, help="Stop if a row is left out or a coin has no price.")
@market_option(default="the plan's own, or HEDGE_MARKET for a new plan")
@json_option
def import_table(
    path: str, file: str, dry_run: bool, is_confirmed: bool, is_strict: bool, as_json: bool, **options: Any
) -> None:
    """Read a table of holdings into a plan.

    Says how each column was understood, and what is not certain. Questions stop the import: answer them with
    --columns, --decimal-mark or --yes. With new and --json only the reading is printed.
    """
    plan = _plan(path, options["market"])
    market = _market(options["market"] or plan.market)
    table = _table(file, options, market)
    if as_json:
        print_json(reading_document(table))
    else:
        print(plain(reading_text(table)), file=sys.stdout if dry_run else sys.stderr)
    is_only_read = dry_run or (path == "new" and as_json)
    _refuse_open(table, is_confirmed=is_confirmed or is_only_read, is_strict=is_strict)
    _warn_unpriced(table, market, is_strict=is_strict)
    if not is_only_read:
        _write(path, _changed(plan, table, is_added=options["is_added"]))


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


def _plan(path: str, market: str | None) -> HedgePlan:
    from hedge_core.documents.plan_file import read_plan
    from hedge_core.market.live.settings import LiveSettings
    from hedge_core.plan.plan import new_plan

    if path != "new":
        return read_plan(read_input(path, InvalidPlan))
    return new_plan(market or LiveSettings.read().market)


def _market(name: str) -> MarketSnapshot | None:
    """Return the market if it is at hand without a network; None for an exchange."""
    from hedge_core.market.registry import open_source
    from hedge_core.market.venues import EXCHANGES

    return None if name in EXCHANGES else open_source(name).snapshot()


def _table(file: str, options: dict[str, Any], market: MarketSnapshot | None) -> HoldingsImport:
    """Return the table as read, checked against the market's prices unless these are simulated."""
    from hedge_core.documents.holdings_file import read_holdings

    pairs = [part.partition("=") for part in (options["columns"] or "").split(",") if part]
    return read_holdings(
        read_input(file, InvalidFile),
        mapping={field.strip(): title.strip() for field, _, title in pairs},
        decimal_mark=options["decimal_mark"],
        market={} if market is None or market.simulated else _prices(market),
        known=() if market is None else market.coins,
    )


def _prices(market: MarketSnapshot) -> dict[str, float]:
    return {coin: price for coin in market.coins if (price := market.price_or_none(coin)) is not None}


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
    from hedge_core.market.coins import is_dollar, resolve_coin

    if market is None:
        return
    priced = {*market.coins, *table.prices}
    coins = [holding.coin for holding in table.bag if not is_dollar(holding.coin)]
    missing = [coin for coin in coins if coin not in priced and resolve_coin(coin, priced).priced_as not in priced]
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
