"""The command `alternatives`: the short beside puts, collars, a stop-loss and selling, with a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hedge_core.cli.options import PlanSource, json_option, path_options, plan_options, print_json
from hedge_core.cli.value_types import DOLLARS, FRACTION, TEXT, read_fraction
from hedge_core.errors import InvalidInput
from hedge_core.simulation.paths import ModelKind
from hedge_core.text import parse_number, plain

if TYPE_CHECKING:
    from hedge_core.hedge.assessment import HedgeAssessment
    from hedge_core.market.options.contracts import OptionSeries
    from hedge_core.market.options.surface import VolatilitySurface


@click.command()
@path_options
@click.option("--stop", type=FRACTION, default="10%", help="Distance of the stop-loss below today's price.")
@click.option(
    "--volatility",
    "levels",
    multiple=True,
    type=TEXT,
    metavar="LEVEL",
    help="Volatility per year of options at the money, such as 55%, or of one coin, such as BTC=48%. Repeatable.",
)
@click.option(
    "--quote",
    "quotes",
    multiple=True,
    type=TEXT,
    metavar="OPTION=PRICE",
    help="Price of one option in USD per coin (in coins if it settles in the coin), from which the volatility of its "
    "coin is taken, such as Deribit:ETH_USDC-27NOV26-2800-P=61.5. Repeatable.",
)
@click.option(
    "--live",
    "is_live",
    is_flag=True,
    help="Ask Deribit for today's quotes of options and take the volatility from them; where it has none, the assumed "
    "one is used, and this is said.",
)
@click.option("--options", "venue", type=TEXT, metavar="VENUE", help="Venue of the options; else Deribit, or CME.")
@click.option(
    "--own-option",
    "own",
    multiple=True,
    type=TEXT,
    metavar="COIN=SIZE",
    help="European option contracts of your own with this many coins each, such as ETH=0.1. Repeatable.",
)
@click.option(
    "--largest-loss",
    type=DOLLARS,
    metavar="USD",
    help="Size put and collar for this largest loss in any move of the market, instead of the short's worst 5%.",
)
@plan_options
@json_option
def alternatives(
    source: PlanSource,
    *,
    as_json: bool,
    paths: int,
    seed: int,
    kind: ModelKind,
    market_move: float,
    stop: float,
    levels: tuple[str, ...],
    quotes: tuple[str, ...],
    is_live: bool,
    venue: str | None,
    own: tuple[str, ...],
    largest_loss: float | None,
) -> None:
    """Compare the short with puts, collars and selling.

    All of them, and a stop-loss, are followed on the same paths and the same past. The first line is the verdict.
    """
    from hedge_core.cli.text import alternatives_text
    from hedge_core.reports.alternatives import alternatives_document
    from hedge_core.reports.filled_json import with_filled
    from hedge_core.simulation.alternatives import AlternativeSettings, compare_alternatives
    from hedge_core.simulation.policy_comparison import PolicySettings

    position = source.held()
    assessment = position.shown
    settings = AlternativeSettings(
        surface=_surface(assessment, levels, quotes, _live_surface(assessment, source) if is_live else None),
        venue=venue,
        own_series=tuple(_own_series(text) for text in own),
        largest_loss=largest_loss,
        policies=PolicySettings(stop_distance=stop),
    )
    found = compare_alternatives(assessment, settings, kind=kind, market_move=market_move, paths=paths, seed=seed)
    if as_json:
        print_json(with_filled(position.planned, alternatives_document(assessment, found)))
    else:
        print(plain(alternatives_text(assessment, found)))


def _live_surface(assessment: HedgeAssessment, source: PlanSource) -> VolatilitySurface:
    """The surface from Deribit's quotes for the coins of the hedge, Bitcoin and Ether. Raises InvalidInput."""
    from datetime import UTC, datetime

    from hedge_core.market.live.markets import LiveMarkets
    from hedge_core.market.live.settings import LiveSettings
    from hedge_core.market.options.contracts import proposed_series
    from hedge_core.market.options.surface import surface_of
    from hedge_core.market.venues.deribit import OPTIONS

    if assessment.market.simulated:
        raise InvalidInput("--live: today's quotes do not go with simulated prices; choose others with --market.")
    offered = proposed_series(OPTIONS.venue)
    coins = dict.fromkeys((*(leg.underlying for leg in assessment.legs), "BTC", "ETH"))
    spots = {
        coin: spot
        for coin in coins
        if coin in offered and (spot := assessment.underlying_price_or_none(coin)) is not None
    }
    markets = LiveMarkets(LiveSettings.read().with_offline(source.is_offline))
    try:
        return markets.option_surface(spots, surface_of(assessment.market), datetime.now(UTC))
    finally:
        markets.close()


def _surface(
    assessment: HedgeAssessment, levels: tuple[str, ...], quotes: tuple[str, ...], live: VolatilitySurface | None
) -> VolatilitySurface | None:
    """The `live` or the market's surface with the user's levels and quotes in it; None for the market's as it is."""
    from hedge_core.market.options.surface import surface_of

    if not levels and not quotes:
        return live
    surface = live or surface_of(assessment.market)
    for text in levels:
        coin, separator, level = text.rpartition("=")
        surface = surface.at_level(_number("--volatility", level), coin.strip().upper() if separator else None)
    for text in quotes:
        surface = _with_quote(surface, assessment, text)
    return surface


def _with_quote(surface: VolatilitySurface, assessment: HedgeAssessment, text: str) -> VolatilitySurface:
    """The surface with the volatility of one option's quote. Raises InvalidInput."""
    from hedge_core.market.options.contracts import option_of
    from hedge_core.market.options.held import forward_basis

    name, separator, price = text.rpartition("=")
    if not separator:
        raise InvalidInput(
            f"--quote: write an option and its price, as Deribit:ETH_USDC-27NOV26-2800-P=61.5, not '{text:.60}'."
        )
    option, quoted = option_of(name.strip()), _number("--quote", price)
    coin, market = option.series.underlying, assessment.market
    spot = assessment.underlying_price_or_none(coin)
    if spot is None:
        raise InvalidInput(f"--quote: {coin} has no price, so that the quote of {option.id} cannot be used.")
    forward = spot * (1.0 + forward_basis(market, coin, option.expiry))
    in_usd = quoted * spot if option.series.settlement == "coin" else quoted
    return surface.with_quote(
        coin,
        sign=option.sign,
        forward=forward,
        strike=option.strike,
        price=in_usd,
        days=option.days_left(market.as_of.date()),
    )


def _own_series(text: str) -> OptionSeries:
    """A series of the user's own, written as ETH=0.1. Raises InvalidInput."""
    from hedge_core.market.coins import coin_symbol
    from hedge_core.market.options.contracts import OptionSeries

    coin, separator, size = text.partition("=")
    if not separator:
        raise InvalidInput(f"--own-option: write a coin and a number of coins, as ETH=0.1, not '{text:.40}'.")
    try:
        return OptionSeries.own(coin_symbol(coin.strip()), parse_number(size))
    except ValueError:
        raise InvalidInput(f"--own-option: '{size:.40}' is not a number of coins; write ETH=0.1.") from None


def _number(option: str, text: str) -> float:
    try:
        return read_fraction(text)
    except ValueError as error:
        raise InvalidInput(f"{option}: {error}") from None
