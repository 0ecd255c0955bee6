"""Validates what the exchange library returns: plain values that can be trusted, or an ExchangeFault.

A response with status 200 that holds a page of HTML, half a body or a list of nulls reaches this module as an empty
list, as rows of None or as markets without a size. Only finite, positive values at the right time pass. Bad values are
counted or listed with a reason, never repaired.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

import numpy as np

from hedge_core.market.coins import coin_of
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.numbers import number, positive
from hedge_core.market.odd_closes import odd_closes
from hedge_core.market.venues import DOLLARS
from hedge_core.market.venues.exchange import Exchange, contract_size

DAY_MS = 86_400_000
WIDE = 1.1
"""A day's range is kept if its high is at least this many times its low."""

TWICE = 1.001
"""Two closes of one day that differ by less than this factor are the same; pages of an answer may overlap."""

_KEPT_FIELDS = (
    "id", "symbol", "base", "quote", "settle", "baseId", "quoteId", "settleId", "baseName", "type", "spot", "margin",
    "swap", "future", "option", "index", "active", "contract", "linear", "inverse", "taker", "maker", "contractSize",
    "expiry", "expiryDatetime", "strike", "optionType", "precision", "limits", "info",
)  # fmt: skip
_SPOT_INFO = ("state", "status", "wsname")


@dataclass(frozen=True, slots=True)
class Closes:
    """Daily closes by UTC day, the refused days with the reason, and the (low, high) of each accepted WIDE day."""

    by_day: Mapping[date, float]
    refused: Mapping[date, str]
    ranges: Mapping[date, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Funding:
    """Sums of funding rates by UTC day; `last` is the latest rate and the hours that it covers.

    `refused` gives the reason for each day with a rate beyond what the exchange charges at most.
    """

    by_day: Mapping[date, float]
    last: tuple[float, float] | None
    refused: Mapping[date, str] = field(default_factory=dict)


def differs(one: float, other: float, factor: float) -> bool:
    """Whether two positive amounts differ by `factor` or more, in either direction."""
    return not 1.0 / factor < one / other < factor


def useful_markets(markets: object, exchange: Exchange) -> list[dict[str, Any]]:
    """The spot markets in dollars, perpetuals and dated futures, reduced to the fields that are used.

    Raises ExchangeFault if there are none, because then the exchange has sent something else.
    """
    rows = markets.values() if isinstance(markets, Mapping) else markets if isinstance(markets, list) else ()
    kept: list[dict[str, Any]] = []
    for row in rows:
        if not isinstance(row, Mapping) or not row.get("symbol") or not row.get("id") or row.get("option"):
            continue
        hidden = exchange.hidden_suffix
        if row.get("quote") not in ("USD", *DOLLARS) or (hidden and str(row["id"]).endswith(hidden)):
            continue
        if row.get("spot"):
            slim = {name: _finite(row.get(name)) for name in _KEPT_FIELDS}
            info = row.get("info")
            known = info if isinstance(info, Mapping) else {}
            slim["info"] = {name: known[name] for name in _SPOT_INFO if name in known}
            kept.append(slim)
        elif (row.get("swap") or row.get("future")) and contract_size(row, exchange):
            kept.append({name: _finite(row.get(name)) for name in _KEPT_FIELDS})
    if exchange.price_of == "spot" and not any(market["spot"] for market in kept):
        raise ExchangeFault(exchange.label, "unreadable", detail="no market in it")
    if exchange.price_of == "index" and not kept:
        raise ExchangeFault(exchange.label, "unreadable", detail="no contract in it")
    return kept


def doubles(markets_by_id: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """Markets that share id and symbol with a later one in the exchange's list but differ from it in size."""
    found: list[Mapping[str, Any]] = []
    for markets in markets_by_id.values():
        for place, market in enumerate(markets):
            later = [other for other in markets[place + 1 :] if other.get("symbol") == market.get("symbol")]
            if later and market.get("contractSize") != later[-1].get("contractSize"):
                found.append(market)
    return found


def spot_symbols(markets: Iterable[Mapping[str, Any]], exchange: Exchange) -> dict[str, list[str]]:
    """coin -> symbols of its active markets, the preferred quote currency first.

    At a futures exchange these are perpetuals, because the price is their index.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for market in markets:
        if market.get("active") is False or not market.get("base"):
            continue
        if exchange.price_of == "spot":
            if not market.get("spot") or market["quote"] not in exchange.quotes:
                continue
            coin, rank = str(market["base"]).upper(), exchange.quotes.index(market["quote"])
        else:
            coin, factor = coin_of(exchange.base(market))
            if not market.get("swap") or market.get("inverse") or factor != 1.0:
                continue
            rank = exchange.quotes.index(market["quote"]) if market["quote"] in exchange.quotes else 9
        found.setdefault(coin, []).append((rank, str(market["symbol"])))
    return {coin: [symbol for _, symbol in sorted(symbols)] for coin, symbols in found.items()}


def quotes(tickers: object, exchange: Exchange) -> dict[str, list[float | None]]:
    """symbol -> [price, its time in milliseconds or None] of every plausible ticker.

    A last price far outside bid and ask is left out. Raises ExchangeFault if fewer than half are usable.
    """
    rows = [row for row in tickers.values() if isinstance(row, Mapping)] if isinstance(tickers, Mapping) else []
    found: dict[str, list[float | None]] = {}
    for row in rows:
        info = row.get("info") if isinstance(row.get("info"), Mapping) else {}
        assert isinstance(info, Mapping)
        if exchange.price_of == "index":
            price = positive(info.get(exchange.index_field))
        else:
            price = positive(row.get("last"))
            bid, ask = positive(row.get("bid")), positive(row.get("ask"))
            if price and bid and ask and bid <= ask and not bid / 1.5 <= price <= ask * 1.5:
                price = None
        symbol = row.get("symbol")
        if price is not None and isinstance(symbol, str):
            found[symbol] = [price, _moment(row.get("timestamp"))]
    relevant = [row for row in rows if exchange.price_of == "spot" or ":" in str(row.get("symbol"))]
    if not found or 2 * len(found) < len(relevant):
        raise ExchangeFault(exchange.label, "unreadable", detail=f"{len(found)} of {len(rows)} prices usable")
    return found


def future_quotes(tickers: object, exchange: Exchange) -> dict[str, list[float | None]]:
    """symbol -> [price, its time in milliseconds, latest funding rate, bid, ask, contracts traded within a day].

    All but the price may be None; bid and ask are if they contradict each other or the price. Raises ExchangeFault if
    there is no derivative.
    """
    rows = [row for row in tickers.values() if isinstance(row, Mapping)] if isinstance(tickers, Mapping) else []
    found: dict[str, list[float | None]] = {}
    for row in rows:
        info: Any = row.get("info") if isinstance(row.get("info"), Mapping) else {}
        price = positive(info.get("markPrice")) or positive(row.get("last"))
        symbol = row.get("symbol")
        if price is None or not isinstance(symbol, str) or ":" not in symbol:
            continue
        bid, ask = positive(row.get("bid")), positive(row.get("ask"))
        if not (bid and ask and bid <= ask and price / 1.5 <= bid and ask <= price * 1.5):
            bid = ask = None
        rate = exchange.funding_now(info)
        is_charged = rate is not None and abs(rate) <= exchange.largest_funding
        traded = positive(info.get(exchange.traded_field)) if exchange.traded_field else None
        found[symbol] = [price, _moment(row.get("timestamp")), rate if is_charged else None, bid, ask, traded]
    if not found:
        raise ExchangeFault(exchange.label, "unreadable", detail="no future in it")
    return found


def newest(page: object) -> int | None:
    """The latest timestamp (milliseconds) in a page of candles, or None if it has none."""
    rows = page if isinstance(page, list) else []
    return max((row[0] for row in rows if isinstance(row, list) and row and isinstance(row[0], int)), default=None)


def timestamps(page: object) -> list[int]:
    """The timestamps (milliseconds) in a page of funding rates."""
    rows = page if isinstance(page, list) else []
    return [row["timestamp"] for row in rows if isinstance(row, Mapping) and isinstance(row.get("timestamp"), int)]


def closes(rows: Sequence[Any], now_ms: int, exchange: Exchange) -> Closes:
    """Closes by UTC day from candles [time in milliseconds, open, high, low, close, ...] in any order.

    The unfinished day is left out. A candle is refused, with the reason, if a price is not finite and positive, if its
    prices contradict each other, if it is stated twice with different closes, or if its close spikes (`odd_closes`).
    Raises ExchangeFault if no candle is usable or more than a tenth are refused, because then the response as a whole
    cannot be trusted.
    """
    by_day: dict[date, float] = {}
    refused: dict[date, str] = {}
    ranges: dict[date, tuple[float, float]] = {}
    broken = 0
    for row in rows:
        time = row[0] if isinstance(row, Sequence) and not isinstance(row, str) and len(row) >= 5 else None
        if not isinstance(time, int) or isinstance(time, bool) or time % DAY_MS or not 0 < time <= now_ms + DAY_MS:
            broken += 1
            continue
        if time + DAY_MS > now_ms:
            continue
        day = datetime.fromtimestamp(time / 1000, UTC).date()
        opening, high, low, close = (positive(value) for value in row[1:5])
        if close is None or opening is None or high is None or low is None:
            refused[day] = "a price is missing"
        elif not low * 0.999999 <= min(opening, close) <= max(opening, close) <= high * 1.000001:
            refused[day] = "its prices contradict each other"
        elif day in by_day and differs(by_day[day], close, TWICE):
            refused[day] = f"it is stated twice, as {by_day[day]:g} and as {close:g}"
        else:
            by_day[day] = close
            if high >= WIDE * low:
                ranges[day] = low, high
    by_day = {day: close for day, close in by_day.items() if day not in refused}
    for day in spikes(by_day):
        refused[day] = f"{by_day.pop(day):g} is far from the closes before and after it"
    if not by_day and not (rows and not broken and not refused):
        raise ExchangeFault(exchange.label, "unreadable", detail="no daily close in it")
    if broken + len(refused) > max(1, (len(by_day) + len(refused)) // 10):
        raise ExchangeFault(exchange.label, "unreadable", detail=f"{broken + len(refused)} broken days")
    return Closes(by_day, refused, {day: found for day, found in ranges.items() if day in by_day})


def spikes(by_day: Mapping[date, float]) -> list[date]:
    """Days whose close is too far above or below the closes before and after it, whichever coin it is of."""
    days = sorted(by_day)
    found = odd_closes("", np.array([by_day[day] for day in days]))
    return [days[odd.row] for odd in found if odd.is_refused]


def funding(rows: Sequence[Any], start_ms: int, now_ms: int, exchange: Exchange) -> Funding:
    """Sums of funding rates by complete UTC day; a day with fewer rates than usual, or a refused one, is left out.

    Raises ExchangeFault if no rate is usable.
    """
    prints: dict[int, float] = {}
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        time, rate = row.get("timestamp"), number(row.get("fundingRate"))
        if isinstance(time, int) and 0 < time <= now_ms and rate is not None:
            prints[time] = rate
    beyond = {time: rate for time, rate in prints.items() if abs(rate) > exchange.largest_funding}
    refused = {
        datetime.fromtimestamp(time / 1000, UTC).date(): f"a rate of {rate:.3%}, and at most "
        f"{exchange.largest_funding:.0%} is charged"
        for time, rate in beyond.items()
    }
    prints = {time: rate for time, rate in prints.items() if time not in beyond}
    if not prints:
        if beyond:
            detail = (
                f"funding of {next(iter(beyond.values())):.3%}, and at most {exchange.largest_funding:.0%} is charged"
            )
            raise ExchangeFault(exchange.label, "unreadable", detail=detail)
        raise ExchangeFault(exchange.label, "unreadable", detail="no funding rate in it")
    sums: dict[date, list[float]] = {}
    for time, rate in prints.items():
        sums.setdefault(datetime.fromtimestamp(time / 1000, UTC).date(), []).append(rate)
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    first = min(sums) if min(prints) > start_ms else None  # the page may start in the middle of this day
    usual = median(len(rates) for rates in sums.values())
    by_day = {
        day: math.fsum(rates)
        for day, rates in sorted(sums.items())
        if day not in (today, first, *refused) and len(rates) >= 0.9 * usual
    }
    times = sorted(prints)
    hours = (times[-1] - times[-2]) / 3_600_000 if len(times) > 1 else 8.0
    return Funding(by_day, (prints[times[-1]], round(hours, 2)), refused)


def volumes(tickers: object, exchange: Exchange) -> dict[str, list[float]]:
    """symbol -> [volume in contracts, volume in coins] of the last day, for each derivative that states both."""
    rows = tickers.values() if isinstance(tickers, Mapping) else ()
    found = {}
    for row in rows:
        info = row.get("info") if isinstance(row, Mapping) else None
        if isinstance(info, Mapping) and isinstance(row.get("symbol"), str):
            contracts, coins = (positive(info.get(name)) for name in exchange.volume_fields)
            if contracts is not None and coins is not None:
                found[row["symbol"]] = [contracts, coins]
    return found


def margin_tiers(rows: object, exchange: Exchange) -> list[list[float]]:
    """[notional from, initial rate, maintenance rate] of each tier, the smallest first.

    A tier that keeps more than it asks, or allows a leverage below one, is left out. Raises ExchangeFault if no tier is
    usable.
    """
    tiers: list[list[float]] = []
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, Mapping):
            continue
        floor, rate = number(row.get("minNotional")), positive(row.get("maintenanceMarginRate"))
        leverage = positive(row.get("maxLeverage"))
        if floor is None or rate is None or leverage is None or leverage < 1.0:
            continue
        if rate <= 1.0 / leverage + 1e-9:  # a venue never keeps more than it asks: 0.5 for 0.5% is no rate
            tiers.append([floor, 1.0 / leverage, rate])
    if not tiers:
        raise ExchangeFault(exchange.label, "unreadable", detail="no margin tier in it")
    return sorted(tiers)


def _finite(value: Any) -> Any:
    """The value with None for each number in it that is not finite, which no cache can keep."""
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _moment(value: object) -> float | None:
    moment = number(value)
    return moment if moment is not None and moment > 0 else None
