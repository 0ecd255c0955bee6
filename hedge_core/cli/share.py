"""The commands `share` and `open`: a plan as a link, and back."""

from __future__ import annotations

import argparse
import sys

from hedge_core.documents.link.link import MAX_TEXT, PARAMETER, Shared, decode, encode, hide_amounts, link_to, reveals
from hedge_core.documents.link.pinning import pin_of
from hedge_core.documents.plan_file import plan_to_json
from hedge_core.hedge.assessment import HedgeAssessment

BASE = f"http://localhost:8501/?{PARAMETER}="
"""Where the app runs on one's own machine."""


def add_share_options(command: argparse.ArgumentParser) -> None:
    """The options of `share` beside those that every command with a plan has."""
    command.add_argument("--hide-amounts", action="store_true", help="shares of the bag instead of amounts")
    command.add_argument(
        "--no-pin", action="store_true", help="without the numbers: they are worked out when it is opened"
    )
    command.add_argument("--base", default=BASE, help=f"the address that the link begins with (default: {BASE})")


def add_open_options(command: argparse.ArgumentParser) -> None:
    """The options of `open`."""
    command.add_argument("link", metavar="LINK", help="a link or what stands after p= in it, or - for standard input")


def share(options: argparse.Namespace, assessment: HedgeAssessment) -> None:
    """Print what the link reveals, and on the last line the link. Raises InvalidPlan where it would be too long."""
    if options.hide_amounts:
        shared = hide_amounts(assessment)
    else:
        shared = Shared(plan=assessment.plan, pin=None if options.no_pin else pin_of(assessment))
    text = encode(shared)
    print(reveals(shared))
    print(link_to(text, options.base))


def open_link(options: argparse.Namespace) -> None:
    """Print the plan document that a link holds, and on standard error (not with --json) what else is in it."""
    text = sys.stdin.buffer.read(MAX_TEXT + 1_000).decode("utf-8", "replace") if options.link == "-" else options.link
    shared = decode(text)
    if shared.is_hidden and not options.json:
        print("note: amounts are hidden: this is the plan of a bag of $100.", file=sys.stderr)
    if shared.pin is not None and not options.json:
        pin = shared.pin
        print(f"note: pinned to prices of {pin.source}, {pin.as_of:%Y-%m-%d %H:%M} UTC.", file=sys.stderr)
    print(plan_to_json(shared.plan), end="")
