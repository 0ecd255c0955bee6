"""What the exchange library hands over, good and bad: what goes through is right, what is bad is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from hedge_core.market.coins import coin_of
from hedge_core.market.live import parse
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.venues import EXCHANGES

KRAKEN, OKX, KRAKEN_FUTURES = EXCHANGES["kraken"], EXCHANGES["okx"], EXCHANGES["krakenfutures"]
NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAY = 86_400_000
TODAY_MS = NOW_MS - NOW_MS % DAY


def candles(*closes: float) -> list[list[float]]:
    """One candle a day that end with the running day."""
    first = TODAY_MS - (len(closes) - 1) * DAY
    return [[first + n * DAY, c, c * 1.01, c * 0.99, c, 5.0] for n, c in enumerate(closes)]


def day(ago: int) -> date:
    return NOW.date() - timedelta(days=ago)


def ticker(symbol: str, last: object = 100.0, **more: object) -> dict[str, object]:
    return {"symbol": symbol, "last": last, "info": {}, **more}


def test_closes_come_by_day_without_the_unfinished_one():
    found = parse.closes(candles(10, 11, 12, 13), NOW_MS, KRAKEN)

    assert found.by_day == {day(3): 10, day(2): 11, day(1): 12}
    assert found.refused == {}


def test_candles_in_any_order_and_twice_are_the_same_closes():
    rows = candles(10, 11, 12, 13)

    assert parse.closes([*reversed(rows), *rows], NOW_MS, KRAKEN) == parse.closes(rows, NOW_MS, KRAKEN)


def test_a_day_that_is_stated_twice_with_different_closes_is_refused_whichever_comes_first():
    rows = candles(*[100.0 + n for n in range(20)])
    other = [rows[7][0], *(price * 1.3 for price in rows[7][1:5]), 5.0]

    for told in ([*rows, other], [other, *rows], [*rows[:8], other, *rows[8:]]):
        found = parse.closes(told, NOW_MS, KRAKEN)
        assert (list(found.refused), len(found.by_day)) == ([day(12)], 18)
        assert found.refused[day(12)].startswith("it is stated twice, as 1")


def test_a_day_without_a_candle_is_no_close():
    rows = candles(10, 11, 12, 13, 14)
    del rows[1]

    assert day(3) not in parse.closes(rows, NOW_MS, KRAKEN).by_day


@pytest.mark.parametrize("scale", [50.0, 0.02])
def test_one_wrong_candle_in_the_middle_is_refused_and_named_and_the_others_stay(scale):
    rows = candles(*[100.0 + n for n in range(30)])
    rows[12] = [rows[12][0], *(price * scale for price in rows[12][1:5]), 5.0]

    found = parse.closes(rows, NOW_MS, KRAKEN)

    assert list(found.refused) == [day(17)]
    assert "is far from the closes before and after it" in found.refused[day(17)]
    assert len(found.by_day) == 28


def test_a_crash_that_lasts_and_a_rally_that_lasts_are_not_taken_for_mistakes():
    crash = parse.closes(candles(*[100.0] * 5, *[5.0] * 5), NOW_MS, KRAKEN)
    rally = parse.closes(candles(*[5.0] * 5, *[100.0] * 5), NOW_MS, KRAKEN)

    assert crash.refused == rally.refused == {}


@pytest.mark.parametrize(
    "bad", [None, float("nan"), float("inf"), 0.0, -5.0, "text", True, 1e300], ids=lambda value: str(value)
)
@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_a_candle_with_a_price_that_is_none_is_refused(bad, place):
    rows = candles(*[100.0] * 20)
    rows[7][place] = bad

    found = parse.closes(rows, NOW_MS, KRAKEN)

    assert found.refused == {day(12): "a price is missing"}


def test_the_low_and_the_high_of_a_wide_day_are_kept_unless_its_close_is_refused():
    rows = candles(*[100.0] * 20)
    rows[7][2:4] = [105.0, 95.0]
    rows[9][2:4] = [104.0, 95.0]  # a high of 1.095 times the low is usual
    rows[11][2:4] = [200.0, 0.0]

    assert parse.closes(rows, NOW_MS, KRAKEN).ranges == {day(12): (95.0, 105.0)}


def test_a_candle_whose_close_lies_above_its_high_is_refused():
    rows = candles(*[100.0] * 20)
    rows[7][4] = 120.0

    assert parse.closes(rows, NOW_MS, KRAKEN).refused == {day(12): "its prices contradict each other"}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[None] * 6] * 30,
        [[TODAY_MS - n * DAY, None, None, None, None, None] for n in range(30)],
        [[TODAY_MS - n * DAY + 3 * 3_600_000, 1, 1, 1, 1, 1] for n in range(30)],  # a clock three hours off
        ["<html>", {}, 5],
        [[TODAY_MS - n * DAY] for n in range(30)],
    ],
    ids=["nothing", "only None", "times and None", "off the day", "not candles", "short rows"],
)
def test_an_answer_without_a_usable_candle_is_refused_as_a_whole(rows):
    with pytest.raises(ExchangeFault) as caught:
        parse.closes(rows, NOW_MS, KRAKEN)

    assert caught.value.kind == "unreadable"


def test_an_answer_of_which_more_than_a_tenth_is_broken_is_refused_as_a_whole():
    rows = candles(*[100.0] * 30)
    for row in rows[3:9]:
        row[4] = None

    with pytest.raises(ExchangeFault, match="cannot be used"):
        parse.closes(rows, NOW_MS, KRAKEN)


def test_only_the_running_day_is_an_answer_for_a_coin_listed_today():
    assert parse.closes(candles(10.0), NOW_MS, KRAKEN).by_day == {}


NUMBERS = st.one_of(st.none(), st.floats(), st.integers())


@given(st.lists(st.one_of(st.none(), st.integers(), st.text(), st.lists(NUMBERS, max_size=7)), max_size=20))
def test_whatever_comes_it_is_closes_or_a_fault_and_never_anything_else(rows):
    try:
        found = parse.closes(rows, NOW_MS, KRAKEN)
    except ExchangeFault:
        return
    assert all(0 < close < 1e15 and closed < NOW.date() for closed, close in found.by_day.items())


def test_quotes_keep_price_and_time_of_every_usable_ticker():
    found = parse.quotes({"a": ticker("BTC/USD", 60_000.0, timestamp=5), "b": ticker("ETH/USD", "2000")}, KRAKEN)

    assert found == {"BTC/USD": [60_000.0, 5.0], "ETH/USD": [2000.0, None]}


def test_a_last_price_far_outside_bid_and_ask_is_left_out():
    rows = {n: ticker(f"C{n}/USD", 100.0, bid=99.0, ask=101.0) for n in range(9)}
    rows[9] = ticker("SOL/USD", 5_000.0, bid=99.0, ask=101.0)

    assert "SOL/USD" not in parse.quotes(rows, KRAKEN)


@pytest.mark.parametrize(
    "tickers",
    [{}, [], None, "<html>", {"a": None}, {"a": ticker("BTC/USD", None), "b": ticker("ETH/USD", None)},
     {"a": ticker("A/USD"), **{n: ticker(f"C{n}/USD", float("nan")) for n in range(5)}}],
    ids=["empty", "a list", "None", "text", "no ticker", "no prices", "mostly not numbers"],
)  # fmt: skip
def test_tickers_of_which_fewer_than_half_are_usable_are_refused(tickers):
    with pytest.raises(ExchangeFault):
        parse.quotes(tickers, KRAKEN)


def test_at_a_futures_exchange_the_price_is_the_index_of_the_perpetual():
    rows = {"a": ticker("BTC/USD:USD", 60_100.0, info={"indexPrice": "60000"})}

    assert parse.quotes(rows, KRAKEN_FUTURES) == {"BTC/USD:USD": [60_000.0, None]}


@pytest.mark.parametrize(
    ("base", "coin", "units"),
    [
        ("1000SHIB", "SHIB", 1e3), ("10000LADYS", "LADYS", 1e4), ("1000000MOG", "MOG", 1e6),
        ("1MBABYDOGE", "BABYDOGE", 1e6),
        ("SHIB1000", "SHIB", 1e3), ("kPEPE", "PEPE", 1e3), ("1INCH", "1INCH", 1.0), ("KAS", "KAS", 1.0),
        ("KAVA", "KAVA", 1.0), ("C98", "C98", 1.0), ("API3", "API3", 1.0), ("BTC", "BTC", 1.0), ("1000", "1000", 1.0),
    ],
)  # fmt: skip
def test_a_multiplier_in_front_counts_only_where_it_is_one(base, coin, units):
    assert coin_of(base) == (coin, units)


def market(symbol: str, **fields: object) -> dict[str, object]:
    base, _, rest = symbol.partition("/")
    quote = rest.partition(":")[0]
    kind = {"spot": ":" not in symbol, "swap": ":" in symbol, "future": False}
    return {"id": symbol, "symbol": symbol, "base": base, "quote": quote, "active": True, "info": {}, **kind, **fields}


def test_the_preferred_quote_currency_comes_first_and_inactive_markets_are_left_out():
    markets = [market("BTC/USDC"), market("BTC/USDT"), market("BTC/EUR"), market("SOL/USDT", active=False)]

    assert parse.spot_symbols(markets, OKX) == {"BTC": ["BTC/USDT", "BTC/USDC"]}


@pytest.mark.parametrize("markets", [{}, [], None, {"a": market("BTC/EUR")}, {"a": {"symbol": None}}])
def test_a_list_without_a_market_in_dollars_is_refused(markets):
    with pytest.raises(ExchangeFault, match="no market in it"):
        parse.useful_markets(markets, KRAKEN)


def test_options_dark_pools_and_contracts_without_a_size_are_left_out():
    rows = [
        market("BTC/USD"),
        market("BTC/USD", id="XXBTZUSD.d"),
        market("BTC/USD:USD", contractSize=None),
        market("BTC/USD:USD", contractSize=1.0, option=True),
        market("ETH/USD:USD", contractSize=1.0),
    ]

    assert [row["symbol"] for row in parse.useful_markets(rows, KRAKEN)] == ["BTC/USD", "ETH/USD:USD"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("is_spot", [True, False])
def test_numbers_that_are_not_finite_are_absent_from_the_list_which_a_cache_must_keep(bad, is_spot):
    """An order step of NaN ended in an error when the list was stored."""
    kind = {"spot": True} if is_spot else {"swap": True, "contractSize": 1.0}
    market = {"id": "X", "symbol": "X/USD", "base": "X", "quote": "USD", "precision": {"amount": bad, "price": 0.1}}
    info = {"levels": [{"margin": bad, "from": 0}], "state": "live"}
    spot = {"id": "Y", "symbol": "Y/USD", "quote": "USD", "spot": True}
    row, _ = parse.useful_markets([{**market, **kind, "limits": {"amount": {"min": bad}}, "info": info}, spot], KRAKEN)

    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert row["precision"] == {"amount": None, "price": 0.1}
    assert row["limits"] == {"amount": {"min": None}}


def prints(hours: int, rates: list[float], *, until: int = NOW_MS) -> list[dict[str, object]]:
    last = until - until % (hours * 3_600_000)
    step = hours * 3_600_000
    return [{"timestamp": last - (len(rates) - 1 - n) * step, "fundingRate": rate} for n, rate in enumerate(rates)]


def test_funding_is_summed_by_whole_day_and_the_newest_print_is_kept_apart():
    rows = prints(8, [0.0001, 0.0002, -0.0001] * 4)
    found = parse.funding(rows, TODAY_MS - 30 * DAY, NOW_MS, OKX)

    by_hand: dict[date, float] = {}
    for row in rows:
        on = datetime.fromtimestamp(row["timestamp"] / 1000, UTC).date()  # type: ignore[operator]
        by_hand[on] = by_hand.get(on, 0.0) + row["fundingRate"]  # type: ignore[operator]
    del by_hand[NOW.date()], by_hand[min(by_hand)]
    assert found.by_day == pytest.approx(by_hand)
    assert found.last == (-0.0001, 8.0)


def test_a_day_with_missing_prints_is_left_out_instead_of_summed_short():
    rows = prints(1, [0.00001] * 24 * 6)
    gap = TODAY_MS - 3 * DAY
    rows = [row for row in rows if not gap <= row["timestamp"] < gap + 10 * 3_600_000]  # type: ignore[operator]

    found = parse.funding(rows, TODAY_MS - 30 * DAY, NOW_MS, OKX)

    assert day(3) not in found.by_day
    assert found.by_day[day(2)] == pytest.approx(0.00024)


@pytest.mark.parametrize(
    "rows",
    [[], [None], *([{"timestamp": time, "fundingRate": rate}] for time, rate in ((None, 1), (5, None), (5, 7.0)))],
)
def test_funding_without_a_usable_print_is_refused(rows):
    with pytest.raises(ExchangeFault):
        parse.funding(rows, 0, NOW_MS, OKX)


def test_margin_tiers_come_in_order_and_without_nonsense():
    rows = [
        {"minNotional": 1000, "maintenanceMarginRate": 0.01, "maxLeverage": 50},
        {"minNotional": 0, "maintenanceMarginRate": 0.004, "maxLeverage": 100},
        {"minNotional": 2000, "maintenanceMarginRate": None, "maxLeverage": 20},
        {"minNotional": 3000, "maintenanceMarginRate": 0.02, "maxLeverage": 1e-320},  # a margin without end
        {"minNotional": 4000, "maintenanceMarginRate": 0.02, "maxLeverage": 0.5},  # twice the notional
    ]

    assert parse.margin_tiers(rows, OKX) == [[0.0, 0.01, 0.004], [1000.0, 0.02, 0.01]]
    with pytest.raises(ExchangeFault):
        parse.margin_tiers([], OKX)


def test_bid_and_ask_of_a_derivative_are_kept_unless_they_contradict_the_price():
    rows = {
        "ETH/USD:USD": {"symbol": "ETH/USD:USD", "last": 2_000.0, "bid": 1_999.5, "ask": 2_000.5, "info": {}},
        "SOL/USD:USD": {"symbol": "SOL/USD:USD", "last": 150.0, "bid": 151.0, "ask": 149.0, "info": {}},
        "ADA/USD:USD": {"symbol": "ADA/USD:USD", "last": 0.5, "bid": 0.05, "ask": 0.51, "info": {}},
        "XRP/USD:USD": {"symbol": "XRP/USD:USD", "last": 2.0, "info": {}},
    }

    found = parse.future_quotes(rows, EXCHANGES["coinbase"])

    assert {symbol: row[3:5] for symbol, row in found.items()} == {
        "ETH/USD:USD": [1_999.5, 2_000.5],
        "SOL/USD:USD": [None, None],
        "ADA/USD:USD": [None, None],
        "XRP/USD:USD": [None, None],
    }


def test_the_contracts_traded_within_a_day_are_read_where_the_ticker_states_them():
    rows = {
        symbol: {"symbol": symbol, "last": 2.0, "info": {"volume_24h": volume}}
        for symbol, volume in (("ETH/USD:USD", "377000"), ("SOL/USD:USD", "0"), ("ADA/USD:USD", "many"))
    }

    traded = {symbol: row[5] for symbol, row in parse.future_quotes(rows, EXCHANGES["coinbase"]).items()}

    assert traded == {"ETH/USD:USD": 377_000.0, "SOL/USD:USD": None, "ADA/USD:USD": None}
    assert parse.future_quotes(rows, OKX)["ETH/USD:USD"][5] is None
