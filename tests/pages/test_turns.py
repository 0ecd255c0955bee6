"""Turns of pages, with real threads."""

from __future__ import annotations

import heapq
import itertools
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from pages.ui.session.turns import (
    HALF_LIFE,
    LIGHT,
    OUT_OF_TURN,
    PATIENCE,
    Turns,
    Used,
    _Ticket,
    all_pages,
    in_turn,
    long_work,
    pages,
    this_visitor,
    used,
)


def started(*works: Callable[[], None]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads


def waits(turns: Turns, how_many: int) -> None:
    deadline = time.monotonic() + 20.0
    while turns.waiting("a") != how_many:
        assert time.monotonic() < deadline, f"{turns.waiting('a')} wait, and not {how_many}"
        time.sleep(0.001)


def drawn_in_turn(turns: Turns, count: int) -> list[int]:
    """The order in which pages are drawn that ask one after the other while another thread has the turn."""
    drawn: list[int] = []

    def page(number: int) -> None:
        with turns.turn():
            drawn.append(number)

    with had_by_another(turns):
        threads = []
        for number in range(count):
            threads += started(lambda number=number: page(number))
            waits(turns, number + 1)
    for thread in threads:
        thread.join(20.0)
    return drawn


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
        assert turns.free == 0
    assert turns.free == 1


def test_what_fails_aside_can_be_told_in_turn_and_a_visitor_who_has_gone_waits_for_none() -> None:
    turns = Turns(patience=20.0)

    with turns.turn():
        with pytest.raises(ValueError, match="aside"), turns.aside():
            raise ValueError("aside")
        assert turns.free == 0
        with pytest.raises(KeyboardInterrupt), turns.aside():
            raise KeyboardInterrupt
        assert turns.free == 1


def test_who_has_waited_long_enough_goes_out_of_turn_and_gives_none_back() -> None:
    turns = Turns(patience=0.05)

    with had_by_another(turns):
        began = time.monotonic()
        with turns.turn():
            waited = time.monotonic() - began
            with turns.aside():
                pass
    assert 0.05 <= waited < 5.0
    assert turns.free == 1


def test_a_page_waits_no_longer_in_all_however_often_it_stands_aside() -> None:
    turns = Turns(patience=0.2)

    with ExitStack() as until_the_end, turns.turn():
        began = time.monotonic()
        with turns.aside():
            until_the_end.enter_context(had_by_another(turns))
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
        assert turns.free == 0
    assert turns.free == 1


def test_aside_is_nothing_without_a_turn() -> None:
    turns = Turns(patience=0.0)

    with turns.aside():
        assert turns.free == 1


# ------------------------------------------------------------------------------------------------ who comes next


def test_half_of_what_a_visitor_has_used_is_forgotten_after_a_half_life() -> None:
    now = [0.0]
    used = Used(lambda: now[0])
    used.add("a", 4.0)
    now[0] = HALF_LIFE
    assert used.of("a") == pytest.approx(2.0)
    used.add("a", 1.0)
    now[0] = 3 * HALF_LIFE
    assert used.of("a") == pytest.approx(0.75)
    assert used.of("b") == 0.0


def test_what_a_visitor_has_used_since_a_moment_is_all_of_it_however_much_he_had_used_before() -> None:
    """Of 40 seconds half is left after a half-life, and of nothing nothing: 21 are 1 more."""
    now = [0.0]
    used = Used(lambda: now[0])
    used.add("a", 40.0)
    now[0] = HALF_LIFE
    assert used.since("a", 40.0, 0.0) == pytest.approx(0.0)
    used.add("a", 1.0)
    assert used.of("a") == pytest.approx(21.0)
    assert used.since("a", 40.0, 0.0) == pytest.approx(1.0)
    assert used.since("dropped", 40.0, 0.0) == 0.0


def test_of_many_visitors_those_who_have_used_none_for_longest_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.ui.session.turns.MOST_VISITORS", 3)
    used = Used(lambda: 0.0)
    for visitor, seconds in (("a", 3.0), ("b", 1.0), ("c", 2.0), ("a", 0.25), ("d", 0.5)):
        used.add(visitor, seconds)

    assert [used.of(visitor) for visitor in "abcd"] == [3.25, 0.0, 2.0, 0.5]


@pytest.mark.parametrize(
    ("seconds", "quarter"),
    [([], 0.0), ([4.0], 4.0), ([0.01, 4.0, 1.0], 1.0), ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 2.0)],
    ids=["nobody", "one", "one who is as good as gone", "the second of eight"],
)
def test_the_lower_quarter_of_those_who_have_used_something(seconds: list[float], quarter: float) -> None:
    used = Used(lambda: 0.0)
    for number, each in enumerate(seconds):
        used.add(str(number), each)

    assert used.lower_quarter() == quarter


def test_how_long_a_visitor_has_used_nothing() -> None:
    now = [0.0]
    used = Used(lambda: now[0])
    used.add("a", 1.0)
    now[0] = 7.0

    assert used.idle("a") == 7.0
    assert used.idle("b") == float("inf")


def test_a_page_is_present_while_it_waits_and_while_it_is_drawn() -> None:
    turns = Turns(patience=20.0, visitor=lambda: "a")
    asked, may_end = threading.Event(), threading.Event()

    def page() -> None:
        with turns.turn():
            asked.set()
            assert may_end.wait(20.0)

    assert turns.present("a") == 0
    threads = started(page)
    assert asked.wait(20.0)
    assert (turns.present("a"), turns.present("b")) == (1, 0)
    threads += started(page)
    waits(turns, 1)
    assert turns.present("a") == 2
    may_end.set()
    for thread in threads:
        thread.join(20.0)
    assert turns.present("a") == 0


def test_a_page_that_stands_aside_for_long_work_is_still_present() -> None:
    seen: list[int] = []

    def page() -> None:
        with pages.turn(), long_work():
            seen.extend((pages.present(""), all_pages.present("")))

    for thread in started(page):
        thread.join(20.0)

    assert seen == [0, 1]


def one_after_the_other(turns: Turns, name: threading.local, visitors: str, order: list[str]) -> list[threading.Thread]:
    """Threads of these visitors that wait for a turn, each asking after the one before."""

    def page(visitor: str) -> None:
        name.visitor = visitor
        with turns.turn():
            order.append(visitor)

    threads = []
    for visitor in visitors:
        waiting = len(turns._waiting)
        threads += started(lambda visitor=visitor: page(visitor))
        while len(turns._waiting) == waiting:
            time.sleep(0.001)
    return threads


@pytest.mark.parametrize(
    ("used", "asked", "served"),
    [
        ({"flood": 9.0}, "fffffab", "abfffff"),
        ({"flood": 9.0, "a": 1.0}, "ffab", "baff"),
        ({}, "abab", "abab"),
    ],
    ids=["who floods waits for himself", "the lightest first", "equals in the order in which they came"],
)
def test_the_next_turn_is_that_of_the_visitor_who_has_used_least(used, asked, served) -> None:
    known = Used(lambda: 0.0)
    for visitor, seconds in used.items():
        known.add(visitor[0], seconds)
    known.add = lambda *_: None  # type: ignore[method-assign]  # what the turns of this test use is not counted
    name = threading.local()
    turns = Turns(patience=60.0, visitor=lambda: getattr(name, "visitor", ""), used=known)
    order: list[str] = []

    with had_by_another(turns):
        threads = one_after_the_other(turns, name, asked, order)
    for thread in threads:
        thread.join(20.0)

    assert "".join(order) == served


class Overload:
    """Turns on a clock of its own: the pages of `asked` (when, who) are drawn one by one, 0.1 seconds each.

    Whoever is in `again` asks again so many seconds after each of his pages. `waits` is how long each page waited.
    """

    PAGE = 0.1

    def __init__(self, asked: list[tuple[float, str]], again: dict[str, float], used: dict[str, float]) -> None:
        self.now = 0.0
        self._asked, self._again = sorted(asked), again
        self._used = Used(lambda: self.now)
        for visitor, seconds in used.items():
            self._used.add(visitor, seconds)
        self._turns = Turns(used=self._used, clock=lambda: self.now)
        self.waits: dict[str, list[float]] = defaultdict(list)

    def run(self, seconds: float) -> None:
        while self.now < seconds:
            while self._asked and self._asked[0][0] <= self.now:
                when, visitor = heapq.heappop(self._asked)
                self._turns._waiting.append(_Ticket(visitor, "", when))
            if not self._turns._waiting:
                self.now = self._asked[0][0]
                continue
            ticket = self._turns._serve(self._turns._waiting)
            self.waits[ticket.visitor].append(self.now - ticket.asked_at)
            self.now += self.PAGE
            self._used.add(ticket.visitor, self.PAGE)
            if ticket.visitor in self._again:
                heapq.heappush(self._asked, (self.now + self._again[ticket.visitor], ticket.visitor))


def test_nobody_waits_for_ever_while_more_newcomers_arrive_than_can_be_served() -> None:
    """Twelve newcomers per second, ten pages per second: who has used 1 second goes before those who come 10 s later.

    He is forgiven 0.1 seconds for each that he waits, and half of the second in 30: by hand after some 9 seconds.
    """
    newcomers = [(n / 12.0, f"newcomer {n}") for n in range(1500)]
    crowd = Overload([*newcomers, (0.0, "in mid-visit")], {"in mid-visit": 3.0}, {"in mid-visit": 1.0})

    crowd.run(120.0)

    assert crowd.waits["in mid-visit"][0] == pytest.approx(9.0, abs=1.0)
    assert len(crowd.waits["in mid-visit"]) >= 5
    longest = {name: max(waits) for name, waits in crowd.waits.items()}
    assert longest.pop("in mid-visit") < 1.2 * max(longest.values())


@pytest.mark.parametrize("readers", [12, 60], ids=["most of the time somebody reads", "twice as many as can be served"])
def test_a_flood_gains_little_by_waiting(readers: int) -> None:
    """With eight pages that wait at any time, and 9 seconds used; a reader asks 3 seconds after each answer.

    Where more is asked for than can be drawn, the eight have their turn at last, and hold others up for eight pages.
    """
    names = [f"reader {n}" for n in range(readers)]
    asked = [(3.1 * n / readers, name) for n, name in enumerate(names)]
    alone, beside = (
        Overload([*asked, *flood], {**dict.fromkeys(names, 3.0), "flood": 0.0}, {"flood": 9.0})
        for flood in ([], [(0.0, "flood")] * 8)
    )

    alone.run(120.0)
    beside.run(120.0)

    waited, waited_beside = ([wait for name in names for wait in one.waits[name]] for one in (alone, beside))
    assert len(waited_beside) > 0.95 * len(waited)
    assert max(waited_beside) < max(waited) + 8.5 * Overload.PAGE
    assert statistics.median(waited_beside) < statistics.median(waited) + 1.5 * Overload.PAGE
    if readers == 60:
        assert beside.waits["flood"][0] > 20.0
        assert len(beside.waits["flood"]) < 3 * len(waited_beside) / readers


def test_pages_of_one_visitor_come_in_the_order_in_which_they_asked_however_the_clock_runs() -> None:
    ticks = itertools.count()
    known = Used(lambda: float(next(ticks)))
    known.add("a", 5.0)
    turns = Turns(patience=60.0, visitor=lambda: "a", used=known)

    assert drawn_in_turn(turns, 4) == [0, 1, 2, 3]


def test_a_turn_is_charged_to_its_visitor_by_the_processor_and_not_by_the_clock() -> None:
    used = Used()
    turns = Turns(visitor=lambda: "a", used=used)

    with turns.turn():
        time.sleep(0.3)
    assert used.of("a") < 0.15
    with turns.turn():
        until = time.thread_time() + 0.2
        while time.thread_time() < until:
            pass
    assert used.of("a") > 0.15


def test_a_file_made_for_a_download_waits_for_a_turn_and_is_charged_to_who_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is made in a thread outside of any session, which has no visitor of its own."""
    monkeypatch.setattr("pages.ui.session.turns.this_visitor", lambda: "reader")
    seen: list[tuple[int, int]] = []

    def make() -> str:
        until = time.thread_time() + 0.1
        while time.thread_time() < until:
            pass
        seen.append((pages.free, pages.present("reader")))
        return "file"

    download = in_turn(make)
    monkeypatch.undo()
    before, made = used.of("reader"), []
    (thread,) = started(lambda: made.append(download()))
    thread.join(20.0)

    assert made == ["file"]
    assert seen == [(0, 1)]
    assert used.of("reader") - before > 0.05
    assert this_visitor() == ""


def test_the_impatient_are_no_more_than_so_many_at_once() -> None:
    turns, may_end, lock = Turns(patience=0.0), threading.Event(), threading.Lock()
    inside = 0

    def page() -> None:
        nonlocal inside
        with turns.turn():
            with lock:
                inside += 1
            assert may_end.wait(20.0)

    threads = started(*[page] * 10)
    deadline = time.monotonic() + 20.0
    while len(turns._waiting) < 10 - 1 - OUT_OF_TURN and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.05)
    assert inside == 1 + OUT_OF_TURN
    may_end.set()
    for thread in threads:
        thread.join(20.0)
    assert (inside, turns.free) == (10, 1)


def test_who_has_used_much_waits_for_a_turn_however_long_it_takes() -> None:
    used = Used(lambda: 0.0)
    used.add("heavy", 2 * LIGHT)
    name = threading.local()
    turns = Turns(patience=0.01, visitor=lambda: getattr(name, "visitor", ""), used=used)
    served: list[str] = []

    def page(visitor: str) -> None:
        name.visitor = visitor
        with turns.turn():
            served.append(visitor)

    with had_by_another(turns):
        heavy, light = started(lambda: page("heavy"), lambda: page("light"))
        light.join(20.0)
        heavy.join(0.2)
        assert served == ["light"]
    heavy.join(20.0)
    assert served == ["light", "heavy"]


# ------------------------------------------------------------------------------------------------ who has left


class Left(BaseException):
    """What ends a page that its tab has left, as Streamlit's own exceptions do."""


def leaving(is_left: Callable[[], bool]) -> Turns:
    """Turns of pages that are all in one tab and end where they are asked and `is_left`."""

    def leave() -> None:
        if is_left():
            raise Left

    return Turns(patience=60.0, visitor=lambda: "a", tab=lambda: "one tab", leave=leave)


def test_pages_whose_tab_has_asked_for_another_end_without_a_turn() -> None:
    name = threading.local()
    turns = leaving(lambda: not name.is_last)
    drawn, left = [], []

    def page(number: int) -> None:
        name.is_last = number == 4
        try:
            with turns.turn():
                drawn.append(number)
        except Left:
            left.append(number)

    with had_by_another(turns):
        threads = []
        for number in range(5):
            threads += started(lambda number=number: page(number))
            waits(turns, 1)
            while len(left) < number:
                time.sleep(0.001)
        assert (drawn, sorted(left)) == ([], [0, 1, 2, 3])
    for thread in threads:
        thread.join(20.0)

    assert drawn == [4]
    assert (turns.free, turns.waiting("a")) == (1, 0)


def test_pages_that_need_not_end_keep_their_places() -> None:
    turns = leaving(lambda: False)

    assert drawn_in_turn(turns, 3) == [0, 1, 2]


def test_a_page_that_leaves_while_it_is_given_its_turn_gives_it_back() -> None:
    asked, may_leave, ended = threading.Event(), threading.Event(), threading.Event()

    def is_left() -> bool:
        asked.set()
        assert may_leave.wait(20.0)
        return True

    turns = leaving(is_left)

    def page() -> None:
        with pytest.raises(Left), turns.turn():
            pass
        ended.set()

    with had_by_another(turns):
        started(page)
        waits(turns, 1)
        turns._waiting[0].is_called.set()
        assert asked.wait(20.0)
    may_leave.set()
    assert ended.wait(20.0)

    assert (turns.free, turns.waiting("a")) == (1, 0)


def test_a_thread_whose_page_has_left_can_wait_again() -> None:
    """Streamlit draws a page again in the same thread where a fragment asks for it."""
    is_left = True
    turns = leaving(lambda: is_left)
    ends: list[str] = []

    def page() -> None:
        nonlocal is_left
        with pytest.raises(Left), turns.turn():
            pass
        is_left = False
        with turns.turn() as is_outermost:
            ends.append(f"outermost: {is_outermost}")

    with had_by_another(turns):
        (thread,) = started(page)
        waits(turns, 1)
        turns._waiting[0].is_called.set()
        while is_left:
            time.sleep(0.001)
    thread.join(20.0)

    assert ends == ["outermost: True"]
