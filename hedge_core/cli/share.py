"""The commands `share` and `open`: from a plan to a link and back."""

from __future__ import annotations

import sys

import click

from hedge_core.cli.options import PlanSource, json_option, plan_options
from hedge_core.cli.value_types import TEXT
from hedge_core.text import json_for_terminal, plain

BASE = "http://localhost:8501/?p="
"""Where the app runs on the user's own machine."""


@click.command()
@click.option("--hide-amounts", is_flag=True, help="Give shares of the bag instead of amounts.")
@click.option(
    "--no-pin", is_flag=True, help="Leave out prices and betas; they are then worked out when the link is opened."
)
@click.option("--base", type=TEXT, metavar="URL", default=BASE, help="Address that the link begins with.")
@plan_options
def share(source: PlanSource, hide_amounts: bool, no_pin: bool, base: str) -> None:
    """Print the plan as a link.

    Before the link it says what the link reveals. The link is the last line. A plan that is too long for a link is
    refused.
    """
    from hedge_core.documents.link import link
    from hedge_core.documents.link.pinning import pin_of

    assessment = source.assessment()
    if hide_amounts:
        shared = link.hide_amounts(assessment)
    else:
        shared = link.Shared(plan=assessment.plan, pin=None if no_pin else pin_of(assessment))
    text = link.encode(shared)
    print(plain(link.reveals(shared)))
    print(plain(link.link_to(text, base)))


@click.command("open")
@click.argument("address", metavar="LINK", help="A link, or the text after p= in it; - for standard input.")
@json_option
def open_link(address: str, as_json: bool) -> None:
    """Print the plan that a link holds.

    The plan goes to standard output; what else the link holds goes to standard error, unless --json is given.
    """
    from hedge_core.documents.link.envelope import MAX_TEXT
    from hedge_core.documents.link.link import decode
    from hedge_core.documents.plan_file import plan_to_json

    text = sys.stdin.buffer.read(MAX_TEXT + 1_000).decode("utf-8", "replace") if address == "-" else address
    shared = decode(text)
    if shared.is_hidden and not as_json:
        print("note: amounts are hidden; this is the plan for a bag of $100.", file=sys.stderr)
    if shared.pin is not None and not as_json:
        pin = shared.pin
        print(plain(f"note: pinned to prices of {pin.source}, {pin.as_of:%Y-%m-%d %H:%M} UTC."), file=sys.stderr)
    print(json_for_terminal(plan_to_json(shared.plan)), end="")
