"""Histories that are fetched again: because they lack days, are in doubt, or contradict what is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hedge_core.market.live import parse, series
from hedge_core.market.live.cache import AnswerCache, CachePolicy
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.series import accept_restated, ask_again, closes, forget_closes, ranges, running, today
from hedge_core.market.live.storage import SqliteStorage
from hedge_core.market.venues import EXCHANGES

OKX, SYMBOL = EXCHANGES["okx"], "LINK/USDT"
YOUNG = [today() - timedelta(days=ago) for ago in range(30, 0, -1)]


@pytest.fixture
def cache():
    made = AnswerCache(SqliteStorage(":memory:"), timeout=60.0)
    yield made
    made.close()


def test_a_young_listing_is_fetched_again_once_and_after_a_refresh_by_the_user(cache, monkeypatch):
    asked = []

    def ask(since):
        asked.append(since)
        return parse.Closes(dict.fromkeys(YOUNG, 15.0), {})

    def snapshot(mode="fresh", days=YOUNG[:1]):
        found = closes(cache, OKX, SYMBOL, 400, ask, mode)
        assert list(found.by_day) == YOUNG
        ask_again(cache, OKX, SYMBOL, days)
        return len(asked)

    assert [snapshot() for _ in range(5)] == [1, 2, 2, 2, 2]
    assert [snapshot(days=[YOUNG[0], YOUNG[7]]) for _ in range(3)] == [2, 3, 3]  # another gap
    assert [snapshot("forced", days=[YOUNG[0], YOUNG[7]]) for _ in range(2)][-1] == 3  # within seconds of the last
    monkeypatch.setattr("hedge_core.market.live.series.REFUSED_AGAIN", 0.0)
    assert snapshot("forced", days=[YOUNG[0], YOUNG[7]]) == 4
    assert snapshot(days=[YOUNG[0], YOUNG[7]]) == 4
    assert set(asked) == {today() - timedelta(days=400)}


OLD = dict.fromkeys(YOUNG, 15.0)


def told(*answers):
    """A function that gives these answers in turn, from the day asked for on; a fault is raised."""
    left = list(answers)

    def ask(since):
        answer = left.pop(0)
        if isinstance(answer, ExchangeFault):
            raise answer
        return parse.Closes({day: close for day, close in answer.items() if day >= since}, {})

    return ask


@pytest.fixture
def days_pass(monkeypatch):
    monkeypatch.setattr("hedge_core.market.live.series._since_midnight", lambda: 0.0)
    monkeypatch.setattr("hedge_core.market.live.series.REFUSED_AGAIN", 0.0)


@pytest.mark.parametrize("factor", [1_000.0, 1.3, 0.5])
def test_an_answer_that_contradicts_the_newest_stored_close_is_kept_in_whole_beside_what_is_stored(
    cache, days_pass, factor
):
    new = {day: close * factor for day, close in OLD.items()}
    ask = told(OLD, new, new, new, new)
    assert closes(cache, OKX, SYMBOL, 400, ask, "fresh").restated == {}

    found = closes(cache, OKX, SYMBOL, 400, ask, "fresh")
    assert (found.by_day, found.restated) == (OLD, new)
    assert found.fault.detail == f"the close of {YOUNG[-1]} has changed"

    accept_restated(cache, OKX, SYMBOL)
    cache_has = closes(cache, OKX, SYMBOL, 400, ask, "cached")
    assert (cache_has.by_day, cache_has.restated, cache_has.fault) == (new, {}, None)
    accept_restated(cache, OKX, SYMBOL)
    assert closes(cache, OKX, SYMBOL, 400, ask, "cached").by_day == new


def test_what_an_exchange_goes_on_stating_is_told_from_a_passing_fault(cache, days_pass, monkeypatch):
    tenfold, higher = ({day: close * factor for day, close in OLD.items()} for factor in (10.0, 1.3))
    ask = told(OLD, tenfold, tenfold, tenfold, tenfold, higher, higher, OLD, tenfold, tenfold)

    def is_long(seconds):
        monkeypatch.setattr(series, "LASTING", seconds)
        return closes(cache, OKX, SYMBOL, 400, ask, "forced").is_restated_long

    cache.policy = CachePolicy(forced_after=0.0)
    assert not is_long(0.0)  # nothing is restated
    assert [is_long(3_600.0), is_long(0.0)] == [False, True]
    since = cache.kept("okx", f"restated:{SYMBOL}").value["since"]
    is_long(3_600.0)  # another level
    assert cache.kept("okx", f"restated:{SYMBOL}").value["since"] > since
    assert not is_long(0.0)  # the exchange says again what is stored
    assert not is_long(3_600.0)


def test_a_history_in_doubt_is_fetched_in_whole_by_a_refresh_and_any_other_close_restates_it(cache, days_pass):
    new = OLD | {YOUNG[7]: 15.6}
    ask = told(OLD, new, new, OLD)
    closes(cache, OKX, SYMBOL, 400, ask, "fresh")
    assert (
        closes(cache, OKX, SYMBOL, 400, ask, "forced").restated == {}
    )  # not in doubt: only the newest day is asked for

    ask_again(cache, OKX, SYMBOL, [YOUNG[0]])
    found = closes(cache, OKX, SYMBOL, 400, ask, "forced")
    assert (found.by_day, found.restated, found.fault, found.doubted) == (OLD, new, None, {YOUNG[0]})
    assert closes(cache, OKX, SYMBOL, 400, ask, "forced").restated == {}  # the exchange says again what is stored


def test_a_history_in_doubt_stays_if_the_exchange_does_not_answer(cache, days_pass):
    ask = told(OLD, ExchangeFault("OKX", "slow"))
    closes(cache, OKX, SYMBOL, 400, ask, "fresh")
    ask_again(cache, OKX, SYMBOL, [YOUNG[0]])

    found = closes(cache, OKX, SYMBOL, 400, ask, "fresh")

    assert (found.by_day, found.fault.kind) == (OLD, "slow")


def test_the_ranges_of_days_are_kept_and_forgotten_with_their_closes(cache, days_pass):
    wide = {YOUNG[3]: (12.0, 16.0), YOUNG[-1]: (15.0, 19.5)}
    stated = [parse.Closes(OLD, {}, wide), parse.Closes({day: close * 2.0 for day, close in OLD.items()}, {})]

    def ask(since):
        answer = stated[0]
        return parse.Closes({day: close for day, close in answer.by_day.items() if day >= since}, {}, answer.ranges)

    closes(cache, OKX, SYMBOL, 400, ask, "fresh")
    assert ranges(cache, OKX, SYMBOL) == wide
    forget_closes(cache, OKX, SYMBOL, YOUNG[:5], "fresh")
    assert ranges(cache, OKX, SYMBOL) == {YOUNG[-1]: (15.0, 19.5)}

    closes(cache, OKX, SYMBOL, 400, ask, "fresh")
    assert ranges(cache, OKX, SYMBOL) == wide
    del stated[0]
    assert closes(cache, OKX, SYMBOL, 400, ask, "fresh").restated
    accept_restated(cache, OKX, SYMBOL)
    assert ranges(cache, OKX, SYMBOL) == {}


def test_the_price_in_the_running_candle_is_asked_for_once_a_minute_and_is_not_used_when_it_is_old(cache, monkeypatch):
    asked = []
    answers = [parse.Closes({}, {}, {}, 15.5), parse.Closes({}, {}, {}, None), ExchangeFault("OKX", "slow")]

    def ask(since):
        asked.append(since)
        answer = answers[len(asked) - 1]
        if isinstance(answer, ExchangeFault):
            raise answer
        return answer

    assert [running(cache, OKX, SYMBOL, ask, "fresh") for _ in range(3)] == [15.5] * 3
    assert asked == [today() - timedelta(days=1)]
    monkeypatch.setattr(series, "RUNNING_FRESH", 0.0)
    assert running(cache, OKX, SYMBOL, ask, "fresh") is None
    assert running(cache, OKX, SYMBOL, ask, "fresh") is None
    assert len(asked) == 3
