"""The command `ticket`: the orders that open, close, roll or resize a hedge, as a venue's order form takes them."""

from __future__ import annotations

from dataclasses import asdict

import click

from hedge_core.cli.options import PlanSource, json_option, plan_options, print_json
from hedge_core.cli.value_types import FRACTION
from hedge_core.text import plain


@click.command()
@click.option(
    "--for",
    "purpose",
    type=click.Choice(("open", "close", "roll", "resize")),
    default="open",
    help="What the orders are for; all but open need fills in the plan.",
)
@click.option(
    "--stages", type=int, metavar="N", help="Open in so many parts, each with its ticket, instead of as the plan says."
)
@click.option("--days", type=int, default=7, metavar="N", help="Days between the stages.")
@click.option("--rise", type=FRACTION, metavar="FRACTION", help="Stages by rule: the next one after such a rise.")
@click.option("--fall", type=FRACTION, metavar="FRACTION", help="Stages by rule: the next one after such a fall.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the tickets as CSV.")
@plan_options
@json_option
def ticket(
    source: PlanSource,
    purpose: str,
    stages: int | None,
    days: int,
    rise: float | None,
    fall: float | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Print the orders to send, as the order form takes them.

    They open the hedge, or close, roll or resize the position that the plan's fills describe.
    """
    from hedge_core.cli.text import ticket_text
    from hedge_core.plan.stages import StageRule, Stages
    from hedge_core.reports.ticket.files import ticket_document, tickets_csv
    from hedge_core.reports.ticket.stages import staged_tickets, tickets_to_send
    from hedge_core.reports.ticket.tickets import TICKETS, rolls_of, top_up

    if as_csv and as_json:
        raise click.UsageError("give one of --csv and --json, not both.")
    if rise is not None and fall is not None:
        raise click.UsageError("give one of --rise and --fall, not both.")
    if purpose != "open" and stages is not None:
        raise click.UsageError("--stages is for opening only.")
    assessment = source.assessment()
    if stages is not None:
        rule: StageRule = "after_rise" if rise is not None else "after_fall" if fall is not None else "by_date"
        move = next((given for given in (rise, fall) if given is not None), Stages().move)
        tickets = staged_tickets(assessment, Stages(parts=stages, rule=rule, days=days, move=move))
    else:
        tickets = tickets_to_send(assessment) if purpose == "open" else (TICKETS[purpose](assessment),)
    is_closing = purpose == "close"
    topping_up = None if is_closing else top_up(assessment)
    uniform = None if is_closing else top_up(assessment, of="proxy")
    rolls = () if is_closing else rolls_of(assessment, tickets)
    if as_json:
        print_json(
            {
                "tickets": [ticket_document(one) for one in tickets],
                "top_up": None
                if uniform is None
                else {
                    "coin": uniform.what,
                    "rise": uniform.rise,
                    "amount": uniform.amount,
                    "rally": uniform.rally,
                },
                "market_top_up": None if topping_up is None else asdict(topping_up),
                "rolls": list(rolls),
            }
        )
    elif as_csv:
        click.echo(tickets_csv(assessment, tickets, has_stops=not is_closing), nl=False)
    else:
        print(plain(ticket_text(assessment, tickets, is_closing=is_closing)))
