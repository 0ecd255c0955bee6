"""The volatility surface from live quotes of options; a coin whose quotes cannot be trusted keeps its own volatility.

Of each expiry the options out of the money near the forward count, at the volatility of the middle of bid and offer.
The level is where they cross the forward (straight between the strikes beside it), the slope is that of a straight line
through those of the expiry nearest to 30 days, and half the spread is the median of (σ_ask − σ_bid)/2.

A coin is refused if its contract has another size than the one known, its quotes are old, its forward is not the coin's
price, or its volatility is far from what is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import median
from types import MappingProxyType

import numpy as np

from hedge_core.errors import HedgeError, InvalidInput
from hedge_core.market.live.option_quotes import OptionQuote
from hedge_core.market.live.parse import differs
from hedge_core.market.options.black76 import implied_deviation
from hedge_core.market.options.contracts import Option, OptionSeries, option_of, option_series
from hedge_core.market.options.surface import QUARTER, SKEW_YEARS, Smile, VolatilitySurface
from hedge_core.market.venues.deribit import OPTIONS
from hedge_core.text import listed, plain

EXPIRY_HOURS = 8.0
"""Options of Deribit expire at 08:00 UTC."""

OLDEST = timedelta(minutes=15)
"""The age beyond which a quote is not used."""

NEAR_SPOT = 1.2
"""A forward must be within this factor of the coin's price."""

NEAR_ASSUMED = 3.0
"""A volatility must be within this factor of the one assumed."""

WIDEST, FARTHEST, LEAST_DAYS, LEAST_POINTS = 0.5, 0.3, 2.0, 4
"""Of an expiry at least LEAST_DAYS away, quotes count whose spread is at most WIDEST of their middle, and whose strike
is at most FARTHEST from the forward (in ln(K/F)); it takes LEAST_POINTS of them."""


@dataclass(frozen=True, slots=True)
class _Point:
    """An option's volatility at bid, middle and offer, `days` before expiry, at x = ln(K/F)."""

    days: float
    x: float
    bid: float
    middle: float
    ask: float


def live_surface(
    rows: Sequence[Sequence[object]], spots: Mapping[str, float], base: VolatilitySurface, now: datetime
) -> VolatilitySurface:
    """The surface with the smiles of quotes for the coins in `spots` (USD); others, and those refused, are of `base`.

    `rows` are those of `option_rows`. The source names the coins with quotes, and for the others why there are none.
    """
    quotes = [OptionQuote(*row) for row in rows]  # type: ignore[arg-type]
    smiles, refused = dict(base.smiles), dict[str, str]()
    for coin, spot in spots.items():
        try:
            smiles[coin] = _smile(coin, spot, quotes, base.of(coin), now)
        except InvalidInput as error:
            refused[coin] = str(error)
    quoted = [coin for coin in spots if coin not in refused]
    if not quoted:
        return without_quotes(base, "; ".join(f"{coin}: {why}" for coin, why in refused.items()))
    source = f"live quotes of {OPTIONS.venue} for {listed(quoted)}, {now:%d %b %Y %H:%M} UTC"
    for coin, why in refused.items():
        source += f"; {coin}: {why}, so {base.source}"
    return VolatilitySurface(MappingProxyType(smiles), base.others, source, is_quoted=not refused)


def without_quotes(base: VolatilitySurface, why: str) -> VolatilitySurface:
    """The surface as it is, with a word beside its source on why there are no live quotes."""
    return replace(base, source=f"{base.source} (no live quotes: {plain(why).rstrip('.')})")


def _smile(coin: str, spot: float, quotes: Sequence[OptionQuote], assumed: Smile, now: datetime) -> Smile:
    """The smile of a coin's quotes. Raises InvalidInput if they cannot be trusted, saying why."""
    series = option_series().get(f"{OPTIONS.venue}:{coin}_USDC")
    mine = [] if series is None else [one for one in quotes if one.code.startswith(f"{series.code}-")]
    if series is None or not mine:
        raise InvalidInput(f"{OPTIONS.venue} quotes no options in USDC on it")
    _check_size(series, mine)
    fresh = [one for one in mine if now - _moment(one) <= OLDEST]
    if not fresh:
        age = (now - max(map(_moment, mine))).total_seconds() / 60.0
        raise InvalidInput(f"its quotes are {age:,.0f} minutes old")
    off = [one for one in fresh if differs(one.forward, spot, NEAR_SPOT)]
    if off:
        raise InvalidInput(f"its options are on {off[0].forward:,.6g} USD per coin, and the price is {spot:,.6g}")
    points = _points(fresh, now)
    levels = {days: level for days, these in points.items() if (level := _at_the_money(these)) is not None}
    if not levels:
        raise InvalidInput("too few of its quotes have a narrow spread near the price")
    for days, level in levels.items():
        if differs(level, assumed.at_the_money(days), NEAR_ASSUMED):
            raise InvalidInput(f"its volatility of {level:.0%} is far from {assumed.at_the_money(days):.0%}, assumed")
    thirty = points[min(levels, key=lambda days: abs(days - 365.0 * SKEW_YEARS))]
    half_spread = median(float(one.ask - one.bid) / 2.0 for these in points.values() for one in these)
    return Smile(
        tuple(sorted(levels.items())),
        put_over_call=_put_over_call(thirty),
        half_spread=min(half_spread, 0.5),
        source=f"quotes of {OPTIONS.venue}",
    )


def _check_size(series: OptionSeries, quotes: Sequence[OptionQuote]) -> None:
    sizes = {one.contract_size for one in quotes}
    if sizes != {series.contract_size}:
        stated = listed([f"{size:,.10g}" for size in sorted(sizes)])
        raise InvalidInput(
            f"{OPTIONS.venue} lists contracts of {stated} coins, and {series.contract_size:,.10g} was known"
        )


def _moment(quote: OptionQuote) -> datetime:
    try:
        return datetime.fromtimestamp(quote.milliseconds / 1000.0, UTC)
    except (OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(0.0, UTC)


def _points(quotes: Sequence[OptionQuote], now: datetime) -> dict[float, list[_Point]]:
    """The volatilities of the quotes that count, by days to expiry."""
    found: dict[float, list[_Point]] = {}
    for quote in quotes:
        option = _option(quote.code)
        if option is None:
            continue
        expiry = datetime.combine(option.expiry, datetime.min.time(), tzinfo=UTC) + timedelta(hours=EXPIRY_HOURS)
        days = (expiry - now).total_seconds() / 86_400.0
        x = float(np.log(option.strike / quote.forward))
        is_out = option.sign * x >= 0.0
        is_narrow = quote.ask - quote.bid <= WIDEST * (quote.ask + quote.bid) / 2.0
        if days < LEAST_DAYS or not is_out or abs(x) > FARTHEST or not is_narrow:
            continue
        prices = np.array([quote.bid, (quote.bid + quote.ask) / 2.0, quote.ask])
        volatility = implied_deviation(option.sign, quote.forward, option.strike, prices) / np.sqrt(days / 365.0)
        if np.isfinite(volatility).all():
            found.setdefault(days, []).append(_Point(days, x, *volatility.tolist()))
    return {days: sorted(these, key=lambda one: one.x) for days, these in found.items() if len(these) >= LEAST_POINTS}


def _option(code: str) -> Option | None:
    try:
        return option_of(f"{OPTIONS.venue}:{code}")
    except HedgeError:
        return None


def _at_the_money(points: Sequence[_Point]) -> float | None:
    """The volatility at the forward, straight between the strikes beside it; None if all are on one side."""
    x = np.array([one.x for one in points])
    if x[0] > 0.0 or x[-1] < 0.0:
        return None
    return float(np.interp(0.0, x, np.array([one.middle for one in points])))


def _put_over_call(points: Sequence[_Point]) -> float:
    """The volatility of the 25-delta put less that of the call in 30 days, on the line through the points.

    The line is σ = a + s·x/√T; the strikes of delta ∓0.25 lie at x/√T = σ·(σ·√T/2 ∓ 0.67449), see `surface.Smile`.
    """
    years = points[0].days / 365.0
    slope, level = np.polyfit([one.x / years**0.5 for one in points], [one.middle for one in points], 1)
    put = call = float(level)
    for _ in range(200):
        put = float(level + slope * put * (put * SKEW_YEARS**0.5 / 2.0 - QUARTER))
        call = float(level + slope * call * (call * SKEW_YEARS**0.5 / 2.0 + QUARTER))
    return float(np.clip(put - call, -0.5, 0.5))
