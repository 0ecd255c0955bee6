"""The commands that test a plan: `scenario`, `backtest`, `stress` and `simulate`.

An option that states a field of a value (a shock, how paths are drawn) has that field's name as its parameter.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import click

from hedge_core.cli.options import PlanSource, json_option, path_options, plan_options, print_json
from hedge_core.cli.value_types import FRACTION
from hedge_core.scenarios.presets import PRESETS, preset_named
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import MoveOf, Shock
from hedge_core.text import plain

_SHOCK = frozenset(field.name for field in fields(Shock))
_DEFAULT = click.core.ParameterSource.DEFAULT


@click.command()
@click.option("--move", type=FRACTION, help="How far the market moves, such as -0.15 or -15%.")
@click.option(
    "--preset",
    type=click.Choice([preset.key for preset in PRESETS]),
    help="A question that holders often ask, instead of --move and the options below.",
)
@click.option(
    "--of",
    type=click.Choice(get_args(MoveOf)),
    default="proxy",
    help="What moves that far: every proxy, the bag, or the market (half BTC, half ETH).",
)
@click.option(
    "--beta-shift",
    type=FRACTION,
    default="0%",
    help="Relative change of all betas: with 0.2 they turn out a fifth higher than estimated.",
)
@click.option(
    "--basis",
    "basis_move",
    type=FRACTION,
    default="0%",
    help="Move of the contracts beyond that of their proxies.",
)
@click.option(
    "--break",
    "correlation_break",
    type=FRACTION,
    default="0%",
    help="Share of the correlation with the proxies that is lost, from 0 to 100%.",
)
@click.option(
    "--carry",
    "carry_shift",
    type=FRACTION,
    default="0%",
    help="Added to what the short earns per year, such as -50%.",
)
@plan_options
@json_option
@click.pass_context
def scenario(context: click.Context, /, source: PlanSource, as_json: bool, preset: str | None, **stated: Any) -> None:
    """Show profit and loss of bag and hedge after one move.

    State the move with --move, or choose a --preset.
    """
    from hedge_core.cli.text import scenario_text
    from hedge_core.reports.filled_json import with_filled
    from hedge_core.reports.held_options import held_options_document, held_options_outcome, held_options_sentence
    from hedge_core.reports.json import scenario_document

    _check_stated(context, preset)
    position = source.held()
    assessment = position.shown
    shock = Shock(**stated) if preset is None else preset_named(preset).shock_on(assessment)
    result = run_scenario(assessment, shock)
    options = held_options_outcome(position.planned, shock)
    if as_json:
        chosen = {} if preset is None else {"preset": preset}
        held = {} if options is None else {"options": held_options_document(position.planned, options)}
        document = {**scenario_document(result), **chosen, **held, "notes": assessment.plan.notes}
        print_json(with_filled(position.planned, document))
        return
    if preset is not None:
        print(f"{preset_named(preset).name}:")
    print(plain(scenario_text(assessment, result)))
    if options is not None:
        print(plain(f"\n{held_options_sentence(position.planned, options)}"))


def _check_stated(context: click.Context, preset: str | None) -> None:
    """Raise a usage error unless the move is stated once: by --move, or by --preset without any option of a shock."""
    of_shock = {option.name: option.opts[0] for option in context.command.params if option.name in _SHOCK}
    given = [opts for name, opts in of_shock.items() if context.get_parameter_source(name) is not _DEFAULT]
    if preset is None and "--move" not in given:
        raise click.UsageError("Missing option '--move' (or '--preset').", context)
    if preset is not None and given:
        raise click.UsageError(f"--preset states the whole move; leave out {', '.join(given)}.", context)


@click.command()
@plan_options
@json_option
def backtest(source: PlanSource, as_json: bool) -> None:
    """Test the hedge and its alternatives on past days.

    Each hedge is estimated on the days before, and tested on days that it has not seen.
    """
    from hedge_core.cli.text import backtest_text
    from hedge_core.history.backtest import compare_hedges
    from hedge_core.reports.backtest_json import backtest_document, planned_document
    from hedge_core.reports.filled_json import plan_beside, with_filled

    position = source.held()
    planned = compare_hedges(position.planned)
    comparison = planned if position.shown is position.planned else compare_hedges(position.shown, planned)
    if as_json:
        document = with_filled(position.planned, backtest_document(position.shown, comparison))
        print_json(plan_beside(position.planned, document, planned_document(planned)))
    else:
        print(plain(backtest_text(position.shown, comparison)))


@click.command()
@click.option(
    "--residual",
    type=FRACTION,
    default="0%",
    help="Added to the move of coins that did not trade then, such as -10%.",
)
@plan_options
@json_option
def stress(source: PlanSource, as_json: bool, residual: float) -> None:
    """Replay past crashes and squeezes, the worst first."""
    from hedge_core.cli.text import stress_text
    from hedge_core.reports.filled_json import with_filled
    from hedge_core.reports.json import stress_document
    from hedge_core.scenarios.stress import run_stress

    position = source.held()
    assessment = position.shown
    results = run_stress(assessment, residual=residual)
    if as_json:
        print_json(with_filled(position.planned, stress_document(assessment, results)))
    else:
        print(plain(stress_text(assessment, results)))


@click.command()
@path_options
@click.option(
    "--stop",
    "stop_distance",
    type=FRACTION,
    default="10%",
    help="Distance of the stop-loss below today's price.",
)
@plan_options
@json_option
def simulate(source: PlanSource, as_json: bool, stop_distance: float, **drawing: Any) -> None:
    """Compare hedge, stop-loss and selling on many paths.

    Also tries hedge ratios from 0 to 120%.
    """
    from hedge_core.cli.text import simulation_text
    from hedge_core.reports.filled_json import with_filled
    from hedge_core.reports.json import simulation_document
    from hedge_core.simulation.cash_advice import advise_cash
    from hedge_core.simulation.frontier import hedge_frontier
    from hedge_core.simulation.policy_comparison import PolicySettings, compare_policies
    from hedge_core.simulation.simulation import simulate as simulate_plan

    position = source.held()
    assessment = position.shown
    drawn = simulate_plan(assessment, **drawing)
    compared = compare_policies(assessment, PolicySettings(stop_distance=stop_distance), **drawing)
    frontier = hedge_frontier(assessment, **drawing)
    advice = advise_cash(assessment, **drawing)
    if as_json:
        document = simulation_document(assessment, drawn, compared, frontier, advice)
        print_json(with_filled(position.planned, document))
    else:
        print(plain(simulation_text(assessment, drawn, compared, frontier, advice)))
