"""The command `contracts`: the catalogue, or what a venue lists right now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from hedge_core.cli.options import json_option, offline_option, print_json
from hedge_core.cli.value_types import TEXT
from hedge_core.errors import InvalidPlan
from hedge_core.market.contracts import Contract, catalogue
from hedge_core.market.figure_ages import old_figures
from hedge_core.market.venues import BY_VENUE
from hedge_core.text import plain


@click.command()
@click.option("--venue", type=TEXT, show_default="all venues", help="Show the contracts of this venue only.")
@click.option("--live", "is_live", is_flag=True, help="Ask the venue which contracts it lists now; needs --venue.")
@offline_option
@json_option
def contracts(venue: str | None, is_live: bool, is_offline: bool, as_json: bool) -> None:
    """List contracts, each with its source and date."""
    rows = _live_contracts(venue, is_offline=is_offline) if is_live else _catalogue_contracts(venue)
    if as_json:
        from hedge_core.reports.json import contract_document

        print_json({"contracts": [contract_document(contract) for contract in rows]})
        return
    today = datetime.now(UTC).date()
    for row in rows:
        ages = ", ".join(f"{old.figure} of {old.as_of}" for old in old_figures(row, today))
        old = f"  OLD: {ages}" if ages else ""
        conflict = f"  NOT SIZED: {row.conflict}" if row.conflict else ""
        source = f"{row.source} ({row.confidence})"
        print(plain(f"{row.id:32} {row.size_text():22} {row.kind:10} {row.verified_on}  {source}{conflict}{old}"))


def _catalogue_contracts(venue: str | None) -> list[Contract]:
    known = catalogue()
    if venue is None:
        return list(known)
    name = _venue_name(venue, known.venues)
    return [contract for contract in known if contract.venue == name]


def _live_contracts(venue: str | None, *, is_offline: bool) -> list[Contract]:
    """Return what a venue lists now; a contract that is in the catalogue too says whether the two agree.

    Raises InvalidPlan without a venue or for one that publishes no list, SourceUnavailable if it does not answer.
    """
    from hedge_core.market.live import check_packages
    from hedge_core.market.live.settings import LiveSettings

    if venue is None:
        raise InvalidPlan(f"--live needs --venue. Venues that publish a list: {', '.join(BY_VENUE)}.")
    name = _venue_name(venue, tuple(BY_VENUE))
    check_packages()
    from hedge_core.market.live.markets import LiveMarkets

    markets = LiveMarkets(LiveSettings.read().with_offline(is_offline))
    try:
        listed = markets.contracts(name)
    finally:
        markets.close()
    both = catalogue().with_listed(listed)
    return [both.get(contract.id) for contract in listed]


def _venue_name(text: str, known: Sequence[str]) -> str:
    """Return the name of the venue that `text` means: its own name or its exchange's, in any case.

    Raises InvalidPlan for an unknown venue.
    """
    by_name = {venue.lower(): venue for venue in known}
    by_name |= {exchange.name: venue for venue, exchange in BY_VENUE.items() if venue in known}
    if text.lower() not in by_name:
        raise InvalidPlan(f"No contracts are known for the venue '{text}'. Known venues: {', '.join(known)}.")
    return by_name[text.lower()]
