"""The command line: the same plan and the same numbers, without a browser.

With --json one object goes to standard output and nothing else; messages go to standard error. A mistake of the
user ends with exit code 2 and one clear message.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, get_args

from hedge_core.cli import monitor as cli_monitor, share as cli_share
from hedge_core.cli.text import assessment_text, backtest_text, scenario_text, simulation_text, stress_text
from hedge_core.errors import HedgeError, InvalidFile, InvalidInput, InvalidPlan
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import wanted_of
from hedge_core.hedge.planner import assess
from hedge_core.history.backtest import compare_hedges
from hedge_core.market.coins import is_stablecoin
from hedge_core.market.contracts import Contract, catalogue
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.venues import BY_VENUE, EXCHANGES
from hedge_core.plan.plan import DEFAULT_VENUE, Approach, Decisions, HedgePlan, Rounding, SizingMethod
from hedge_core.reports.json import (
    assessment_document,
    backtest_document,
    contract_document,
    scenario_document,
    simulation_document,
    stress_document,
)
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import run_stress
from hedge_core.simulation.engine import PATHS
from hedge_core.simulation.frontier import hedge_frontier
from hedge_core.simulation.paths import ModelKind
from hedge_core.simulation.policy_comparison import PolicySettings, compare_policies
from hedge_core.simulation.simulation import simulate
from hedge_core.text import plain

MARKETS = f"sample, csv:PATH or an exchange: {', '.join(EXCHANGES)}"

SIGNED = ("--move", "--beta-shift", "--basis", "--carry", "--residual", "--market-move")
"""Options whose value may begin with a minus."""

MAX_READ = 10_000_000
"""More bytes than a plan or a table of holdings may have: their readers refuse what is too large."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (0 done, 2 a mistake of the user; `monitor` has more)."""
    options = read_options(_parser(), sys.argv[1:] if arguments is None else arguments)
    run: Callable[[argparse.Namespace], int | None] = options.run
    try:
        code = run(options)
        sys.stdout.flush()
        return code or 0
    except HedgeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader went away, as `head` does: not worth a message
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def read_options(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """What the arguments say. Ends the program with a message (SystemExit 2) where they say nothing sensible."""
    for argument in arguments:
        if re.fullmatch(r"--[a-z-]+=--", argument):  # argparse would make an empty list of such a value
            parser.error(f"{argument}: '--' is no value")
    return parser.parse_args(_joined(arguments))


def _joined(arguments: Sequence[str]) -> list[str]:
    """`--move -15%` as `--move=-15%`: argparse would take -15% for an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in SIGNED and re.match(r"-[\d.]", argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hedge_core",
        description="From a bag of altcoins to a hedge in whole micro-futures contracts. Not financial advice.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    new = command("new", _new, "Make a plan from a table of holdings (CSV: coin, quantity, ...).")
    new.add_argument("bag", metavar="BAG", help="a CSV file of holdings, or - for standard input")
    new.add_argument("--risk", type=_fraction, default=0.5, help="share of the loss accepted, as in 0.3 or 30%%")
    new.add_argument("--method", choices=get_args(SizingMethod), default="beta_weighted")
    new.add_argument("--approach", choices=get_args(Approach), default="recommended")
    new.add_argument("--rounding", choices=get_args(Rounding), default="nearest")
    new.add_argument("--venue", default=DEFAULT_VENUE, help=f"where to short (default: {DEFAULT_VENUE})")
    new.add_argument("--collateral", type=_fraction, default=None, help="USD set aside for margin")
    new.add_argument("--window", type=int, default=365, help="days of history for betas (default: 365)")
    new.add_argument("--market", default=None, help=f"{MARKETS} (default: HEDGE_MARKET, else sample)")

    propose = command("propose", _propose, "Work a plan out: whole contracts, achieved ratio, margin, costs.")
    scenario = command("scenario", _scenario, "Profit and loss of bag and hedge under one move.")
    backtest = command("backtest", _backtest, "How the plan's hedge and others did on days that they had not seen.")
    stress = command("stress", _stress, "The plan in the crashes and squeezes of history, the worst first.")
    stress.add_argument(
        "--residual",
        type=_fraction,
        default=0.0,
        help="added to the move of coins without one of their own, as in -10%%",
    )
    simulate = command("simulate", _simulate, "Bag and hedge on thousands of paths, beside stop-loss and selling.")
    simulate.add_argument("--paths", type=int, default=PATHS, help=f"how many (default: {PATHS:,})")
    simulate.add_argument("--seed", type=int, default=0, help="the same seed draws the same paths (default: 0)")
    simulate.add_argument("--model", choices=get_args(ModelKind), default="auto", help="where daily moves come from")
    simulate.add_argument(
        "--market-move", type=_fraction, default=0.0, help="expected of the market by the horizon, as in -20%%"
    )
    simulate.add_argument("--stop", type=_fraction, default=0.1, help="distance of the stop-loss (default: 10%%)")
    monitor = command(
        "monitor",
        cli_monitor.run,
        "The position as executed, and what to do about it. Exit codes: 0 calm, 3 warning, 4 critical, 5 no prices.",
    )
    cli_monitor.add_options(monitor)
    share = command("share", _share, "The plan as a link, with the numbers that it leads to.")
    cli_share.add_share_options(share)
    opened = command("open", _open, "The plan that a link holds, as a document.")
    cli_share.add_open_options(opened)
    report = command(
        "report", _report, "The whole plan as one HTML file that opens offline, runs no script and prints."
    )
    report.add_argument(
        "--out",
        required=True,
        metavar="FILE",
        help="the file to write, or - for standard output; its tables only where FILE ends with .xlsx",
    )
    for sub in (propose, scenario, backtest, stress, simulate, monitor, report, share):
        sub.add_argument("plan", metavar="PLAN", help="a plan file (JSON), or - for standard input")
        sub.add_argument("--market", default=None, help=f"{MARKETS} (default: the plan's own)")
    scenario.add_argument("--move", type=_fraction, required=True, help="as in -0.15 or -15%%")
    scenario.add_argument("--of", choices=("proxy", "bag"), default="proxy", help="what moves (default: proxy)")
    scenario.add_argument(
        "--beta-shift", type=_fraction, default=0.0, help="realised betas, relative: 0.2 is a fifth higher"
    )
    scenario.add_argument("--basis", type=_fraction, default=0.0, help="move of the contracts beyond their proxy")
    scenario.add_argument(
        "--break", dest="broken", type=_fraction, default=0.0, help="share of correlation that breaks"
    )
    scenario.add_argument("--carry", type=_fraction, default=0.0, help="added to what the short earns a year")

    contracts = command("contracts", _contracts, "The contract catalogue, with sources and dates.")
    contracts.add_argument("--venue", default=None, help="one venue only")
    contracts.add_argument("--live", action="store_true", help="ask the venue what it lists right now")
    for sub in (propose, scenario, backtest, stress, simulate, monitor, report, share, contracts):
        sub.add_argument("--offline", action="store_true", help="never use the network; what is in the cache will do")
    schema = command("schema", _schema, "The JSON Schema of a plan document.")
    schema.set_defaults(json=True)
    for sub in (propose, scenario, backtest, stress, simulate, monitor, opened, contracts):
        sub.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def _fraction(text: str) -> float:
    from hedge_core.text import parse_number

    try:
        return parse_number(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number; write 0.15 or 15%") from None


def _read(path: str, error: type[InvalidPlan] | type[InvalidFile]) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read(MAX_READ)
    try:
        with open(path, "rb") as file:
            return file.read(MAX_READ)
    except OSError as fault:
        raise error(f"Cannot read '{path}': {fault.strerror}.") from None


def _assessment(options: argparse.Namespace) -> HedgeAssessment:
    from hedge_core.documents.plan_file import read_plan
    from hedge_core.market.registry import open_source

    plan = read_plan(_read(options.plan, InvalidPlan))
    name = options.market or plan.market
    settings = LiveSettings.read().with_offline(options.offline) if name in EXCHANGES else None
    market: MarketSnapshot = open_source(name, wanted_of(plan), settings).snapshot()
    return assess(plan, market)


def _new(options: argparse.Namespace) -> None:
    from hedge_core.documents.holdings_file import dry_run, read_holdings
    from hedge_core.documents.plan_file import plan_from_json, plan_to_json

    table = read_holdings(_read(options.bag, InvalidFile))
    if table.faults:
        raise InvalidFile("Some rows of the bag cannot be used:", table.faults)
    brought = [one for one in dry_run(table) if not is_stablecoin(one.holding.coin)]
    remarks = [f"{one.holding.coin}: {remark}." for one in brought for remark in one.remarks]
    for line in (*table.notes, *remarks):
        print(plain(line), file=sys.stderr)
    decisions = Decisions(
        risk_accepted=options.risk,
        method=options.method,
        rounding=options.rounding,
        approach=options.approach,
        venue=options.venue,
        collateral=options.collateral,
        window_days=options.window,
    )
    market = LiveSettings.read().market if options.market is None else options.market
    plan = HedgePlan(holdings=table.holdings, decisions=decisions, market=market)
    document = plan_to_json(plan.with_overrides(prices=dict(table.prices)))
    plan_from_json(document)
    print(document, end="")


def _propose(options: argparse.Namespace) -> None:
    assessment = _assessment(options)
    if options.json:
        _print_json(assessment_document(assessment))
    else:
        print(plain(assessment_text(assessment)))


def _scenario(options: argparse.Namespace) -> None:
    assessment = _assessment(options)
    shock = Shock(
        move=options.move,
        of=options.of,
        beta_shift=options.beta_shift,
        basis_move=options.basis,
        correlation_break=options.broken,
        carry_shift=options.carry,
    )
    result = run_scenario(assessment, shock)
    if options.json:
        _print_json({**scenario_document(result), "notes": assessment.plan.notes})
    else:
        print(plain(scenario_text(assessment, result)))


def _backtest(options: argparse.Namespace) -> None:
    assessment = _assessment(options)
    comparison = compare_hedges(assessment)
    if options.json:
        _print_json(backtest_document(assessment, comparison))
    else:
        print(plain(backtest_text(assessment, comparison)))


def _stress(options: argparse.Namespace) -> None:
    assessment = _assessment(options)
    results = run_stress(assessment, residual=options.residual)
    if options.json:
        _print_json(stress_document(assessment, results))
    else:
        print(plain(stress_text(assessment, results)))


def _simulate(options: argparse.Namespace) -> None:
    assessment = _assessment(options)
    drawing: dict[str, Any] = {
        "kind": options.model,
        "market_move": options.market_move,
        "paths": options.paths,
        "seed": options.seed,
    }
    drawn = simulate(assessment, **drawing)
    compared = compare_policies(assessment, PolicySettings(stop_distance=options.stop), **drawing)
    frontier = hedge_frontier(assessment, **drawing)
    if options.json:
        _print_json(simulation_document(assessment, drawn, compared, frontier))
    else:
        print(plain(simulation_text(assessment, drawn, compared, frontier)))


def _report(options: argparse.Namespace) -> None:
    from hedge_core.documents.plan_file import write_bytes

    assessment = _assessment(options)
    if options.out.lower().endswith(".xlsx"):
        from hedge_core.reports.excel import workbook

        content = workbook(assessment)
    else:
        from hedge_core.reports.html.page import report_html

        content = report_html(assessment, made_at=datetime.now(UTC)).encode()
    if options.out == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        write_bytes(content, options.out)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "this is not the name of a file"
        raise InvalidInput(f"Cannot write '{options.out}': {reason}.") from None


def _contracts(options: argparse.Namespace) -> None:
    rows = _live_contracts(options) if options.live else _catalogue_contracts(options.venue)
    if options.json:
        _print_json({"contracts": [contract_document(contract) for contract in rows]})
        return
    for row in rows:
        conflict = f"  NOT SIZED: {row.conflict}" if row.conflict else ""
        source = f"{row.source} ({row.confidence})"
        print(f"{row.id:32} {row.size_text():22} {row.kind:10} {row.verified_on}  {source}{conflict}")


def _catalogue_contracts(venue: str | None) -> list[Contract]:
    known = catalogue()
    if venue is None:
        return list(known)
    name = _venue(venue, known.venues)
    return [contract for contract in known if contract.venue == name]


def _live_contracts(options: argparse.Namespace) -> list[Contract]:
    """What a venue lists right now; a contract that the catalogue knows as well shows whether the two agree."""
    from hedge_core.market.live.markets import LiveMarkets

    if options.venue is None:
        raise InvalidPlan(f"--live needs --venue. Venues that publish a list: {', '.join(BY_VENUE)}.")
    venue = _venue(options.venue, tuple(BY_VENUE))
    markets = LiveMarkets(LiveSettings.read().with_offline(options.offline))
    try:
        listed = markets.contracts(venue)
    finally:
        markets.close()
    both = catalogue().with_listed(listed)
    return [both.get(contract.id) for contract in listed]


def _venue(text: str, known: Sequence[str]) -> str:
    """A venue by its name or by that of its exchange, in any case. Raises InvalidPlan."""
    by_name = {venue.lower(): venue for venue in known}
    by_name |= {exchange.name: venue for venue, exchange in BY_VENUE.items() if venue in known}
    if text.lower() not in by_name:
        raise InvalidPlan(f"No contract is known at '{text}'. Known venues: {', '.join(known)}.")
    return by_name[text.lower()]


def _share(options: argparse.Namespace) -> None:
    cli_share.share(options, _assessment(options))


def _open(options: argparse.Namespace) -> None:
    cli_share.open_link(options)


def _schema(options: argparse.Namespace) -> None:
    from hedge_core.documents.plan_file import json_schema

    _print_json(json_schema())


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False))
