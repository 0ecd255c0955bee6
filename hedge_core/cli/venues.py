"""The command `venues`: the same plan at every venue, which one is recommended, and which do not serve the holder."""

from __future__ import annotations

import click

from hedge_core.cli.options import PlanSource, json_option, plan_options, print_json
from hedge_core.text import plain


@click.command()
@plan_options
@json_option
def venues(source: PlanSource, as_json: bool) -> None:
    """Compare the plan at every venue.

    Venues that do not serve where you live, as far as a source says so, come last with the reason.
    """
    from hedge_core.cli.text import venues_text
    from hedge_core.hedge.venue_comparison import compare_venues
    from hedge_core.reports.json import venues_document

    assessment = source.assessment()
    comparison = compare_venues(assessment)
    if as_json:
        print_json(venues_document(assessment, comparison))
    else:
        print(plain(venues_text(assessment, comparison)))
