"""The command `tax`: fills, funding and realised results as CSV for a tax program."""

from __future__ import annotations

import sys

import click

from hedge_core.cli.options import PlanSource, plan_options
from hedge_core.errors import InvalidInput


@click.command()
@plan_options
def tax(source: PlanSource) -> None:
    """Print fills and realised results as CSV for a tax program.

    It is no tax advice.

    One row for each event in order of time, in USD; results are at average entry prices.
    """
    from hedge_core.reports.tax_csv import NO_ADVICE, records_of, tax_csv

    assessment = source.assessment()
    execution = assessment.plan.execution
    if not execution.fills and not execution.payments:
        raise InvalidInput("The plan has no fills and no funding payments: enter them first.")
    click.echo(tax_csv(records_of(assessment)), nl=False)
    print(f"note: {NO_ADVICE}", file=sys.stderr)
