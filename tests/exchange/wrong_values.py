"""Values that an exchange states wrongly, and what becomes of a plan: the second table of docs/faults.md.

Everything is played on OKX, the chosen exchange and venue. *Cold*: nothing is in the cache. *Warm*: good answers are, and
days have passed since. A case compares the plan's counts with those of a healthy exchange. The market has the bag's coins,
BTC and ETH only, so that a case takes half a second.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from statistics import fmean
from tempfile import TemporaryDirectory

from hedge_core import HedgePlan, Holding, assess
from hedge_core.errors import HedgeError
from hedge_core.hedge.held_coins import wanted_of
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.snapshot import MarketSnapshot
from tests.exchange.faults import Kind
from tests.exchange.server import LoopbackExchange
from tests.exchange.table import PAUSES, nothing_is_fresh
from tests.exchange.world import DAY, Alterations, Candle, World

PLAN = HedgePlan(
    holdings=(
        Holding(coin="SOL", quantity=100),
        Holding(coin="ATOM", quantity=2_000),
        Holding(coin="OKB", quantity=170),
    ),
    market="okx",
).with_decisions(venue="OKX", collateral=20_000.0)

Candles = list[Candle]


@dataclass(frozen=True)
class WrongValue:
    """A fault: `alterations` at OKX in these kinds of data, and what the messages must name, as regular expressions."""

    name: str
    kinds: tuple[Kind, ...]
    alterations: Alterations
    names: tuple[str, ...]


def times(candle: Candle, factor: float) -> Candle:
    return Candle(candle.time, *(p * factor for p in (candle.open, candle.high, candle.low, candle.close)))


def scaled(world: World, candles: Candles, *, factor: float, first: int = 0, last: int | None = None) -> Candles:
    """The candles from place `first` up to `last` (negative: from the end) times a factor."""
    places = range(len(candles))[first:last]
    return [times(candle, factor) if place in places else candle for place, candle in enumerate(candles)]


def of_another_coin(world: World, candles: Candles, *, other: str) -> Candles:
    return replace(world, alterations=Alterations(), _candles={}).candles(other)[-len(candles) :]


def ended(world: World, candles: Candles, *, days: int) -> Candles:
    return candles[:-days]


def standing(world: World, candles: Candles, *, days: int) -> Candles:
    still = candles[-days - 1].close
    return [*candles[:-days], *(Candle(c.time, still, still, still, still) for c in candles[-days:])]


def of_other_days(world: World, candles: Candles, *, days: int) -> Candles:
    """The candles under the dates of so many days later, or earlier if `days` is negative."""
    return [replace(candle, time=candle.time + days * DAY) for candle in candles]


def averaged(world: World, candles: Candles, *, days: int) -> Candles:
    """Each close is the mean of so many."""
    closes = [candle.close for candle in candles]
    means = [fmean(closes[max(0, place - days + 1) : place + 1]) for place in range(len(closes))]
    return [Candle(candle.time, mean, mean, mean, mean) for candle, mean in zip(candles, means, strict=True)]


def inexact(world: World, candles: Candles, *, error: float) -> Candles:
    """Each candle times a factor of its own."""
    source = Random(5)
    return [times(candle, 1.0 + source.gauss(0.0, error)) for candle in candles]


def gapped(world: World, candles: Candles, *, first: int, last: int) -> Candles:
    return candles[:first] + candles[last:]


def newest(world: World, candles: Candles, *, days: int) -> Candles:
    return candles[-days:]


def history(coin: str, name: str, change: Callable[..., Candles], **options: object) -> WrongValue:
    altered = Alterations(candles={coin: partial(change, **options)})
    return WrongValue(f"history of {coin}: {name}", ("history",), altered, (coin, "OKX", "close|history"))


def price(coin: str, factor: float) -> WrongValue:
    altered = Alterations(prices={coin: factor})
    return WrongValue(f"price of {coin} × {factor:g}", ("quotes",), altered, (coin, "OKX", "price|reports"))


def price_and_history(coin: str, factor: float) -> WrongValue:
    altered = Alterations(prices={coin: factor}, candles={coin: partial(scaled, factor=factor)})
    name = f"price and history of {coin} × {factor:g}"
    return WrongValue(name, ("quotes", "history"), altered, (coin, "OKX", "price", "history"))


def size(coin: str, factor: float) -> WrongValue:
    altered = Alterations(sizes={coin: factor})
    return WrongValue(f"size of {coin}'s contract × {factor:g}", ("contracts",), altered, (coin, "OKX", "per contract"))


def smallest_order(coin: str, factor: float) -> WrongValue:
    def larger(answer: str, rows: list[dict[str, str]]) -> list[dict[str, str]]:
        if answer != "instruments":
            return rows
        name = f"{coin}-USDT-SWAP"
        return [{**row, "minSz": f"{float(row['minSz']) * factor:g}"} if row["instId"] == name else row for row in rows]

    name = f"smallest order of {coin}'s contract × {factor:g}"
    return WrongValue(name, ("contracts",), Alterations(rows=larger), (coin, "OKX", "smallest order"))


def step(coin: str, factor: float) -> WrongValue:
    """The step of orders, which a lot is, and with it the smallest order."""

    def changed(answer: str, rows: list[dict[str, str]]) -> list[dict[str, str]]:
        name = f"{coin}-USDT-SWAP"
        if answer != "instruments":
            return rows
        return [
            {**row, **{key: f"{float(row[key]) * factor:g}" for key in ("lotSz", "minSz")}}
            if row["instId"] == name
            else row
            for row in rows
        ]

    name = f"order step of {coin}'s contract × {factor:g}"
    return WrongValue(name, ("contracts",), Alterations(rows=changed), (coin, "OKX", "smallest order|step of orders"))


def settled_in(coin: str, currency: str) -> WrongValue:
    def wrong(answer: str, rows: list[dict[str, str]]) -> list[dict[str, str]]:
        name = f"{coin}-USDT-SWAP"
        return (
            [{**row, "settleCcy": currency} if row["instId"] == name else row for row in rows]
            if answer == "instruments"
            else rows
        )

    name = f"{coin}'s contract settled in {currency}"
    return WrongValue(
        name, ("contracts",), Alterations(rows=wrong), (coin, "OKX", f"settled in {currency}|per contract")
    )


def listed_twice(coin: str, factor: float) -> WrongValue:
    altered = Alterations(doubled={coin: factor})
    name = f"{coin}'s contract listed twice, once with its size × {factor:g}"
    return WrongValue(name, ("contracts",), altered, (coin, "OKX", "per contract"))


def funding(name: str, change: Callable[[int, float], float]) -> WrongValue:
    return WrongValue(f"funding: {name}", ("funding",), Alterations(funding=change), ("OKX", "[Ff]unding"))


LAST = 359
"""The number of the newest rate: 120 days of 3."""

WRONG_VALUES = (
    *(price("SOL", factor) for factor in (1000.0, 0.001, 50.0, 10.0, 2.9, 1 / 2.9, 1.5, 0.6)),
    *(price(coin, factor) for coin, factor in (("ETH", 2.9), ("BTC", 0.1), ("ATOM", 1000.0), ("OKB", 5.0), ("OKB", 2.0), ("OKB", 1.18))),
    *(price_and_history(coin, 1000.0) for coin in ("SOL", "ATOM", "ETH", "BTC")),
    *(price_and_history("SOL", factor) for factor in (0.001, 10.0, 1.5)),
    history("SOL", "of LINK", of_another_coin, other="LINK"),
    history("SOL", "of XRP", of_another_coin, other="XRP"),
    history("ATOM", "of DOT, whose price is near", of_another_coin, other="DOT"),
    history("ETH", "of BTC", of_another_coin, other="BTC"),
    history("SOL", "× 1000", scaled, factor=1000.0),
    history("SOL", "the last 30 days × 0.1", scaled, factor=0.1, first=-30),
    history("SOL", "days 40 to 60 × 3", scaled, factor=3.0, first=-60, last=-40),
    *(history("SOL", f"one close × {f:g} in the middle", scaled, factor=f, first=-50, last=-49) for f in (5, 1.5, 0.5)),
    *(history("SOL", f"one close × {f:g}, 250 days ago", scaled, factor=f, first=-250, last=-249) for f in (1.5, 0.7)),
    history("ATOM", "one close × 1.5, 250 days ago", scaled, factor=1.5, first=-250, last=-249),
    *(history("SOL", f"the newest close × {f:g}", scaled, factor=f, first=-2, last=-1) for f in (5, 1.5, 0.2)),
    history("ATOM", "the newest close × 5", scaled, factor=5.0, first=-2, last=-1),
    history("SOL", "redenominated 1000:1, 200 days ago", scaled, factor=1000.0, last=-200),
    history("SOL", "ends 150 days early", ended, days=150),
    history("SOL", "stands still for 15 days", standing, days=15),
    history("ATOM", "stands still for 60 days", standing, days=60),
    *(size(coin, factor) for coin, factor in (("SOL", 10.0), ("SOL", 0.1), ("ETH", 10.0), ("OKB", 10.0), ("OKB", 0.1), ("OKB", 2.0))),
    *(listed_twice(coin, factor) for coin, factor in (("SOL", 10.0), ("SOL", 0.1), ("ETH", 10.0), ("OKB", 10.0))),
    funding("10% per 8 hours", lambda *_: 0.10),
    funding("9% per 8 hours", lambda *_: -0.09),
    funding("one rate of 10%", lambda n, rate: 0.10 if n == LAST - 50 else rate),
    funding("the newest rate 5%", lambda n, rate: 0.05 if n == LAST else rate),
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What the user reads and what the plan orders, and the same of a healthy exchange.

    `lots` are the lots to sell by contract; empty if nothing is sized.
    """

    messages: tuple[str, ...]
    lots: dict[str, int]
    notionals: dict[str, float]

    @property
    def counts_text(self) -> str:
        return ", ".join(f"{n:,} {name.partition(':')[2]}" for name, n in self.lots.items()) or "nothing is sized"


def outcome(markets: LiveMarkets, plan: HedgePlan, *, forced: bool = False) -> Outcome:
    """What comes of the plan at the prices of now."""
    try:
        market = markets.snapshot("okx", replace(wanted_of(plan), hedges=()), mode="forced" if forced else "fresh")
        return outcome_of(plan, market)
    except HedgeError as error:
        return Outcome((str(error),), {}, {})


def outcome_of(plan: HedgePlan, market: MarketSnapshot) -> Outcome:
    """What comes of the plan on this market. Raises HedgeError if nothing can be sized."""
    found = assess(plan, market)
    lots = {leg.contract.id: leg.lots for leg in found.legs}
    notionals = {leg.contract.id: leg.contract.lot_notional(leg.price) for leg in found.legs}
    return Outcome(tuple(notice.text for notice in found.notices), lots, notionals)


def is_the_same(one: Outcome, other: Outcome) -> bool:
    """Whether no count differs by more than 5% and one lot."""
    return all(
        abs(one.lots.get(name, 0) - other.lots.get(name, 0)) <= 1 + 0.05 * abs(other.lots.get(name, 0))
        for name in one.lots.keys() | other.lots.keys()
    )


def names_it(messages: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Whether one of the messages matches each of the regular expressions in `names`."""
    return all(any(re.search(name, text) for text in messages) for name in names) and any(
        all(re.search(name, text) for name in names[:2]) for text in messages
    )


@dataclass(frozen=True)
class Played:
    """A fault played cold and warm, and after the exchange has healed."""

    fault: WrongValue
    healthy: Outcome
    cold: Outcome
    cold_healed: Outcome
    warm: Outcome
    warm_healed: Outcome


@dataclass(frozen=True)
class Healthy:
    """What a healthy exchange leads to, and the file of a cache with its answers."""

    outcome: Outcome
    cache: Path

    @classmethod
    def of(cls, exchange: LoopbackExchange, folder: Path) -> Healthy:
        cache = folder / "healthy.db"
        markets = LiveMarkets(LiveSettings(base_url=exchange.url, timeout=30.0, cache_url=f"sqlite:{cache}"), PAUSES)
        found = outcome(markets, PLAN)
        markets.close()
        return cls(found, cache)


def play(exchange: LoopbackExchange, fault: WrongValue, healthy: Healthy) -> Played:
    """One fault. A cache that has met it must be good again with the first refresh after the exchange has healed."""
    settings = LiveSettings(base_url=exchange.url, timeout=30.0)
    exchange.heal()
    for kind in fault.kinds:
        exchange.alter("okx", kind, fault.alterations)
    warm_cache = shutil.copy(healthy.cache, healthy.cache.with_name("warm.db"))
    warm_markets = LiveMarkets(replace(settings, cache_url=f"sqlite:{warm_cache}"), PAUSES)
    cold_markets = LiveMarkets(settings, PAUSES)
    cold = outcome(cold_markets, PLAN)
    with nothing_is_fresh():
        warm = outcome(warm_markets, PLAN)
        exchange.heal()
        warm_healed = outcome(warm_markets, PLAN, forced=True)
        cold_healed = outcome(cold_markets, PLAN, forced=True)
    for markets in (warm_markets, cold_markets):
        markets.close()
    return Played(fault, healthy.outcome, cold, cold_healed, warm, warm_healed)


def all_played(exchange: LoopbackExchange) -> Iterator[Played]:
    with TemporaryDirectory() as folder:
        healthy = Healthy.of(exchange, Path(folder))
        for fault in WRONG_VALUES:
            yield play(exchange, fault, healthy)


def new_messages(outcome: Outcome, healthy: Outcome) -> str:
    """What the user reads beyond what a healthy exchange leads to, without what changes from day to day."""
    told = [text for text in outcome.messages if text not in healthy.messages and not text.startswith(_NOT_OF_PRICES)]
    return re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?", "(day)", " ".join(told)).replace("|", "/") or "–"


_NOT_OF_PRICES = "The coins without a future of their own"


def row(played: Played) -> str:
    """A fault as a line of the table."""
    cells = [
        played.fault.name,
        new_messages(played.cold, played.healthy),
        played.cold.counts_text,
        new_messages(played.warm, played.healthy),
        played.warm.counts_text,
    ]
    return f"| {' | '.join(cells)} |"


HEAD = """
## When an exchange states a wrong value

OKX states a wrong value, the other exchanges do not. The plan holds 100 SOL, 2,000 ATOM and 170 OKB with $20,000 at OKX;
from healthy exchanges it sells

{healthy}.

*First time* is an empty cache, *later* a cache with good answers of earlier days. After OKX is healthy again, the first refresh gives the counts of healthy exchanges in every row.
`tests/market/live/test_wrong_values.py` plays them again.

| wrong value | first time | sells | later | sells |
|---|---|---|---|---|
"""


def document(found: list[Played]) -> str:
    """The table as the second half of a page of the documentation."""
    healthy = found[0].healthy.counts_text
    return HEAD.format(healthy=healthy) + "\n".join(map(row, found)) + "\n"
