"""Live markets end to end: the real library against exchanges on this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from hedge_core import HedgePlan, Holding, assess
from hedge_core.cli.main import main
from hedge_core.errors import MissingPrice, SourceUnavailable
from hedge_core.hedge.held_coins import wanted_of
from hedge_core.hedge.trading_costs import TradingCosts
from hedge_core.market.contracts import catalogue
from hedge_core.market.live import feed, series
from hedge_core.market.live.loader import Loader
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.sources import Wanted
from hedge_core.market.venues import EXCHANGES
from hedge_core.plan.plan import CostAssumptions
from tests.exchange.server import LoopbackExchange
from tests.exchange.table import nothing_is_fresh
from tests.exchange.world import DOLLARS, PRICES, Alterations, World
from tests.exchange.wrong_values import scaled

ROOT = Path(__file__).parents[3]
TWENTY = ("SOL", "XRP", "ADA", "DOGE", "LINK", "AVAX", "DOT", "LTC", "BCH", "NEAR", "SUI", "HBAR", "XLM", "AAVE", "UNI",
          "ARB", "OP", "INJ", "POL", "SHIB")  # fmt: skip

ONE_ADDRESS = ("coinbase", "contracts api/v3/brokerage/market/products ")
"""Coinbase answers with its list and with its prices at one address."""


@pytest.fixture
def exchange() -> Iterator[LoopbackExchange]:
    with LoopbackExchange() as running:
        yield running


@pytest.fixture
def markets(exchange: LoopbackExchange) -> Iterator[LiveMarkets]:
    made = LiveMarkets(LiveSettings(base_url=exchange.url, timeout=30.0))
    yield made
    made.close()


def codes(market: MarketSnapshot) -> set[str]:
    return {notice.code for notice in market.notices}


@pytest.mark.parametrize(
    ("source", "venue", "label"),
    [
        ("kraken", "OKX", "Kraken"), ("coinbase", "Coinbase Derivatives", "Coinbase"), ("okx", "OKX", "OKX"),
        ("krakenfutures", "Kraken Futures", "Kraken Futures (index)"), ("gate", "Gate", "Gate"),
        ("hyperliquid", "Hyperliquid", "Hyperliquid (index)"),
    ],
)  # fmt: skip
def test_prices_and_closes_are_those_of_the_exchange(markets, source, venue, label):
    market = markets.snapshot(source, Wanted(("SOL", "LINK"), venue))

    assert not market.simulated
    for coin in ("SOL", "LINK", "BTC", "ETH"):
        assert market.quotes[coin].source == label
        assert market.price(coin) == pytest.approx(PRICES[coin], rel=2e-4)
        closes = [candle.close for candle in World().candles(coin)[:-1]]  # the running day is not closed
        assert market.history.of(coin)[-365:] == pytest.approx(closes[-365:], rel=1e-3)
    assert market.history.days[-1] == np.datetime64(datetime.now(UTC).date() - timedelta(days=1))
    assert codes(market) == set()


@pytest.fixture
def abroad() -> Iterator[LiveMarkets]:
    """Exchanges that refuse nobody."""
    with LoopbackExchange(is_restricted=False) as running:
        made = LiveMarkets(LiveSettings(base_url=running.url, timeout=30.0))
        yield made
        made.close()


@pytest.mark.parametrize(
    ("source", "venue", "lots"),
    [
        ("binance", "Binance", {"BTCUSDT": 0.001, "SOLUSDT": 0.01, "1000SHIBUSDT": 1000.0}),
        ("bybit", "Bybit", {"BTCUSDT": 0.001, "SOLUSDT": 0.1, "SHIB1000USDT": 10_000.0}),
        ("bingx", "BingX", {"BTC-USDT": 0.0001, "ETH-USDT": 0.01, "SOL-USDT": 1.0}),
        ("weex", "WEEX", {"BTCUSDT": 0.0001, "ETHUSDT": 0.001, "SOLUSDT": 0.1}),
        ("mexc", "MEXC", {"BTC_USDT": 0.0001, "ETH_USDT": 0.01, "SOL_USDT": 0.1}),
    ],
)
def test_lots_are_in_coins_whatever_an_exchange_calls_a_size(abroad, source, venue, lots):
    """BingX calls the size 0 and WEEX the step of an order, and both count in coins; MEXC's sizes are real ones."""
    market = abroad.snapshot(source, Wanted(("SOL", "SHIB"), venue))
    merged = catalogue().with_listed(market.contracts)

    for code, coins in lots.items():
        contract = merged.get(f"{venue}:{code}")
        assert contract.conflict == ""
        assert contract.multiplier(1.0) == pytest.approx(coins), code
    assert market.price("SOL") == pytest.approx(PRICES["SOL"], rel=1e-9)
    closes = [candle.close for candle in World().candles("SOL")[:-1]]
    assert market.history.of("SOL")[-290:] == pytest.approx(closes[-290:], rel=1e-3)
    assert market.funding_now["SOL"].source == EXCHANGES[source].label
    assert market.funding_now["SOL"].rate == pytest.approx(World().funding("SOL", 8)[-1][1], abs=1e-8)


def test_an_exchanges_smallest_order_in_dollars_is_read(abroad):
    listed = {contract.id: contract for contract in abroad.snapshot("binance", Wanted(("SOL",), "Binance")).contracts}

    assert [listed[f"Binance:{code}"].minimum_notional for code in ("BTCUSDT", "ETHUSDT", "SOLUSDT")] == [100, 20, 5]


def test_mexcs_tiers_are_in_contracts_and_become_dollars(abroad):
    """Tiers of 200,000 contracts of 0.1 SOL at $148: the second starts at $2,960,000."""
    listed = {contract.id: contract for contract in abroad.snapshot("mexc", Wanted(("SOL",), "MEXC")).contracts}

    first, second, third = listed["MEXC:SOL_USDT"].margin_tiers
    assert (first.notional_from, first.initial_rate, first.maintenance_rate) == (0.0, pytest.approx(0.005), 0.004)
    assert (second.notional_from, second.maintenance_rate) == (pytest.approx(2_960_000.0), 0.008)
    assert third.notional_from == pytest.approx(5_920_000.0)


def test_bybits_tiers_are_in_dollars_already(abroad):
    """Tiers of 200,000 USDT each: 1% and 0.5%, then 2% and 1%, then 4% and 2%."""
    listed = {contract.id: contract for contract in abroad.snapshot("bybit", Wanted(("SOL",), "Bybit")).contracts}

    tiers = [
        (tier.notional_from, tier.initial_rate, tier.maintenance_rate) for tier in listed["Bybit:SOLUSDT"].margin_tiers
    ]
    assert tiers == [(0.0, 0.01, 0.005), (200_000.0, 0.02, 0.01), (400_000.0, 0.04, 0.02)]
    assert not listed["Bybit:SOLUSDT"].margin_is_assumed


def test_coinbases_margin_is_what_a_short_needs_overnight(markets):
    """Not the intraday rate of 10% and not a long's 24.56%, which the same answer states."""
    market = markets.snapshot("coinbase", Wanted(("DOGE", "PEPE"), "Coinbase Derivatives"))
    merged = catalogue().with_listed(market.contracts)

    rates = {code: merged.get(f"Coinbase Derivatives:{code}") for code in ("DOP", "PEP", "BIP")}
    assert [rates[code].initial_margin_rate for code in rates] == [0.92, 1.143375, 0.3348]
    assert [rates[code].maintenance_margin_rate for code in rates] == [0.92, 1.143375, 0.3348]
    assert not any(contract.margin_is_assumed for contract in rates.values())


@pytest.mark.parametrize(
    ("source", "venue", "contract", "usd"),
    [
        # 200,000 contracts of 0.1 ETH and of 10 million SHIB; OKX and Gate play $1bn of each coin
        ("coinbase", "Coinbase Derivatives", "ETP", 200_000 * 0.1 * PRICES["ETH"]),
        ("coinbase", "Coinbase Derivatives", "SHP", 200_000 * 1e7 * PRICES["SHIB"]),
        ("okx", "OKX", "ETH-USDT-SWAP", 1e9),
        ("gate", "Gate", "ETH_USDT", 1e9),
    ],
)
def test_a_contracts_volume_of_the_day_is_that_of_its_ticker(markets, source, venue, contract, usd):
    market = markets.snapshot(source, Wanted(("SHIB",), venue))

    name = f"{venue}:{contract}"
    assert market.daily_volumes[name] == pytest.approx(usd, rel=2e-2)
    trading = TradingCosts(CostAssumptions(depth=None), traded=market.daily_volumes)
    liquidity = trading.liquidity(catalogue().with_listed(market.contracts).get(name))
    assert liquidity.daily_volume == market.daily_volumes[name]
    assert liquidity.volume_source == "the venue's ticker, the last 24 hours"


def test_usdt_is_converted_at_its_own_price(markets):
    assert markets.snapshot("okx", Wanted(("SOL",))).price("SOL") == pytest.approx(PRICES["SOL"], rel=1e-9)
    assert markets.snapshot("kraken", Wanted(("USDT",))).price("USDT") == DOLLARS["USDT"]


def test_without_a_price_of_usdt_it_is_taken_at_a_dollar_and_that_is_said(exchange, markets):
    for name in ("kraken", "coinbase"):
        exchange.play(name, None, "error_500")
    market = markets.snapshot("okx", Wanted(("SOL",)))

    assert market.price("SOL") == pytest.approx(PRICES["SOL"] / DOLLARS["USDT"], rel=1e-9)
    assert "dollar_assumed" in codes(market)


@pytest.mark.parametrize("factor", [1.9, 0.5, 1.06, 1000.0])
@pytest.mark.parametrize("wrong", ["kraken", "coinbase"])
def test_a_price_of_usdt_far_from_a_dollar_needs_a_second_exchange(exchange, markets, wrong, factor):
    """It would change every price at OKX; Kraken and Coinbase price USDT in dollars, and only one of them is wrong."""
    exchange.alter(wrong, "quotes" if wrong == "kraken" else "contracts", Alterations(prices={"USDT": factor}))
    market = markets.snapshot("okx", Wanted(("SOL",), "OKX"))

    assert market.price("SOL") == pytest.approx(PRICES["SOL"], rel=1e-9)
    told = [notice.text for notice in market.notices if notice.code == "dollar_assumed"]
    assert len(told) == (wrong == "kraken")
    assert all(f"USDT is {DOLLARS['USDT'] * factor:,.4g} USD at Kraken" in text for text in told)


@pytest.mark.parametrize("factor", [1.9, 0.5])
def test_prices_in_a_usdt_that_nobody_confirms_are_not_used(exchange, markets, factor):
    exchange.alter("kraken", "quotes", Alterations(prices={"USDT": factor}))
    exchange.play("coinbase", None, "error_500")
    market = markets.snapshot("okx", Wanted(("SOL", "OKB"), "OKX"))

    assert market.quotes["SOL"].source == "Kraken"
    assert market.price("SOL") == pytest.approx(PRICES["SOL"], rel=1e-9)
    assert market.price_or_none("OKB") is None  # which only OKX lists
    assert "no other exchange confirms" in market.quotes["OKB"].refusal
    assert any("prices in it are not used" in notice.text for notice in market.notices)


def test_a_usdt_that_has_lost_its_peg_is_worth_what_two_exchanges_say(exchange, markets):
    for name, kind in (("kraken", "quotes"), ("coinbase", "contracts")):
        exchange.alter(name, kind, Alterations(prices={"USDT": 0.8}))
    market = markets.snapshot("kraken", Wanted(("USDT",)))

    assert market.price("USDT") == pytest.approx(0.8 * DOLLARS["USDT"])


@pytest.mark.parametrize(
    ("factor", "is_in_the_candle", "is_used", "is_named"),
    [
        (1.04, False, True, False),
        (1.15, False, True, True),
        (1.3, False, False, True),  # OKX contradicts itself
        (5.0, False, False, True),
        (1.2, True, True, False),  # the price has moved
        (1.3, True, True, True),
        (2.0, True, True, True),
        (5.0, True, False, True),
    ],
)
def test_a_price_that_one_exchange_lists_is_held_against_its_candle_and_last_close(
    exchange, markets, factor, is_in_the_candle, is_used, is_named
):
    """OKB is listed at OKX only, so no other exchange confirms its price; five times its last close is not believed."""
    candles = {"OKB": partial(scaled, factor=factor, first=-1)} if is_in_the_candle else {}
    exchange.alter("okx", None, Alterations(prices={"OKB": factor}, candles=candles))

    market = markets.snapshot("okx", Wanted(("OKB", "SOL")))

    assert market.price_or_none("OKB") == (pytest.approx(factor * PRICES["OKB"]) if is_used else None)
    assert ("odd_price" in codes(market)) == is_named
    assert (market.quotes["OKB"].is_alone, market.quotes["SOL"].is_alone) == (True, False)


def test_a_cache_that_cannot_be_written_is_said(exchange, tmp_path, monkeypatch):
    markets = LiveMarkets(LiveSettings(base_url=exchange.url, timeout=30.0, cache_url=f"sqlite:{tmp_path}/prices.db"))
    markets.snapshot("kraken", Wanted(("SOL",)))
    markets._cache.storage.connection.execute("PRAGMA query_only = ON")
    market = markets.snapshot("kraken", Wanted(("LINK",)))

    assert market.price("LINK") == pytest.approx(PRICES["LINK"])
    assert "cache_failing" in codes(market)
    markets.close()


def test_a_coin_that_the_exchange_does_not_list_comes_from_another_and_that_is_said(markets):
    market = markets.snapshot("kraken", Wanted(("SOL", "HYPE", "NOVA")))
    texts = [notice.text for notice in market.notices]

    assert market.quotes["HYPE"].source == "Coinbase"
    assert "HYPE: price from Coinbase (Kraken does not list it)." in texts
    assert "HYPE: history from Coinbase (Kraken does not list it)." in texts
    assert market.price_or_none("NOVA") is None
    assert any(text.startswith("NOVA: no price. Kraken does not list it; Coinbase does not list it") for text in texts)


def test_a_renamed_coin_keeps_its_old_history_at_the_published_ratio(markets):
    market = markets.snapshot("kraken", Wanted(("MKR",)))

    assert "renamed_history" in codes(market)
    assert not np.isnan(market.history.of("SKY")[-365:]).any()
    expected = [candle.close for candle in World()._all_candles("SKY")[:-1]]
    assert market.history.of("SKY")[-365:] == pytest.approx(expected[-365:], rel=1e-6)


def test_missing_days_stay_missing_and_are_said(markets):
    market = markets.snapshot("kraken", Wanted(("ATOM",)))

    assert int(np.isnan(market.history.of("ATOM")).sum()) == 3
    assert "ATOM: Kraken has no close for 3 days" in " ".join(notice.text for notice in market.notices)


def test_contracts_of_the_venue_confirm_the_catalogue_and_add_to_it(markets):
    market = markets.snapshot("kraken", Wanted(("SOL", "SHIB"), "OKX"))
    listed = {contract.id: contract for contract in market.contracts}

    assert listed["OKX:SOL-USDT-SWAP"].lot_notional(148.0) == pytest.approx(14.8)
    assert listed["OKX:ETH-USDT-SWAP"].contract_size == catalogue().get("OKX:ETH-USDT-SWAP").contract_size
    assert listed["OKX:SHIB-USDT-SWAP"].contract_size == 1_000_000
    assert listed["OKX:SOL-USDT-SWAP"].margin_tiers[1].notional_from == pytest.approx(1000 * 1.0 * 148.0)
    assert [c.conflict for c in catalogue().with_listed(market.contracts) if c.conflict] == []
    assert {quote.underlying for quote in market.futures} == {"BTC", "ETH"}
    for quote in market.futures:
        assert quote.annual_basis(market.price(quote.underlying), market.as_of.date()) == pytest.approx(0.08, rel=0.05)


def test_coinbases_contracts_on_a_thousand_coins_have_the_catalogues_size(markets):
    market = markets.snapshot("coinbase", Wanted(("SHIB", "PEPE"), "Coinbase Derivatives"))
    merged = catalogue().with_listed(market.contracts)

    for code in ("SHP", "PEP", "BIP", "ETP"):
        contract = merged.get(f"Coinbase Derivatives:{code}")
        assert (contract.conflict, contract.taker_fee_rate) == ("", 0.001)


def test_a_contract_that_trades_far_from_its_coin_is_not_sized(exchange, markets, monkeypatch):
    unaware = {**EXCHANGES, "coinbase": replace(EXCHANGES["coinbase"], thousands=frozenset())}
    monkeypatch.setattr("hedge_core.market.live.markets.EXCHANGES", unaware)
    plan = HedgePlan(holdings=(Holding(coin="SHIB", quantity=1e9),), market="coinbase")
    market = markets.snapshot("coinbase", wanted_of(plan))

    (contract,) = [c for c in market.contracts if c.underlying == "SHIB"]
    assert "it trades at" in contract.conflict
    assessment = assess(plan, market)
    assert "SHIB" not in {leg.underlying for leg in assessment.legs}
    assert "contract_conflict" in {notice.code for notice in assessment.notices}


@pytest.mark.parametrize(
    ("answer", "change"),
    [
        ("instruments", lambda row: {**row, "ctVal": "10"}),
        ("tickers", lambda row: {**row, "vol24h": "1000"}),
        ("tickers", lambda row: {**row, "volCcy24h": "1000"}),
    ],
    ids=["size", "volume in contracts", "volume in coins"],
)
@pytest.mark.parametrize("mode", ["fresh", "forced"])
def test_a_contract_in_conflict_is_used_again_as_soon_as_the_exchange_has_healed(
    exchange, markets, monkeypatch, answer, change, mode
):
    def wrong(name, rows):
        return [change(row) if name == answer and row["instId"] == "SOL-USDT-SWAP" else row for row in rows]

    def sol():
        market = markets.snapshot("okx", Wanted(("SOL",), "OKX"), mode=mode)
        return catalogue().with_listed(market.contracts).get("OKX:SOL-USDT-SWAP")

    monkeypatch.setattr(feed, "QUOTES_FORCED", 0.0)
    exchange.alter("okx", "contracts", Alterations(rows=wrong))
    exchange.alter("okx", "quotes", Alterations(rows=wrong))
    assert sol().conflict
    exchange.heal()
    assert not sol().conflict
    asked = exchange.count("okx", "contracts")
    assert not sol().conflict
    assert exchange.count("okx", "contracts") == asked


def test_a_contract_that_a_list_lacks_is_asked_for_again_by_a_refresh_by_the_user(exchange, markets, monkeypatch):
    def cut(name, rows):
        return [row for row in rows if row["instId"] != "SOL-USDT-SWAP"] if name == "instruments" else rows

    def conflict(mode="fresh"):
        market = markets.snapshot("okx", Wanted(("SOL",), "OKX"), mode=mode)
        return catalogue().with_listed(market.contracts).get("OKX:SOL-USDT-SWAP").conflict

    monkeypatch.setattr(feed, "QUOTES_FORCED", 0.0)
    exchange.alter("okx", "contracts", Alterations(rows=cut))
    assert conflict() == "not in OKX's own list"
    exchange.heal()
    asked = exchange.count("okx", "contracts")
    assert conflict() == "not in OKX's own list"
    assert exchange.count("okx", "contracts") == asked
    assert conflict("forced") == ""


@pytest.mark.parametrize("code", ["OKB-USDT-SWAP", "BTC-USD-SWAP"])
def test_a_perpetual_outside_the_catalogue_is_named_when_the_list_has_lost_it(exchange, markets, code):
    def cut(name, rows):
        return [row for row in rows if row["instId"] != code] if name == "instruments" else rows

    def gone():
        market = markets.snapshot("okx", Wanted(("OKB",), "OKX"))
        return [notice.text for notice in market.notices if notice.code == "contract_gone"]

    coin, today = code.partition("-")[0], series.today()
    with nothing_is_fresh():
        assert gone() == []
        exchange.alter("okx", "contracts", Alterations(rows=cut))
        assert gone() == [f"{coin}: OKX's own list no longer has OKX:{code}, which it had on {today}."]
        exchange.heal()
        assert gone() == []


@pytest.mark.parametrize(("days", "is_named"), [(0, True), (14, True), (15, False), (-3, True)])
def test_a_perpetual_is_named_for_two_weeks_after_it_was_listed_last(exchange, markets, monkeypatch, days, is_named):
    seen = {"OKX:NOVA-USDT-SWAP": ["SOL", str(series.today() - timedelta(days=days))]}
    monkeypatch.setattr(feed.Feed, "contracts_seen", seen)
    market = markets.snapshot("okx", Wanted(("SOL",), "OKX"))

    assert ("contract_gone" in codes(market)) == is_named


@pytest.mark.parametrize(
    ("fields", "factor", "what", "stated"),
    [
        (("minSz",), 1_000, "smallest order", "100 SOL ($14,800); the catalogue (DAY) says 0.01 SOL"),
        (("lotSz",), 1_000, "smallest order", "100 SOL ($14,800); the catalogue (DAY) says 0.01 SOL"),
        (("minSz",), 100, "smallest order", "10 SOL ($1,480); the catalogue (DAY) says 0.01 SOL"),
        (("minSz", "lotSz"), 0.001, "smallest order", "0.0001 SOL ($0.01480); the catalogue (DAY) says 0.01 SOL"),
        (("lotSz",), 0.001, "step of orders", "0.0001 SOL ($0.01480); the catalogue (DAY) says 0.01 SOL"),
        (("minSz",), 1, "", ""),
    ],
)
def test_a_smallest_order_or_a_step_far_from_the_catalogues_is_named(exchange, markets, fields, factor, what, stated):
    """The catalogue's are 0.01 SOL, the loopback's 0.1 SOL; only the contract's own coin is named."""

    def other(name, rows):
        return [
            {**row, **{field: f"{float(row[field]) * factor:g}" for field in fields}}
            if name == "instruments" and row["instId"] == "SOL-USDT-SWAP"
            else row
            for row in rows
        ]

    exchange.alter("okx", "contracts", Alterations(rows=other))
    market = markets.snapshot("okx", Wanted(("SOL",), "OKX"))
    told = [notice.text for notice in market.notices if notice.code == "order_size"]

    stated = stated.replace("DAY", catalogue().get("OKX:SOL-USDT-SWAP").verified_on)
    assert told == [
        f"SOL: OKX's own list says that the {what} of OKX:SOL-USDT-SWAP is {stated}. Check with the venue."
    ] * bool(what)


def test_funding_is_summed_by_day_and_the_newest_print_stands_beside_it(markets):
    market = markets.snapshot("okx", Wanted(("SOL",), "OKX"))
    by_day: dict[str, float] = {}
    for at, rate in World().funding("SOL", 8):
        day = datetime.fromtimestamp(at, UTC).date().isoformat()
        by_day[day] = by_day.get(day, 0.0) + rate
    assert market.funding is not None
    last = market.funding.days[-1]

    assert market.funding.of("SOL")[-1] == pytest.approx(by_day[str(last)], abs=1e-9)
    assert market.funding_now["SOL"].interval_hours == 8
    assert market.funding_now["SOL"].rate == pytest.approx(World().funding("SOL", 8)[-1][1], abs=1e-9)


def test_a_whole_plan_on_live_prices(markets):
    plan = HedgePlan(
        holdings=(Holding(coin="SOL", quantity=100), Holding(coin="ATOM", quantity=2_000)), market="okx"
    ).with_decisions(venue="OKX", collateral=20_000.0)
    assessment = assess(plan, markets.snapshot("okx", wanted_of(plan)))

    ids = [leg.contract.id for leg in assessment.legs]
    assert ids[0] == "OKX:SOL-USDT-SWAP"
    assert len(ids) > 3  # ATOM has no future of its own, so it is hedged with a basket of what the venue lists
    assert {held.holding.coin: held.route for held in assessment.held_coins} == {"SOL": "own future", "ATOM": "bag"}
    assert assessment.achieved_hedge_ratio == pytest.approx(0.5, abs=0.1)
    assert assessment.evidence.of("ATOM", "ETH").days > 300
    assert assessment.costs.is_carry_known
    assert not assessment.margin.is_assumed
    assert assessment.held_coins[0].quote.source == "OKX"
    (gone,) = [notice.text for notice in assessment.notices if notice.code == "contract_conflict"]
    assert gone.startswith("OKX: ")
    assert "ATOM-USDT-SWAP" in gone
    assert gone.count("OKX:") == 1
    assert gone.endswith(" are not used: not in OKX's own list. Check with the venue.")


def test_the_coins_that_may_hedge_the_bag_are_fetched_and_those_that_no_exchange_has_are_left_to_the_plan(markets):
    plan = HedgePlan(
        holdings=(Holding(coin="ATOM", quantity=2_000), Holding(coin="NOVA", quantity=1)), market="kraken"
    ).with_decisions(venue="OKX")
    wanted = wanted_of(plan)
    market = markets.snapshot("kraken", wanted)

    lacking = {coin for coin in wanted.hedges if coin not in market.history}
    assert {"XRP", "DOGE", "LINK"} <= set(market.history.coins)
    assert lacking
    missing = [notice.text for notice in market.notices if notice.code in ("no_price", "no_history")]
    assert [text.partition(":")[0] for text in missing] == ["NOVA"]
    assessment = assess(replace(plan, holdings=plan.holdings[:1]), market)
    (said,) = [notice.text for notice in assessment.notices if notice.code == "proxy_unfit"]
    assert said.startswith("Not considered, for lack of recent prices: ")
    assert any(coin in said for coin in lacking)


def test_when_no_exchange_answers_it_is_said_with_the_ways_out(exchange, markets):
    for name in ("kraken", "coinbase", "okx", "gate"):
        exchange.play(name, None, "dropped")

    with pytest.raises(SourceUnavailable, match=r"Kraken could not be reached.*Nothing is sized.*upload daily closes"):
        markets.snapshot("kraken", Wanted(("SOL",)))


def test_exchanges_that_fail_for_the_same_reason_are_named_together(exchange, markets):
    for name in ("kraken", "coinbase", "gate"):
        exchange.play(name, None, "dropped")
    exchange.play("okx", None, "error_503")

    with pytest.raises(SourceUnavailable) as raised:
        markets.snapshot("kraken", Wanted(("SOL",)))

    assert str(raised.value).startswith(
        "No live prices: Kraken could not be reached; the same goes for Coinbase and Gate; OKX answered with an error "
        "(503). Nothing is sized without them. "
    )


def test_a_price_older_than_the_limit_is_shown_and_not_sized_with(exchange, tmp_path):
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=100),), market="kraken")
    for name in ("coinbase", "okx", "gate"):  # else a fresh price from there would be taken
        exchange.play(name, None, "error_503")
    settings = LiveSettings(base_url=exchange.url, cache_url=f"sqlite:{tmp_path}/prices.db", max_staleness=0.01)
    markets = LiveMarkets(settings)
    markets.snapshot("kraken", wanted_of(plan))
    time.sleep(0.05)
    market = markets.snapshot("kraken", wanted_of(plan))
    markets.close()

    assert market.quotes["SOL"].price == pytest.approx(PRICES["SOL"])
    assert market.quotes["SOL"].refusal == "too old to size a hedge with"
    with pytest.raises(MissingPrice, match=r"SOL was 148 USD from Kraken at .* too old to size a hedge with.*Refresh"):
        assess(plan, market)


# ------------------------------------------------------------------------------------------------ how many requests


def test_fifty_viewers_on_a_cold_cache_make_one_request_for_each_thing(exchange, markets):
    exchange.latency = 0.01
    bags = [Wanted(tuple(TWENTY[n : n + 5]), "OKX") for n in range(10)]
    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(lambda n: markets.snapshot("kraken", bags[n % 10]), range(50)))

    assert all(market.price("BTC") == pytest.approx(PRICES["BTC"]) for market in found)
    assert exchange.most_in_flight() == 1
    repeated = {thing: count for thing, count in exchange.repeats().items() if count > 1}
    assert repeated == {ONE_ADDRESS: 2}


def test_viewers_who_ask_for_the_same_share_one_load(exchange, markets):
    loader = Loader(markets)
    wanted = Wanted(("SOL", "LINK"), "OKX")
    loads = [loader.load("kraken", wanted) for _ in range(50)]

    assert len({id(load) for load in loads}) == 1
    assert loads[0].wait(120)
    assert loads[0].result is not None
    assert loader.load("kraken", wanted) is loads[0]  # and who comes a moment later
    assert loader.load("kraken", wanted, forced=True) is not loads[0]
    loader.load("kraken", wanted, forced=True).wait(120)
    loader._pool.shutdown()


def test_a_first_plan_waits_for_the_coins_of_its_bag_only(exchange, markets):
    loader = Loader(markets)
    wanted = Wanted(("SOL", "LINK"), "OKX", hedges=TWENTY[:8])
    load = loader.load("kraken", wanted)
    load.wait_for_anything(120)
    first, asked = load.early, [request.thing for request in exchange.requests if request.kind == "history"][:4]
    assert first is not None
    assert not load.is_done
    assert load.wait(120)
    assert load.result is not None
    loader._pool.shutdown()

    own = {"BTC", "ETH", "SOL", "LINK"}
    assert "still_loading" in codes(first)
    assert set(first.history.coins) == set(first.coins) == own
    assert all(any(name in thing for name in ("XBT", *own)) for thing in asked)
    assert "still_loading" not in codes(load.result)
    assert set(load.result.history.coins) == {*own, *TWENTY[:8]}
    assert {thing: count for thing, count in exchange.repeats().items() if count > 1} == {ONE_ADDRESS: 2}


def test_a_load_whose_answers_are_all_kept_shows_everything_at_once(exchange, markets):
    loader = Loader(markets)
    wanted = Wanted(("SOL", "LINK"), "OKX", hedges=("XRP", "ADA"))
    assert loader.load("kraken", wanted).wait(120)
    exchange.clear()
    again = loader.load("kraken", wanted, forced=True)
    again.wait(120)
    loader._pool.shutdown()

    assert again.early is not None
    assert {"XRP", "ADA"} <= set(again.early.history.coins)
    assert "still_loading" not in codes(again.early)


def test_a_load_that_finds_no_prices_says_so_once(exchange, markets):
    for name in EXCHANGES:
        exchange.play(name, None, "dropped")
    loader = Loader(markets)
    load = loader.load("kraken", Wanted(("SOL",), hedges=("XRP", "ADA")))
    load.wait(120)
    loader._pool.shutdown()

    assert load.early is None
    assert load.result is None
    assert "No live prices" in str(load.error)


def test_a_restart_asks_only_for_today(exchange, tmp_path, monkeypatch):
    settings = LiveSettings(base_url=exchange.url, timeout=30.0, cache_url=f"sqlite:{tmp_path}/prices.db")
    wanted = Wanted(TWENTY, "OKX", 365)
    first = LiveMarkets(settings)
    before = first.snapshot("kraken", wanted)
    first.close()

    exchange.clear()
    again = LiveMarkets(settings)
    with monkeypatch.context() as later:
        moment = time.time() + feed.QUOTES_FRESH + 1.0
        later.setattr(time, "time", lambda: moment)
        market = again.snapshot("kraken", wanted)
    again.close()
    prices = {("kraken", "quotes 0/public/Ticker "), ONE_ADDRESS, ("okx", "quotes api/v5/market/tickers instType=SPOT")}
    assert exchange.repeats() == dict.fromkeys(prices, 1)  # the same day: prices, here and elsewhere, and nothing else
    assert market.coins == before.coins

    exchange.clear()
    tomorrow = LiveMarkets(settings)
    monkeypatch.setattr(series, "_since_midnight", lambda: 0.0)  # a day has closed since
    tomorrow.snapshot("kraken", wanted)
    tomorrow.close()
    since = [asked.thing for asked in exchange.requests if asked.kind == "history" and asked.exchange == "kraken"]
    assert len(since) == len(TWENTY) + 2
    assert exchange.count("coinbase", "history") == len(TWENTY) + 2  # which Kraken's closes are held against
    exchange.requests = [asked for asked in exchange.requests if (asked.exchange, asked.thing) != ONE_ADDRESS]
    assert exchange.count(kind="history") + exchange.count(kind="quotes") + exchange.count(kind="funding") == len(
        exchange.requests
    )
    midnight = int(datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    # The last kept day once more, and no more; the library asks Kraken for what comes after the day before.
    assert all(f"since={midnight - 2 * 86_400}" in thing for thing in since)


def test_the_cache_alone_serves_offline_with_its_age_and_nothing_is_asked(exchange, tmp_path):
    settings = LiveSettings(base_url=exchange.url, timeout=30.0, cache_url=f"sqlite:{tmp_path}/prices.db")
    online = LiveMarkets(settings)
    before = online.snapshot("kraken", Wanted(("SOL",), "OKX"))
    online.close()
    exchange.clear()
    offline = LiveMarkets(settings.with_offline(True))
    market = offline.snapshot("kraken", Wanted(("SOL",), "OKX"))
    offline.close()

    assert exchange.count() == 0
    assert market.quotes == before.quotes


# ------------------------------------------------------------------------------------------------------------ Redis

CHILD = """
import sys, json
from hedge_core.market.sources import Wanted
from hedge_core.market.venues import EXCHANGES
from hedge_core.plan.plan import CostAssumptions
from hedge_core.market.live.markets import LiveMarkets
markets = LiveMarkets()
market = markets.snapshot("kraken", Wanted(("SOL", "LINK", "ADA"), "OKX"))
print(json.dumps([market.price("SOL"), len(market.history.days), len(market.contracts)]))
"""


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    server = shutil.which("redis-server")
    if server is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            server,
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(tmp_path),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(1_200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(timeout=10)


def child(exchange: LoopbackExchange, redis_url: str, timeout: str = "30") -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "HEDGE_EXCHANGE_BASE_URL": exchange.url,
        "HEDGE_CACHE_URL": redis_url,
        "HEDGE_TIMEOUT": timeout,
    }
    return subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.rare
def test_four_processes_on_redis_make_one_request_for_each_thing(exchange, redis_url):
    exchange.latency = 0.05
    children = [child(exchange, redis_url) for _ in range(4)]
    answers = []
    for process in children:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        answers.append(json.loads(out))

    assert answers == [answers[0]] * 4
    assert answers[0][0] == pytest.approx(PRICES["SOL"])
    assert exchange.most_in_flight() == 1
    assert {thing: count for thing, count in exchange.repeats().items() if count > 1} == {ONE_ADDRESS: 2}


@pytest.mark.rare
def test_a_process_killed_in_the_middle_of_a_refresh_hangs_nobody(exchange, redis_url):
    exchange.slow = 300.0
    exchange.play("kraken", "quotes", "slow", times=1)
    victim = child(exchange, redis_url, timeout="1.5")
    deadline = time.monotonic() + 300
    while exchange.count("kraken", "quotes") == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()

    started = time.monotonic()
    survivor = child(exchange, redis_url, timeout="1.5")
    out, err = survivor.communicate(timeout=300)
    assert survivor.returncode == 0, err
    assert json.loads(out)[0] == pytest.approx(PRICES["SOL"])
    assert time.monotonic() - started < 10 * (4 * 1.5 + 5)  # far longer than the lock of the dead one


# ----------------------------------------------------------------------------------------------- without the library


def test_without_ccxt_live_prices_say_how_to_get_it_and_the_sample_works():
    program = (
        "import sys\nsys.modules['ccxt'] = None\n"
        "from hedge_core.cli.main import main\n"
        "assert main(['propose', 'examples/novacoin.json', '--json']) == 0\n"
        "sys.exit(main(['propose', 'examples/layer1_bag.json', '--market', 'kraken']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert "Reading prices from an exchange needs the package ccxt, which is not installed." in done.stderr
    assert "pip install 'altcoin-hedge-planner[live]'" in done.stderr


def test_the_command_line_uses_an_exchange_for_prices_and_contracts(exchange, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HEDGE_EXCHANGE_BASE_URL", exchange.url)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        return (code, *capsys.readouterr())

    made = run("new", str(ROOT / "examples/bag.csv"), "--risk", "30%", "--venue", "OKX", "--market", "okx")
    (tmp_path / "plan.json").write_text(made[1])
    proposed = json.loads(run("propose", str(tmp_path / "plan.json"), "--json")[1])
    assert proposed["market"]["source"] == "okx"
    assert proposed["market"]["simulated"] is False
    assert {row["price_from"] for row in proposed["positions"]} == {"OKX", "Kraken"}
    assert proposed["legs"][0]["contract"].startswith("OKX:")
    kraken = json.loads(run("propose", str(tmp_path / "plan.json"), "--market", "kraken", "--json")[1])
    assert kraken["legs"][0]["contracts"] == pytest.approx(proposed["legs"][0]["contracts"], abs=1)
    result = json.loads(run("scenario", str(tmp_path / "plan.json"), "--move", "-15%", "--json")[1])
    assert result["bag_pnl"] < 0 < result["hedge_pnl"]

    assert not any(row["price_is_alone"] for row in proposed["positions"])
    (tmp_path / "okb.csv").write_text("coin,quantity\nOKB,10\nSOL,10\n")
    made = run("new", str(tmp_path / "okb.csv"), "--risk", "30%", "--venue", "OKX", "--market", "okx")
    (tmp_path / "okb.json").write_text(made[1])
    alone = json.loads(run("propose", str(tmp_path / "okb.json"), "--json")[1])
    assert {row["coin"]: row["price_is_alone"] for row in alone["positions"]} == {"OKB": True, "SOL": False}
    assert "Prices: no other exchange confirms OKB (OKX)\n" in run("propose", str(tmp_path / "okb.json"))[1]

    listed = json.loads(run("contracts", "--venue", "okx", "--live", "--json")[1])["contracts"]
    assert {"OKX:BTC-USDT-SWAP", "OKX:PEPE-USDT-SWAP"} <= {row["id"] for row in listed}
    assert all(row["source"] and row["verified_on"] for row in listed)
    code, out, err = run("propose", str(tmp_path / "plan.json"), "--offline")
    assert (code, out) == (2, "")
    assert "the network is switched off" in err
    assert urllib.request.urlopen(f"{exchange.url}/www.okx.com/api/v5/public/instruments?instType=SWAP").status == 200
