"""The commands about the plan itself: `new`, `propose`, `report` and `schema`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any, get_args

import click

from hedge_core.cli.options import (
    PlanSource,
    json_option,
    market_option,
    plan_options,
    pledge_options,
    print_json,
    read_input,
)
from hedge_core.cli.value_types import FRACTION, MARGIN, TEXT
from hedge_core.errors import InvalidFile, InvalidInput
from hedge_core.market.residence import Residence
from hedge_core.plan.plan import (
    DEFAULT_VENUE,
    Approach,
    Decisions,
    HedgePlan,
    MarginMode,
    OwnMargin,
    Pledge,
    Rounding,
    SizingMethod,
    WhenMarginRunsOut,
    new_costs,
)
from hedge_core.text import json_for_terminal, plain


def as_the_venue_does(_context: click.Context, _option: click.Parameter, value: str) -> str | None:
    """None for `venue`, which leaves a choice of the plan to its venue; another value as it is."""
    return None if value == "venue" else value


@click.command()
@click.argument("bag", metavar="BAG", help="CSV file of holdings (coin, quantity, ...); - for standard input.")
@click.option(
    "--risk",
    "risk_accepted",
    type=FRACTION,
    default="50%",
    help="Share of a fall that you accept, such as 0.3 or 30%; the rest is hedged.",
)
@click.option(
    "--method",
    type=click.Choice(get_args(SizingMethod)),
    default="beta_weighted",
    help="Sizing: value times beta, value alone, or value divided by beta as in the guide.",
)
@click.option(
    "--approach",
    type=click.Choice(get_args(Approach)),
    default="recommended",
    help="How coins are matched with contracts: own future first and the rest as one bag, all as one bag, or each "
    "coin by itself.",
)
@click.option(
    "--rounding",
    type=click.Choice(get_args(Rounding)),
    default="optimal",
    help="How exact counts become whole contracts; optimal chooses all counts together.",
)
@click.option(
    "--rally",
    "rally_to_survive",
    type=FRACTION,
    default="25%",
    help="The rise of the market, half Bitcoin and half Ether, that the collateral must survive; limits the counts "
    "that optimal chooses.",
)
@click.option("--venue", type=TEXT, default=DEFAULT_VENUE, help="Venue on which to short.")
@click.option("--collateral", type=FRACTION, metavar="USD", help="US dollars set aside as margin.")
@click.option(
    "--cash-rate",
    type=FRACTION,
    default="4%",
    help="What the cash set aside could earn elsewhere per year; 0 if cash costs you nothing.",
)
@pledge_options(
    "Share of a coin of the bag that lies at the venue as margin beside the collateral, such as SOL=50%; may be "
    "repeated."
)
@click.option("--reserve", type=FRACTION, metavar="USD", default="0", help="US dollars kept ready to add as margin.")
@click.option(
    "--breach",
    type=click.Choice(("venue", *get_args(WhenMarginRunsOut))),
    default="venue",
    callback=as_the_venue_does,
    help="What happens when margin runs out: what the venue does, after the reserve; or whole positions are closed, "
    "all are cut, all are closed, or the reserve is added first.",
)
@click.option(
    "--margin-mode",
    type=click.Choice(("venue", *get_args(MarginMode))),
    default="venue",
    callback=as_the_venue_does,
    help="How positions share the collateral: as the venue does if nothing is chosen, one account for all, or each its "
    "own.",
)
@click.option(
    "--residence",
    type=click.Choice(get_args(Residence)),
    default="not_stated",
    help="Where you live; venues that do not serve the place are not recommended, and its law may raise the margin.",
)
@click.option(
    "--margin",
    "margins",
    type=MARGIN,
    multiple=True,
    metavar="CONTRACT=RATE",
    help="Margin rate that your venue or broker asks for a contract, such as 'CME:MBT=40%' or, to open and to keep, "
    "'CME:MBT=44%/40%'; may be repeated.",
)
@click.option(
    "--window", "window_days", type=int, default=365, metavar="DAYS", help="Days of history used to estimate betas."
)
@market_option(default="HEDGE_MARKET, otherwise sample")
def new(
    bag: str,
    market: str | None,
    residence: Residence,
    margins: tuple[tuple[str, OwnMargin], ...],
    cash_rate: float,
    pledged: tuple[tuple[str, float], ...],
    haircuts: tuple[tuple[str, float], ...],
    **decisions: Any,
) -> None:
    """Make a plan from a table of holdings.

    The plan goes to standard output; notes on the table go to standard error.
    """
    from hedge_core.documents.holdings_file import dry_run, read_holdings
    from hedge_core.documents.plan_file import plan_from_json, plan_to_json
    from hedge_core.documents.reader.doubts import at_most
    from hedge_core.market.coins import is_stablecoin
    from hedge_core.market.live.settings import LiveSettings

    own, shares = dict(haircuts), dict(pledged)
    if set(own) - set(shares):
        raise click.UsageError("--haircut belongs to --pledge; pledge the same coin.")
    decisions["pledges"] = {coin: Pledge(share=share, haircut=own.get(coin)) for coin, share in shares.items()}
    table = read_holdings(read_input(bag, InvalidFile))
    if table.faults:
        raise InvalidFile("Some rows of the bag cannot be used:", at_most(table.faults))
    imported = [row for row in dry_run(table) if not is_stablecoin(row.holding.coin)]
    remarks = [f"{row.holding.coin}: {remark}." for row in imported for remark in row.remarks]
    for line in (*table.notes, *remarks):
        print(plain(line), file=sys.stderr)
    source = LiveSettings.read().market if market is None else market
    plan = HedgePlan(
        holdings=table.holdings, decisions=Decisions(**decisions), market=source, residence=residence
    ).with_overrides(prices=dict(table.prices), margins=dict(margins), costs=new_costs(cash_rate))
    document = plan_to_json(plan)
    plan_from_json(document)  # refuses decisions out of range
    print(json_for_terminal(document), end="")


@click.command()
@plan_options
@json_option
def propose(source: PlanSource, as_json: bool) -> None:
    """Work out a plan: orders, hedge ratio, margin and costs."""
    from hedge_core.cli.text import assessment_text
    from hedge_core.reports.filled_json import with_filled
    from hedge_core.reports.json import assessment_document

    assessment = source.assessment()
    if as_json:
        print_json(with_filled(assessment, assessment_document(assessment), is_plans=True))
    else:
        print(plain(assessment_text(assessment)))


@click.command()
@click.option(
    "--out",
    type=TEXT,
    required=True,
    metavar="FILE",
    help="File to write, or - for standard output; a name that ends with .xlsx gives an Excel workbook of the tables.",
)
@click.option(
    "--alternatives",
    "has_alternatives",
    is_flag=True,
    help="Add puts, collars, a stop-loss and selling beside the short (takes some seconds).",
)
@plan_options
def report(source: PlanSource, out: str, has_alternatives: bool) -> None:
    """Write the whole plan as one HTML file.

    The file opens offline, runs no script and can be printed. It holds the plan and opens again as one.
    """
    from hedge_core.documents.plan_file import write_bytes

    assessment = source.assessment()
    if out.lower().endswith(".xlsx"):
        from hedge_core.reports.excel import workbook

        content = workbook(assessment)
    else:
        from hedge_core.monitoring.filled import as_filled
        from hedge_core.reports.html.page import report_html
        from hedge_core.simulation.alternatives import compare_alternatives

        filled = as_filled(assessment)
        held = assessment if filled is None else filled.assessment
        found = compare_alternatives(held) if has_alternatives else None
        content = report_html(assessment, made_at=datetime.now(UTC), alternatives=found).encode()
    if out == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        write_bytes(content, out)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "this is not a valid file name"
        raise InvalidInput(f"Cannot write '{out}': {reason}.") from None


@click.command()
def schema() -> None:
    """Print the JSON Schema of a plan."""
    from hedge_core.documents.plan_file import json_schema

    print_json(json_schema())
