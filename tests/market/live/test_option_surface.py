"""Live quotes of options: the surface of a loopback Deribit comes back as it was made, and what is wrong is refused.

The exchange prices its options by Black-76 at LEVELS and SLOPE, written out in `tests.exchange.deribit`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import pytest

from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.live.option_quotes import option_rows
from hedge_core.market.live.option_surface import live_surface
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.options.surface import assumed_surface
from hedge_core.market.venues.deribit import OPTIONS
from tests.exchange import deribit
from tests.exchange.server import LoopbackExchange
from tests.exchange.world import PRICES, Alterations

SPOTS = {coin: PRICES[coin] for coin in deribit.LEVELS}
BASE = assumed_surface()


@pytest.fixture(scope="module")
def exchange() -> Iterator[LoopbackExchange]:
    with LoopbackExchange() as running:
        yield running


@pytest.fixture
def markets(exchange: LoopbackExchange) -> Iterator[LiveMarkets]:
    exchange.heal()
    exchange.clear()
    found = LiveMarkets(LiveSettings(base_url=exchange.url, timeout=3.0))
    yield found
    found.close()


def now() -> datetime:
    return datetime.now(UTC)


def smile_volatility(coin: str, moneyness: float, years: float) -> float:
    return deribit.LEVELS[coin] + deribit.SLOPE * math.log(moneyness) / math.sqrt(years)


def test_level_skew_and_spread_are_those_of_the_exchange(markets: LiveMarkets) -> None:
    surface = markets.option_surface(SPOTS, BASE, now())

    assert surface.is_quoted
    assert surface.source.startswith("live quotes of Deribit for BTC, ETH and SOL, ")
    for coin, level in deribit.LEVELS.items():
        smile = surface.of(coin)
        for days in (20.0, 45.0):
            assert smile.at_the_money(days) == pytest.approx(level, abs=2e-3)
            for moneyness in (0.9, 1.0, 1.1):
                expected = smile_volatility(coin, moneyness, days / 365.0)
                assert float(smile.volatility(moneyness, days)) == pytest.approx(expected, abs=4e-3)
        assert smile.half_spread == pytest.approx(deribit.SPREAD / 2.0, abs=1e-6)
        put, call = level, level
        years, quarter = 30.0 / 365.0, NormalDist().inv_cdf(0.75)
        for _ in range(100):
            put = level + deribit.SLOPE * put * (put * math.sqrt(years) / 2.0 - quarter)
            call = level + deribit.SLOPE * call * (call * math.sqrt(years) / 2.0 + quarter)
        assert smile.put_over_call == pytest.approx(put - call, abs=2e-3)


def test_it_takes_two_requests_and_a_second_look_none(exchange: LoopbackExchange, markets: LiveMarkets) -> None:
    for _ in range(3):
        markets.option_surface(SPOTS, BASE, now())
    assert exchange.count("deribit") == 2
    assert exchange.count() == 2


@pytest.mark.parametrize(
    "fault", ["refused", "too_many", "blocked_451", "error_500", "html_200", "empty", "none_values"]
)
def test_an_exchange_that_fails_leaves_the_assumed_volatility_and_a_word(
    exchange: LoopbackExchange, markets: LiveMarkets, fault: str
) -> None:
    exchange.play("deribit", None, fault)
    surface = markets.option_surface(SPOTS, BASE, now())
    assert surface.of("BTC") == BASE.of("BTC")
    assert surface.source.startswith(f"{BASE.source} (no live quotes: Deribit")
    assert not surface.is_quoted


def test_a_fault_after_a_good_answer_uses_the_answer_until_it_is_too_old(
    exchange: LoopbackExchange, markets: LiveMarkets
) -> None:
    markets.option_surface(SPOTS, BASE, now())
    kept = markets.option_surface(SPOTS, BASE, now() + timedelta(minutes=5), mode="cached")
    old = markets.option_surface(SPOTS, BASE, now() + timedelta(minutes=40), mode="cached")
    assert kept.is_quoted
    assert "40 minutes old" in old.source
    assert old.of("ETH") == BASE.of("ETH")


@pytest.mark.parametrize(
    ("alterations", "why"),
    [
        (Alterations(sizes={"ETH": 10.0}), "lists contracts of 10 coins, and 1 was known"),
        (Alterations(prices={"ETH": 1.5}), "and the price is 3,180"),
    ],
)
def test_a_coin_with_a_wrong_size_or_another_price_keeps_the_assumed_volatility_and_the_others_do_not(
    exchange: LoopbackExchange, markets: LiveMarkets, alterations: Alterations, why: str
) -> None:
    exchange.alter("deribit", None, alterations)
    surface = markets.option_surface(SPOTS, BASE, now())
    assert why in surface.source
    assert surface.of("ETH") == BASE.of("ETH")
    assert surface.of("BTC").at_the_money(30.0) == pytest.approx(deribit.LEVELS["BTC"], abs=2e-3)
    assert not surface.is_quoted


def test_a_volatility_far_from_what_is_assumed_and_a_coin_without_options_are_named(
    markets: LiveMarkets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(deribit.LEVELS, "SOL", 3.0)
    surface = markets.option_surface({**SPOTS, "LINK": 16.4}, BASE, now())
    assert "SOL: its volatility of" in surface.source
    assert "LINK: Deribit quotes no options in USDC on it" in surface.source


def test_offline_nothing_is_asked(exchange: LoopbackExchange) -> None:
    exchange.clear()
    markets = LiveMarkets(LiveSettings(base_url=exchange.url, offline=True))
    surface = markets.option_surface(SPOTS, BASE, now())
    markets.close()
    assert "the network is switched off" in surface.source
    assert exchange.count() == 0


def test_doubled_crossed_inactive_and_nameless_rows_are_left_out() -> None:
    good = {"instrument_name": "BTC_USDC-27NOV26-90000-P", "contract_size": 1.0, "is_active": True}
    book = {"instrument_name": good["instrument_name"], "bid_price": 10.0, "ask_price": 11.0, "underlying_price": 9e4,
            "creation_timestamp": 1e12}  # fmt: skip

    def rows(instruments: list[object], books: list[object]) -> list[list[object]]:
        return option_rows({"result": instruments}, {"result": books}, OPTIONS)

    assert rows([good, None, {}], [book, 7, {}]) == [["BTC_USDC-27NOV26-90000-P", 1.0, 10.0, 11.0, 9e4, 1e12]]
    wrong: tuple[tuple[list[object], list[object]], ...] = (
        ([good, good], [book]),
        ([good], [book, book]),
        ([{**good, "is_active": False}], [book]),
        ([{**good, "contract_size": "nan"}], [book]),
        ([good], [{**book, "ask_price": 9.0}]),
        ([good], [{**book, "bid_price": None}]),
        ([good], [{**book, "underlying_price": math.inf}]),
    )
    for instruments, books in wrong:
        with pytest.raises(ExchangeFault):
            rows(instruments, books)
    with pytest.raises(ExchangeFault):
        option_rows("<html>", [], OPTIONS)


def test_a_time_that_is_none_is_old() -> None:
    quote = ["BTC_USDC-27NOV26-90000-P", 1.0, 10.0, 11.0, PRICES["BTC"], 1e14]
    surface = live_surface([quote], {"BTC": PRICES["BTC"]}, BASE, now())
    assert "no live quotes" in surface.source
    assert replace(surface, source="") == replace(BASE, source="")
