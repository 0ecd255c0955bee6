"""A price counts if another exchange says about the same; prices are those of three exchanges made for the test."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.remarks import Remarks
from hedge_core.market.live.spot_prices import SpotPrices
from hedge_core.market.snapshot import Quote
from tests.support.feeds import NOW, StatedFeed

OKX, KRAKEN, GATE = "okx", "kraken", "gate"
CLOSES = {date(2026, 2, 28): 100.0}


def prices_of(*feeds: StatedFeed, max_staleness: float = 3_600.0) -> tuple[SpotPrices, Remarks]:
    remarks, by_name = Remarks(), {feed.name: feed for feed in feeds}

    def feed(name: str) -> StatedFeed:
        return by_name.setdefault(name, StatedFeed(name))

    made = SpotPrices(feed, feeds, remarks=remarks, max_staleness=max_staleness, now=NOW)  # type: ignore[arg-type]
    return made, remarks


def checked(*stated: float | None, closes: dict[date, float] = CLOSES) -> tuple[Quote, list[str]]:
    """The quote of SOL that is used if OKX, Kraken and Gate state these prices, and the codes of the notices."""
    names = zip((OKX, KRAKEN, GATE), stated, strict=False)
    prices, remarks = prices_of(*(StatedFeed(name, {} if price is None else {"SOL": price}) for name, price in names))
    quote = prices.quote("SOL", is_wanted=True)
    assert quote is not None
    return prices.checked("SOL", quote, closes), [notice.code for notice in remarks.notices()]


@pytest.mark.parametrize(
    ("stated", "price", "is_refused", "codes"),
    [
        ((100.0, 101.0, 99.0), 100.0, False, []),
        ((100.0, 104.0, 96.0), 100.0, False, []),
        ((100.0, 119.0, 119.0), 100.0, False, ["price_apart"]),  # they agree within 20%, and it is named
        ((100.0, 106.0), 100.0, False, ["price_apart"]),
        ((100.0, 119.0, 104.0), 100.0, False, []),  # one of the others is near
        ((300.0, 100.0, 300.0), 300.0, False, []),  # one of the others agrees
        ((300.0, 100.0, 101.0), 100.0, False, ["taken_elsewhere"]),  # two others agree with each other
        ((300.0, 100.0, 200.0), 300.0, True, ["odd_price"]),  # nobody agrees with anybody
        ((300.0, 100.0), 100.0, False, ["taken_elsewhere"]),  # the last close decides between two
        ((150.0, 100.0), 150.0, True, ["odd_price"]),  # both are believable after that close
        ((100.0,), 100.0, False, []),
        ((124.0,), 124.0, False, []),  # alone: less than 1.25 times the last close
        ((126.0,), 126.0, False, ["odd_price"]),  # named
        ((79.0,), 79.0, False, ["odd_price"]),
        ((174.0,), 174.0, False, ["odd_price"]),
        ((176.0,), 176.0, False, ["odd_price"]),
        ((299.0,), 299.0, False, ["odd_price"]),
        ((301.0,), 301.0, True, ["odd_price"]),  # three times the last close is not believed
        ((33.0,), 33.0, True, ["odd_price"]),
    ],
)
def test_what_becomes_of_a_price_depends_on_what_the_others_say(stated, price, is_refused, codes):
    quote, said = checked(*stated)

    assert (quote.price, bool(quote.refusal), said) == (price, is_refused, codes)


@pytest.mark.parametrize(
    ("price", "candle", "closes", "is_refused", "words"),
    [
        (118.0, 100.0, CLOSES, False, "OKX reports 118 USD, but 100 in its candle of 2026-03-01"),
        (94.0, 99.9, CLOSES, False, "OKX reports 94 USD, but 99.9 in its candle"),
        (118.0, 117.0, CLOSES, False, ""),  # the price has moved
        (126.0, 126.0, CLOSES, False, "OKX reports 126 USD, but the last close was 100"),
        (104.0, 90.0, CLOSES, False, ""),  # near the last close
        (121.0, 100.0, CLOSES, True, "so no hedge is sized with it"),
        (200.0, 100.0, CLOSES, True, "so no hedge is sized with it"),
        (118.0, 100.0, {}, False, "but 100 in its candle"),
        (118.0, None, CLOSES, False, ""),
        (118.0, ExchangeFault("OKX", "slow"), CLOSES, False, ""),
    ],
)
def test_a_price_that_one_exchange_alone_has_is_held_against_its_own_candle(price, candle, closes, is_refused, words):
    asked = StatedFeed(OKX, {"OKB": price}, candles={} if candle is None else {"OKB": candle})
    prices, remarks = prices_of(asked, StatedFeed(KRAKEN, {}))
    quote = prices.quote("OKB", is_wanted=True)
    assert quote is not None

    found = prices.checked("OKB", quote, closes)

    assert (found.price, found.is_alone, bool(found.refusal)) == (price, True, is_refused)
    assert [words in notice.text and notice.text.startswith("OKB: ") for notice in remarks.notices()] == (
        [True] if words else []
    )


def test_the_candle_is_in_the_currency_of_the_price_and_not_compared_with_an_older_one():
    usdt = StatedFeed(KRAKEN, {"USDT": 0.97})
    prices, remarks = prices_of(StatedFeed(OKX, {"OKB": 118.0}, currency="USDT", candles={"OKB": 118.0}), usdt)
    quote = prices.quote("OKB", is_wanted=True)
    assert quote is not None
    prices.checked("OKB", quote, CLOSES)
    assert remarks.notices() == ()

    fault = ExchangeFault("OKX", "slow")
    prices, remarks = prices_of(StatedFeed(OKX, {"OKB": 118.0}, candles={"OKB": 100.0}, fault=fault))
    quote = prices.quote("OKB", is_wanted=True)
    assert quote is not None
    prices.checked("OKB", quote, CLOSES)
    assert [notice.code for notice in remarks.notices()] == ["stale"]


def test_a_price_that_another_exchange_has_as_well_is_not_alone():
    assert not checked(100.0, 101.0)[0].is_alone
    assert not checked(100.0, 300.0)[0].is_alone


def test_a_price_that_is_used_although_all_others_are_some_percent_away_is_named_with_theirs():
    prices, remarks = prices_of(*(StatedFeed(name, {"SOL": price}) for name, price in ((OKX, 85.0), (KRAKEN, 100.0))))
    quote = prices.quote("SOL", is_wanted=True)
    assert quote is not None
    prices.checked("SOL", quote, CLOSES)

    (notice,) = remarks.notices()
    assert notice.text == "SOL: OKX reports 85 USD and Kraken 100; OKX's price is used."
    assert notice.severity == "note"


def test_a_price_without_history_and_without_another_exchange_is_used():
    assert checked(5_000.0, closes={})[0] == Quote(5_000.0, NOW, "OKX", "", is_alone=True)


def test_a_price_comes_from_the_next_exchange_with_the_reason_and_a_missing_one_says_who_did_not_answer():
    fault = ExchangeFault("OKX", "slow")
    prices, remarks = prices_of(StatedFeed(OKX, {"SOL": fault, "ADA": fault}), StatedFeed(KRAKEN, {"SOL": 100.0}))

    quote = prices.quote("SOL", is_wanted=True)
    assert quote is not None
    assert quote.source == "Kraken"
    assert prices.quote("ADA", is_wanted=True) is None
    assert prices.quote("DOT", is_wanted=False) is None
    said = {notice.code: notice.text for notice in remarks.notices()}
    assert said["taken_elsewhere"].startswith("SOL: price from Kraken (OKX did not answer in time")
    assert said["no_price"].startswith("ADA: no price. OKX did not answer in time")
    assert "Kraken does not list it" in said["no_price"]
    assert prices.faults == {"okx": fault}


def test_a_price_that_is_too_old_is_shown_and_refused():
    prices, _ = prices_of(StatedFeed(OKX, {"SOL": 100.0}, as_of=NOW - timedelta(hours=2)))

    quote = prices.quote("SOL", is_wanted=True)
    assert quote is not None
    assert (quote.price, quote.refusal) == (100.0, "too old to size a hedge with")


@pytest.mark.parametrize(
    ("kraken", "coinbase", "rate", "is_refused", "word"),
    [
        (0.999, None, 0.999, False, ""),
        (1.9, 1.001, 1.001, False, "The latter is used"),
        (0.9, 0.91, 0.9, False, "not worth a dollar"),
        (1.9, None, 1.0, True, "which no other exchange confirms"),
        (1.9, 0.5, 1.0, True, "which no other exchange confirms"),
        (None, None, 1.0, False, "is valued at $1"),
    ],
)
def test_a_stablecoin_is_held_against_one_dollar(kraken, coinbase, rate, is_refused, word):
    dollars = [
        StatedFeed(name, {} if price is None else {"USDT": price})
        for name, price in ((KRAKEN, kraken), ("coinbase", coinbase))
    ]
    prices, remarks = prices_of(StatedFeed(OKX, {"SOL": 100.0}, currency="USDT"), *dollars)

    quote = prices.quote("SOL", is_wanted=False)
    assert quote is not None
    assert quote.price == pytest.approx(100.0 * rate)
    assert prices.usd("USDT") == pytest.approx(rate)
    assert bool(quote.refusal) == is_refused
    texts = [notice.text for notice in remarks.notices() if notice.code == "dollar_assumed"]
    assert [word in text for text in texts] == ([True] if word else [])
