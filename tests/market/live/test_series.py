"""A history that is fetched again because it lacks days: once for the same days, however often a plan is made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hedge_core.market.live import parse
from hedge_core.market.live.cache import AnswerCache
from hedge_core.market.live.series import ask_again, closes, today
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
        ask_again(cache, OKX, SYMBOL, days, mode)
        return len(asked)

    assert [snapshot() for _ in range(5)] == [1, 2, 2, 2, 2]
    assert [snapshot(days=[YOUNG[0], YOUNG[7]]) for _ in range(3)] == [2, 3, 3]  # another gap
    assert [snapshot("forced", days=[YOUNG[0], YOUNG[7]]) for _ in range(2)][-1] == 3  # within seconds of the last
    monkeypatch.setattr("hedge_core.market.live.series.REFUSED_AGAIN", 0.0)
    assert snapshot("forced", days=[YOUNG[0], YOUNG[7]]) == 3
    assert snapshot(days=[YOUNG[0], YOUNG[7]]) == 4
