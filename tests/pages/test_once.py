"""What a process makes once: made by one of many threads, and not emptied by a browser."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.runtime.caching import cache_data, cache_resource

from pages.ui.app import shell, warm
from pages.ui.session import live_prices, memo, prices, worked_out
from pages.ui.session.once import Once


def test_twenty_threads_at_once_make_one_value():
    made = []

    @Once
    def value() -> object:
        time.sleep(0.05)
        made.append(object())
        return made[-1]

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: value(), range(20)))

    assert len(made) == 1
    assert set(map(id, found)) == {id(made[0])}


def test_an_error_is_raised_each_time_until_it_works():
    answers = iter([ValueError("no"), ValueError("still no"), None, None])

    @Once
    def value() -> int:
        error = next(answers)
        if error:
            raise error
        return 7

    for words in ("no", "still no"):
        with pytest.raises(ValueError, match=words):
            value()
    assert (value(), value()) == (7, 7)


SHARED = {
    "settings": live_prices.settings,
    "the loader of live prices, with its pauses and counts": live_prices.loader,
    "the sample market": prices.sample_market,
    "evidence on the sample": worked_out._sample_evidence,
    "results on the sample": memo._shared,
}


@pytest.mark.parametrize("name", SHARED)
def test_a_browser_that_clears_the_caches_changes_nothing_for_others(name):
    """As the runtime does it on the message `clear_cache` of any browser."""
    before = SHARED[name]()

    cache_data.clear()
    cache_resource.clear()

    assert SHARED[name]() is before


def test_what_is_made_once_is_not_in_a_cache_of_streamlit():
    for found in (
        *SHARED.values(),
        warm.import_pandas,
        warm.import_core,
        warm.import_pages,
        warm.freeze,
        shell._navigation_is_known,
    ):
        assert isinstance(found, Once)


def test_one_can_wait_while_another_thread_makes_the_value():
    has_begun, may_end = threading.Event(), threading.Event()

    @Once
    def value() -> int:
        has_begun.set()
        may_end.wait(10)
        return 1

    value.wait()  # nobody makes it, so there is nothing to wait for
    assert not value.is_made
    maker, waiter = threading.Thread(target=value), threading.Thread(target=value.wait)
    maker.start()
    has_begun.wait(10)
    waiter.start()
    waiter.join(0.05)
    assert waiter.is_alive()
    may_end.set()
    waiter.join(10)
    assert value.is_made
    assert not waiter.is_alive()
    maker.join()


def test_it_is_known_whether_a_value_has_been_made():
    value = Once(lambda: 1)
    assert not value.is_made
    value()
    assert value.is_made
    value.clear()
    assert not value.is_made
