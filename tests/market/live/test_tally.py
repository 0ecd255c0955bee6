"""Counts for whoever runs a server: fetched by outcome, kept, and how long ago an exchange last answered well."""

from __future__ import annotations

import time

import pytest

from hedge_core.market.live.cache import AnswerCache, CachePolicy
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.live.storage import SqliteStorage


def refuse() -> object:
    raise ExchangeFault("OKX", "throttled")


def test_fetches_are_counted_by_outcome_and_answers_of_the_cache_apart():
    cache = AnswerCache(SqliteStorage(":memory:"), timeout=5.0, policy=CachePolicy(throttled_pause=60.0))

    for _ in range(3):
        cache.get("okx", "quotes", lambda: 1, fresh_for=60.0)
    cache.get("okx", "quotes", lambda: 1, fresh_for=60.0, mode="cached")
    for _ in range(2):  # the second time the exchange is left alone, so nothing is asked
        with pytest.raises(ExchangeFault):
            cache.get("okx", "tiers", refuse, fresh_for=60.0)

    counts = cache.tally.read()
    assert counts.fetched == {("okx", "ok"): 1, ("okx", "throttled"): 1}
    assert counts.kept == {"okx": 3}
    cache.close()


def test_an_age_is_counted_from_the_last_good_answer():
    cache = AnswerCache(SqliteStorage(":memory:"), timeout=5.0)
    before = time.monotonic()
    cache.get("okx", "quotes", lambda: 1, fresh_for=60.0)
    time.sleep(0.05)
    with pytest.raises(ExchangeFault):
        cache.get("kraken", "quotes", refuse, fresh_for=60.0)

    ages = cache.tally.read().ages
    assert list(ages) == ["okx"]
    assert 0.05 <= ages["okx"] <= time.monotonic() - before
    cache.close()


@pytest.mark.parametrize(("url", "answers"), [("memory", True), ("redis://127.0.0.1:1/0", False)])
def test_whether_the_cache_answers_is_asked_and_never_raised(url: str, answers: bool):
    markets = LiveMarkets(LiveSettings(cache_url=url))
    assert markets.cache_answers() is answers
    markets.close()
