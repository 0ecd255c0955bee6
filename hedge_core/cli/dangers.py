"""The command `dangers`: what can take the hedge away, ranked by what it costs."""

from __future__ import annotations

import click

from hedge_core.cli.options import PlanSource, json_option, plan_options, pledge_options, print_json
from hedge_core.text import plain


@click.command()
@click.option("--paths", type=int, default=4_000, help="Number of paths.")
@click.option("--seed", type=int, default=0, help="Seed of the random numbers; the same seed draws the same paths.")
@pledge_options(
    "Also show what it does if this share of a coin of the bag lies at the venue as margin, such as SOL=50%, instead "
    "of what the plan pledges."
)
@plan_options
@json_option
def dangers(
    source: PlanSource,
    as_json: bool,
    paths: int,
    seed: int,
    pledged: tuple[tuple[str, float], ...],
    haircuts: tuple[tuple[str, float], ...],
) -> None:
    """List what can take the hedge away, the most expensive first.

    Deleveraging, a shut or failed venue, a lost peg, margin that runs out: what each costs, and what you can do.
    """
    from hedge_core.cli.text import dangers_text
    from hedge_core.reports.danger_json import dangers_document, planned_dangers, pledging_document
    from hedge_core.reports.filled_json import plan_beside, with_filled
    from hedge_core.simulation.pledging import kept_pledging, pledging
    from hedge_core.simulation.what_hurts import hurts_on_paths

    if haircuts and not pledged:
        raise click.UsageError("--haircut belongs to --pledge; pledge a coin first.")
    position = source.held()
    assessment = position.shown
    found = hurts_on_paths(assessment, paths=paths, seed=seed)
    backed = (
        pledging(assessment, dict(pledged), dict(haircuts), paths=paths, seed=seed)
        if pledged
        else kept_pledging(assessment, paths=paths, seed=seed)
    )
    if as_json:
        document = {**dangers_document(found), "pledge": pledging_document(backed) if backed else None}
        planned = position.planned
        print_json(plan_beside(planned, with_filled(planned, document), planned_dangers(planned)))
    else:
        print(plain("\n".join([dangers_text(found), *(["", *backed.sentences] if backed else [])])))
