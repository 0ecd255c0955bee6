"""The command `study`: how well the planner's hedges did on a market's past."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import get_args

import click

from hedge_core.cli.options import json_option, market_option, offline_option, print_json, read_input
from hedge_core.cli.value_types import FRACTION, TEXT
from hedge_core.errors import InvalidFile, InvalidInput
from hedge_core.market.contracts import catalogue
from hedge_core.market.venues import EXCHANGES
from hedge_core.plan.plan import DEFAULT_VENUE, Approach
from hedge_core.text import plain


@click.command()
@market_option(default="HEDGE_MARKET, otherwise sample")
@offline_option
@click.option("--coins", type=TEXT, metavar="LIST", help="Coins to study, such as UNI,ATOM; without it, all of them.")
@click.option("--venue", type=TEXT, default=DEFAULT_VENUE, help="Where the hedges are opened.")
@click.option(
    "--approach",
    type=click.Choice(get_args(Approach)),
    default="recommended",
    help="How coins are matched with contracts; bag_level is that of the first edition.",
)
@click.option("--value", type=int, default=20_000, help="Value of each bag in USD on every start day.")
@click.option("--ratio", type=FRACTION, default="50%", help="The plan's hedge ratio, beside a ratio of 100%.")
@click.option("--window", "window_days", type=int, default=365, metavar="DAYS", help="Days used to estimate betas.")
@click.option("--funding", type=TEXT, metavar="FILE", help="CSV of funding rates: columns time, symbol, rate.")
@click.option("--seed", type=int, default=0, help="Seed of the random numbers; the same seed gives the same numbers.")
@click.option("--out", type=TEXT, metavar="FILE", help="Also write a report as one HTML file.")
@json_option
def study(
    market: str | None,
    is_offline: bool,
    coins: str | None,
    venue: str,
    approach: Approach,
    value: int,
    ratio: float,
    window_days: int,
    funding: str | None,
    seed: int,
    out: str | None,
    as_json: bool,
) -> None:
    """Measure the planner's hedges on a market's past.

    Every 30 days the planner works out a hedge from the days before, in whole contracts and with its costs.
    """
    from hedge_core.documents.funding_file import read_funding_csv
    from hedge_core.documents.market_sources import open_source
    from hedge_core.documents.plan_file import write_bytes
    from hedge_core.history.study import run_study
    from hedge_core.history.walk import Terms
    from hedge_core.market.coins import coin_symbol
    from hedge_core.market.live.settings import LiveSettings
    from hedge_core.market.sources import Wanted
    from hedge_core.reports.study import study_document, study_html, study_markdown

    chosen = tuple(coin_symbol(coin.strip()) for coin in coins.split(",") if coin.strip()) if coins else ()
    _check(venue, value, ratio, window_days, seed)
    settings = LiveSettings.read()
    name = settings.market if market is None else market
    live = settings.with_offline(is_offline) if name in EXCHANGES else None
    snapshot = open_source(name, Wanted(chosen), live).snapshot()
    if funding is not None:
        snapshot = replace(snapshot, funding=read_funding_csv(read_input(funding, InvalidFile)))
    terms = Terms(venue=venue, approach=approach, value=value, ratio=ratio, window_days=window_days)
    found = run_study(snapshot, terms, coins=chosen, seed=seed, progress=_report_progress)
    if out is not None:
        try:
            write_bytes(study_html(found).encode(), out)
        except (OSError, ValueError) as fault:
            reason = getattr(fault, "strerror", None) or "this is not a valid file name"
            raise InvalidInput(f"Cannot write '{out}': {reason}.") from None
    if as_json:
        print_json(study_document(found))
    else:
        print(plain(study_markdown(found)))


def _check(venue: str, value: float, ratio: float, window_days: int, seed: int) -> None:
    if venue not in catalogue().venues:
        raise InvalidInput(f"--venue: '{venue}' has no known contract. Choose one of: {', '.join(catalogue().venues)}.")
    if not 1.0 <= value <= 1e12:
        raise InvalidInput(f"--value: a bag must be worth between $1 and $1e12, not {value:g}.")
    if not 0.0 <= ratio <= 1.0:
        raise InvalidInput(f"--ratio: the hedge ratio must be between 0 and 100%, not {ratio:.0%}.")
    if not 30 <= window_days <= 3_650:
        raise InvalidInput(f"--window: must be between 30 and 3,650 days, not {window_days}.")
    if seed < 0:
        raise InvalidInput(f"--seed: must be zero or a positive number, not {seed}.")


def _report_progress(share: float, day: str) -> None:
    """Show the progress on one line of a terminal; nothing if standard error is a file."""
    if sys.stderr.isatty():
        print(f"\r{share:4.0%} {day}", end="\n" if share >= 1.0 else "", file=sys.stderr, flush=True)
