"""What several commands share: the plan and its prices, --json, and reading and printing.

`plan_options` gives a command the argument PLAN with --market, --offline and --strict, and passes them on as one
`PlanSource`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, get_args

import click

from hedge_core.cli.value_types import FRACTION, SHARE_OF_COIN, TEXT
from hedge_core.errors import InvalidFile, InvalidPlan
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import wanted_of
from hedge_core.hedge.planner import LEFT_OUT, assess, assess_priced
from hedge_core.market.venues import EXCHANGES
from hedge_core.simulation.engine import PATHS
from hedge_core.simulation.paths import ModelKind
from hedge_core.text import json_for_terminal, plain

R = TypeVar("R")
Command = Callable[..., R]

MARKETS = f"sample, typed, csv:PATH or an exchange ({', '.join(EXCHANGES)})"
"""The values of --market."""

MAX_READ = 10_000_000
"""Bytes read at most. It is more than a plan or a table may have: their readers refuse what is too large."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")

offline_option = click.option(
    "--offline", "is_offline", is_flag=True, help="Never use the network; only cached data is used."
)


def market_option(*, default: str) -> Callable[[Command[R]], Command[R]]:
    """Return the decorator for --market; `default` says in words which source is used without it."""
    return click.option(
        "--market",
        type=TEXT,
        metavar="SOURCE",
        show_default=default,
        help=f"Source of prices: {MARKETS}.",
    )


@dataclass(frozen=True, eq=False, slots=True)
class Held:
    """A plan as it is `planned`, and the assessment to be `shown`: what is filled, or the plan without fills."""

    planned: HedgeAssessment
    shown: HedgeAssessment


@dataclass(frozen=True, slots=True)
class PlanSource:
    """Where a command reads its plan and its prices from.

    `path` is a file, or - for standard input; `market` is None for the market that the plan names.
    """

    path: str
    market: str | None
    is_offline: bool
    is_strict: bool = False

    def assessment(self) -> HedgeAssessment:
        """Return the plan worked out on its market. Raises HedgeError.

        Coins without a price are left out with a warning on standard error; with --strict they are an error.
        """
        from hedge_core.documents.market_sources import open_source
        from hedge_core.documents.plan_file import read_plan
        from hedge_core.market.live.settings import LiveSettings

        plan = read_plan(read_input(self.path, InvalidPlan))
        name = self.market or plan.market
        settings = LiveSettings.read().with_offline(self.is_offline) if name in EXCHANGES else None
        snapshot = open_source(name, wanted_of(plan), settings).snapshot()
        if self.is_strict:
            return assess(plan, snapshot)
        assessment = assess_priced(plan, snapshot)
        for notice in assessment.notices:
            if notice.code == LEFT_OUT:
                print(f"warning: {notice.text}", file=sys.stderr)
        return assessment

    def held(self) -> Held:
        """Return the plan and what is filled of it, said on standard error. Raises as `assessment`."""
        from hedge_core.monitoring.filled import as_filled, filled_sentence

        planned = self.assessment()
        filled = as_filled(planned)
        if filled is None:
            return Held(planned, planned)
        said = filled.why or f"{filled_sentence(planned)} The figures are those of what is filled."
        if filled.assessment.options is not None:
            said += " Your options are part of them."
        print(plain(f"note: {said}"), file=sys.stderr)
        return Held(planned, filled.assessment)


def pledge_options(meaning: str) -> Callable[[Command[R]], Command[R]]:
    """Add --pledge (as `pledged`; `meaning` is its help) and --haircut (as `haircuts`), each for a coin of the bag."""

    def add(command: Command[R]) -> Command[R]:
        pledge = click.option(
            "--pledge", "pledged", type=SHARE_OF_COIN, multiple=True, metavar="COIN=SHARE", help=meaning
        )
        haircut = click.option(
            "--haircut",
            "haircuts",
            type=SHARE_OF_COIN,
            multiple=True,
            metavar="COIN=FRACTION",
            help="What the venue takes off the value of a pledged coin, such as SOL=20%, instead of what is known or "
            "assumed.",
        )
        return pledge(haircut(command))

    return add


def path_options(command: Command[R]) -> Command[R]:
    """Add --paths, --seed, --model (as `kind`) and --market-move to a command that draws paths."""

    @click.option("--paths", type=int, default=PATHS, help="Number of paths.")
    @click.option("--seed", type=int, default=0, help="Seed of the random numbers; the same seed draws the same paths.")
    @click.option(
        "--model",
        "kind",
        type=click.Choice(get_args(ModelKind)),
        default="auto",
        help="Where daily moves come from: real days, or a fitted distribution with fat tails.",
    )
    @click.option(
        "--market-move",
        type=FRACTION,
        default="0%",
        help="Move of the market that you expect by the horizon, such as -20%.",
    )
    @wraps(command)
    def drawing(**options: Any) -> R:
        return command(**options)

    return drawing


def plan_options(command: Command[R]) -> Command[R]:
    """Add PLAN, --market, --offline and --strict to a command; it gets them as a PlanSource, its first argument."""

    @_source_options
    @click.option(
        "--strict", "is_strict", is_flag=True, help="Stop if a coin has no price, instead of planning for the rest."
    )
    @wraps(command)
    def with_source(*, path: str, market: str | None, is_offline: bool, is_strict: bool, **options: Any) -> R:
        return command(PlanSource(path, market, is_offline, is_strict), **options)

    return with_source


def position_options(command: Command[R]) -> Command[R]:
    """Add PLAN, --market and --offline to a command about the position as executed, as `plan_options` does."""

    @_source_options
    @wraps(command)
    def with_source(*, path: str, market: str | None, is_offline: bool, **options: Any) -> R:
        return command(PlanSource(path, market, is_offline), **options)

    return with_source


def _source_options(command: Command[R]) -> Command[R]:
    plan = click.argument("path", metavar="PLAN", help="Plan file (JSON) or saved report (HTML); - for standard input.")
    return plan(market_option(default="the plan's own")(offline_option(command)))


def read_input(path: str, error: type[InvalidPlan] | type[InvalidFile]) -> bytes:
    """Return the bytes of a file, or of standard input if `path` is -. Raises `error` if it cannot be read."""
    if path == "-":
        return sys.stdin.buffer.read(MAX_READ)
    try:
        with open(path, "rb") as file:
            return file.read(MAX_READ)
    except OSError as fault:
        raise error(f"Cannot read '{path}': {fault.strerror}.") from None


def print_json(document: dict[str, Any]) -> None:
    """Print a document as indented JSON."""
    print(json_for_terminal(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False)))
