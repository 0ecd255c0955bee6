"""Turns of pages, with real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from pages.ui.session.turns import PATIENCE, Turns, long_work, pages


def started(*works: Callable[[], None]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads


@contextmanager
def had_by_another(turns: Turns) -> Iterator[None]:
    """In this block another thread has the turn."""
    has_it, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with turns.turn():
            has_it.set()
            assert may_end.wait(20.0)

    (thread,) = started(slow)
    assert has_it.wait(20.0)
    yield
    may_end.set()
    thread.join(20.0)


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

    with pytest.raises(KeyboardInterrupt), turns.turn():
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), turns.turn(), turns.aside():
        raise KeyboardInterrupt

    with turns.turn():
        assert not turns._free.acquire(blocking=False)
    assert turns._free.acquire(blocking=False)


def test_what_fails_aside_can_be_told_in_turn_and_a_visitor_who_has_gone_waits_for_none() -> None:
    turns = Turns(patience=20.0)

    with turns.turn():
        with pytest.raises(ValueError, match="aside"), turns.aside():
            raise ValueError("aside")
        assert not turns._free.acquire(blocking=False)
        with pytest.raises(KeyboardInterrupt), turns.aside():
            raise KeyboardInterrupt
        assert turns._free.acquire(blocking=False)
        turns._free.release()


def test_who_has_waited_long_enough_goes_out_of_turn_and_gives_none_back() -> None:
    turns = Turns(patience=0.05)

    with had_by_another(turns):
        began = time.monotonic()
        with turns.turn():
            waited = time.monotonic() - began
            with turns.aside():
                pass
    assert 0.05 <= waited < 5.0
    assert turns._free.acquire(blocking=False)


def test_a_page_waits_no_longer_in_all_however_often_it_stands_aside() -> None:
    turns = Turns(patience=0.2)

    with ExitStack() as until_the_end, turns.turn():
        with turns.aside():
            until_the_end.enter_context(had_by_another(turns))
            began = time.monotonic()
        for _ in range(500):
            with turns.aside():
                pass
        waited = time.monotonic() - began

    assert 0.2 <= waited < 20.0  # and not 501 times 0.2


def test_pages_are_drawn_while_one_of_them_works_for_long() -> None:
    works, drawn = threading.Event(), threading.Event()

    def long() -> None:
        with pages.turn(), long_work():
            works.set()
            assert drawn.wait(20.0)

    def short() -> None:
        assert works.wait(20.0)
        with pages.turn():
            drawn.set()

    began = time.monotonic()
    for thread in started(long, short):
        thread.join(20.0)
    assert time.monotonic() - began < PATIENCE


def test_one_long_work_is_done_at_a_time() -> None:
    lock = threading.Lock()
    inside, most = 0, 0

    def long() -> None:
        nonlocal inside, most
        with pages.turn(), long_work():
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.05)
            with lock:
                inside -= 1

    for thread in started(*[long] * 5):
        thread.join(20.0)
    assert most == 1


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
