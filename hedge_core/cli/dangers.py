"""The command `dangers`: what can take the hedge away, ranked by what it costs."""

from __future__ import annotations

import click

from hedge_core.cli.options import PlanSource, json_option, plan_options, print_json
from hedge_core.text import plain


@click.command()
@click.option("--paths", type=int, default=4_000, help="Number of paths.")
@click.option("--seed", type=int, default=0, help="Seed of the random numbers; the same seed draws the same paths.")
@plan_options
@json_option
def dangers(source: PlanSource, as_json: bool, paths: int, seed: int) -> None:
    """List what can take the hedge away, the most expensive first.

    Deleveraging, a shut or failed venue, a lost peg, margin that runs out: what each costs, and what you can do.
    """
    from hedge_core.cli.text import dangers_text
    from hedge_core.reports.danger_json import dangers_document
    from hedge_core.simulation.what_hurts import hurts_on_paths

    found = hurts_on_paths(source.assessment(), paths=paths, seed=seed)
    if as_json:
        print_json(dangers_document(found))
    else:
        print(plain(dangers_text(found)))
