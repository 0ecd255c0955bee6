"""Turns of pages, with real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from pages.ui.turns import Turns


def started(*works: Callable[[], None]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads


@pytest.mark.parametrize("at_once", [1, 2])
def test_no_more_than_so_many_are_in_their_turn_and_all_get_one(at_once: int) -> None:
    turns, lock = Turns(at_once, patience=20.0), threading.Lock()
    inside, most, done = 0, 0, 0

    def page() -> None:
        nonlocal inside, most, done
        with turns.turn():
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.005)
            with lock:
                inside -= 1
                done += 1

    for thread in started(*[page] * 20):
        thread.join(20.0)

    assert (most, done) == (at_once, 20)


def test_a_page_that_waits_for_something_lets_others_go_first() -> None:
    turns = Turns(patience=20.0)
    waits, answered = threading.Event(), threading.Event()
    order: list[str] = []

    def asks() -> None:
        with turns.turn():
            with turns.aside():
                waits.set()
                assert answered.wait(20.0)
            order.append("who asked")

    def another() -> None:
        assert waits.wait(20.0)
        with turns.turn():
            answered.set()
            time.sleep(0.05)  # the first has its answer now, and not its turn
            order.append("another")

    for thread in started(asks, another):
        thread.join(20.0)

    assert order == ["another", "who asked"]


def test_a_turn_ends_with_its_block_however_it_ends() -> None:
    turns = Turns(patience=0.0)

    with pytest.raises(ValueError, match="page"), turns.turn():
        raise ValueError("page")
    with pytest.raises(ValueError, match="aside"), turns.turn(), turns.aside():
        raise ValueError("aside")

    with turns.turn():
        assert not turns._free.acquire(blocking=False)
    assert turns._free.acquire(blocking=False)


def test_who_has_waited_long_enough_goes_out_of_turn_and_gives_none_back() -> None:
    turns, has_it, may_end = Turns(patience=0.05), threading.Event(), threading.Event()

    def slow() -> None:
        with turns.turn():
            has_it.set()
            assert may_end.wait(20.0)

    (thread,) = started(slow)
    assert has_it.wait(20.0)

    began = time.monotonic()
    with turns.turn():
        waited = time.monotonic() - began
        with turns.aside():
            pass
    assert 0.05 <= waited < 5.0

    may_end.set()
    thread.join(20.0)
    assert turns._free.acquire(blocking=False)


def test_a_turn_within_a_turn_is_a_part_of_it() -> None:
    turns = Turns(patience=20.0)

    with turns.turn() as outer:
        began = time.monotonic()
        with turns.turn() as inner:
            assert (outer, inner) == (True, False)
        assert time.monotonic() - began < 5.0
        assert not turns._free.acquire(blocking=False)
    assert turns._free.acquire(blocking=False)


def test_aside_is_nothing_without_a_turn() -> None:
    turns = Turns(patience=0.0)

    with turns.aside():
        assert turns._free.acquire(blocking=False)
