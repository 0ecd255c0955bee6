"""Every fault against every kind of data, played and written down: `python -m tests.exchange.table > docs/faults.md`.

The source is OKX throughout, for prices and contracts. Each case begins with nothing in the cache, then lets a
healthy exchange fill it, then breaks it, then heals it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from unittest import mock

from hedge_core.errors import SourceUnavailable
from hedge_core.market.live import feed, series
from hedge_core.market.live.cache import CachePolicy, Mode
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.sources import Wanted
from tests.exchange.faults import FAULTS, KINDS, Fault, Kind
from tests.exchange.server import LoopbackExchange

TIMEOUT, PATIENT = 2.0, 30.0
"""Seconds that a request may take: with an exchange that is slow on purpose, and where only a busy machine can be."""

SLOW = 120.0
"""Seconds that a slow answer takes: so many times TIMEOUT that no busy machine makes the two alike."""

PAUSES = CachePolicy(first_pause=60.0, longest_pause=60.0, throttled_pause=3.0, blocked_pause=60.0, forced_after=0.0)
"""Longer than a case takes, and ended by the refresh that a case closes with."""

WANTED = Wanted(("SOL",), "OKX", 365)


@dataclass(frozen=True)
class Case:
    """What came of one fault at one kind of data."""

    fault: Fault
    kind: Kind
    cold: tuple[str, ...]
    warm: tuple[str, ...]
    cold_requests: int
    warm_requests: int
    seconds: float
    sol: tuple[float | None, float | None]
    kept_the_good: bool
    recovered: bool


def words(market: MarketSnapshot | SourceUnavailable) -> tuple[str, ...]:
    """What the user is told, without what changes from day to day."""
    texts = [str(market)] if isinstance(market, SourceUnavailable) else [notice.text for notice in market.notices]
    return tuple(re.sub(r"\d{4}-\d\d-\d\d", "(day)", text) for text in texts)


@contextmanager
def nothing_is_fresh() -> Iterator[None]:
    """Every answer counts as too old at once, as if days had passed."""
    with (
        mock.patch.multiple(
            feed, MARKETS_FRESH=0.0, QUOTES_FRESH=0.0, QUOTES_FORCED=0.0, FUTURES_FRESH=0.0, TIERS_FRESH=0.0
        ),
        mock.patch.object(series, "_since_midnight", return_value=0.0),
    ):
        yield


def ask(markets: LiveMarkets, mode: Mode = "fresh") -> MarketSnapshot | SourceUnavailable:
    try:
        return markets.snapshot("okx", WANTED, mode=mode)
    except SourceUnavailable as error:
        return error


def good(market: MarketSnapshot | SourceUnavailable) -> tuple[object, ...]:
    """The numbers of a snapshot, for comparison."""
    assert isinstance(market, MarketSnapshot), market
    rows = [(coin, round(market.history.last_close(coin) or 0.0, 9)) for coin in market.history.coins]
    funding = market.funding.annual_mean("SOL", 90) if market.funding and "SOL" in market.funding else None
    contracts = [(contract.id, contract.contract_size, contract.amount_step) for contract in market.contracts]
    return (*rows, *[(coin, quote.price) for coin, quote in market.quotes.items()], funding, *contracts)


def play(exchange: LoopbackExchange, fault: Fault, kind: Kind) -> Case:
    """One case."""
    timeout = TIMEOUT if fault in ("slow", "drip") else PATIENT
    settings = LiveSettings(base_url=exchange.url, timeout=timeout)
    exchange.heal()
    exchange.play("okx", kind, fault)
    exchange.clear()
    markets = LiveMarkets(settings, PAUSES)
    started = time.monotonic()
    cold = ask(markets)
    seconds = time.monotonic() - started
    cold_requests = exchange.count("okx", kind)
    markets.close()

    exchange.heal()
    markets = LiveMarkets(settings, PAUSES)
    before = ask(markets)
    exchange.play("okx", kind, fault)
    exchange.clear()
    with nothing_is_fresh():
        started = time.monotonic()
        warm = ask(markets)
        seconds = max(seconds, time.monotonic() - started)
        warm_requests = exchange.count("okx", kind)
        exchange.heal()
        if fault in ("too_many", "too_many_wait", "teapot_418"):  # nobody shortens what the exchange asked for
            time.sleep(3.1)
        after = ask(markets, "forced")
    markets.close()
    kept = fault in ("missing_symbol", "delisted", "wrong_value") or good(warm) == good(before)
    prices = tuple(m.price_or_none("SOL") if isinstance(m, MarketSnapshot) else None for m in (cold, warm))
    return Case(
        fault, kind, words(cold), words(warm), cold_requests, warm_requests, seconds, (prices[0], prices[1]), kept,
        recovered=good(after) == good(before),
    )  # fmt: skip


def cases(exchange: LoopbackExchange) -> Iterator[Case]:
    """Every one of them, the library loaded beforehand, as it is not what is timed."""
    import_module("ccxt")
    for fault in FAULTS:
        for kind in KINDS:
            yield play(exchange, fault, kind)


def row(case: Case) -> str:
    """A case as a line of the table."""
    cells = [" ".join(texts).replace("|", "/") or "–" for texts in (case.cold, case.warm)]
    counts = f"{case.cold_requests}, {case.warm_requests}"
    return f"| {case.fault.replace('_', ' ')} | {case.kind} | {cells[0]} | {cells[1]} | {counts} |"


def document(found: list[Case]) -> str:
    """The table as a page of the documentation."""
    lines = [
        "# When an exchange fails",
        "",
        "What the program reports and does when an exchange fails. The table is generated by `python -m tests.exchange.table`,",
        "which plays each fault with a simulated exchange on this machine; `tests/market/live/test_faults.py` plays them again.",
        "Prices and contracts are from OKX in all rows. *First time* is the message with an empty cache, *later* the message if",
        "good answers are cached; the last good answer is then used, with its age, until it is too old (prices: six hours). The",
        "counts are requests to OKX for that kind of data. Recovery needs no restart. \"–\" means that there is no message.",
        "",
        "| fault | data | first time | later | requests |",
        "|---|---|---|---|--:|",
    ]  # fmt: skip
    lines += map(row, found)
    return "\n".join(lines) + "\n"


def main() -> None:
    from tests.exchange import wrong_values  # which plays its cases as this module does

    with LoopbackExchange(slow=SLOW) as exchange:
        print(document(list(cases(exchange))), end="")
        exchange.heal()
        print(wrong_values.document(list(wrong_values.all_played(exchange))), end="")


if __name__ == "__main__":
    main()
