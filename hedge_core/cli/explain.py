"""The command `explain`: how each figure of a plan is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hedge_core.cli.options import PlanSource, json_option, plan_options, print_json
from hedge_core.cli.value_types import TEXT
from hedge_core.errors import InvalidInput
from hedge_core.text import plain

if TYPE_CHECKING:
    from hedge_core.reports.why import Derivation


@click.command()
@click.option(
    "--figure", type=TEXT, show_default="all", help="Explain the figures whose name begins with this, such as 'Margin'."
)
@plan_options
@json_option
def explain(source: PlanSource, as_json: bool, figure: str | None) -> None:
    """Show how each figure of a plan is computed.

    Gives the formula in words, then the steps with your numbers, which you can check with a pocket calculator.
    """
    from hedge_core.reports.why import derivations
    from hedge_core.reports.why_json import explanation_document

    assessment = source.assessment()
    chosen = _chosen(derivations(assessment), figure)
    if as_json:
        print_json(explanation_document(assessment, chosen))
    else:
        print(plain("\n\n".join(_text(derivation) for derivation in chosen)))


def _chosen(found: Sequence[Derivation], name: str | None) -> list[Derivation]:
    """The derivations whose name begins with `name`, in any case; all of them for None. Raises InvalidInput."""
    chosen = [derivation for derivation in found if derivation.name.lower().startswith((name or "").lower())]
    if not chosen:
        names = ", ".join(derivation.name for derivation in found)
        raise InvalidInput(f"No figure's name begins with '{name:.60}'. The figures are: {names}.")
    return chosen


def _text(derivation: Derivation) -> str:
    return "\n".join([f"{derivation.name}: {derivation.result}", f"  {derivation.formula}", *_steps(derivation)])


def _steps(derivation: Derivation) -> list[str]:
    return [f"  - {step}" for step in derivation.steps]
