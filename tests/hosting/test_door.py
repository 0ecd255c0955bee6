"""Whose messages wait at the door of a replica, in simulated time: no page is drawn and nobody waits here."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable

import pytest

from hosting.door import APPEARS_WITHIN, FLOOD_SECONDS, FORGIVEN_AFTER, LOOK_AGAIN, REST, Demand, Door
from pages.ui.session.turns import Used
from tests.support import coroutines

STEP = 0.01
PAGE = 0.06
"""Seconds of the processor that a page takes in these tests."""


class Replica:
    """A door, and pages that are drawn one after the other behind it, in simulated time.

    A page asks for its turn `appears_after` seconds after its message has passed.
    """

    def __init__(self, appears_after: float = 0.0) -> None:
        self._time = coroutines.SimulatedTime()
        self.used = Used(self._time.time)
        self.door = Door(self, self.used, clock=self._time.time)
        self.demands: dict[str, Demand] = defaultdict(self.door.new_demand)
        self.locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.inside: Counter[str] = Counter()
        self.drawn: Counter[str] = Counter()
        self.longest: defaultdict[str, float] = defaultdict(float)
        self._appears_after = appears_after
        self._turn = asyncio.Lock()

    @property
    def now(self) -> float:
        return self._time.now

    def waiting(self, visitor: str) -> int:
        return max(self.inside[visitor] - 1, 0)

    def present(self, visitor: str) -> int:
        return self.inside[visitor]

    async def ask(self, visitor: str, page: float = PAGE) -> None:
        """One message of this visitor, until its page is drawn."""
        asked = self.now
        async with self.locks[visitor]:
            await self.door.pass_through(visitor, self.demands[visitor])
        self.longest[visitor] = max(self.longest[visitor], self.now - asked)
        if self._appears_after:
            await asyncio.sleep(self._appears_after)
        self.inside[visitor] += 1
        async with self._turn:
            await asyncio.sleep(page)
            self.used.add(visitor, page)
            self.drawn[visitor] += 1
            self.inside[visitor] -= 1

    async def again_and_again(
        self, visitor: str, pause: float = 0.0, page: float = PAGE, until: float = math.inf
    ) -> None:
        while self.now < until:
            await self.ask(visitor, page)
            await asyncio.sleep(pause + STEP)

    def run(self, seconds: float, *works: Callable[[], Awaitable[None]]) -> None:
        """Let them work for so long."""

        async def all_together() -> None:
            tasks = [asyncio.ensure_future(work()) for work in works]
            await asyncio.sleep(seconds)
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(one is None or isinstance(one, asyncio.CancelledError) for one in ended)

        coroutines.run(all_together(), lambda: self._time)

    async def until(self, moment: float) -> None:
        await asyncio.sleep(moment - self.now)


@pytest.fixture
def replica() -> Replica:
    return Replica()


def readers(replica: Replica, until: float = math.inf, since: float = 0.0) -> list[Callable[[], Awaitable[None]]]:
    """Five visitors who look at each answer for some seconds."""

    async def reader(n: int) -> None:
        await replica.until(since)
        await replica.again_and_again(f"reader {n}", 2.0 + 0.3 * n, until=until)

    return [lambda n=n: reader(n) for n in range(5)]


def counted_at(replica: Replica, moment: float, found: Counter[str]) -> Callable[[], Awaitable[None]]:
    """What has been drawn until then, put into `found`."""

    async def count() -> None:
        await replica.until(moment)
        found.update(replica.drawn)

    return count


@pytest.mark.parametrize(("addresses", "tabs"), [(1, 1), (1, 8), (6, 5)], ids=["a tab", "eight tabs", "six addresses"])
def test_those_who_flood_share_a_small_part_of_the_processor_while_others_are_there(replica, addresses, tabs) -> None:
    names = [f"flood {n}" for n in range(addresses)]
    floods = [lambda name=name: replica.again_and_again(name) for name in names for _ in range(tabs)]

    before: Counter[str] = Counter()

    replica.run(65.0, *readers(replica), *floods, counted_at(replica, 25.0, before))

    share = sum(replica.drawn[name] - before[name] for name in names) * PAGE / 40.0
    assert 0.3 / (1 + REST) < share <= 1.1 / (1 + REST)
    assert all(replica.drawn[name] for name in names)
    assert max(replica.longest[f"reader {n}"] for n in range(5)) == 0.0


@pytest.mark.parametrize(
    ("pause", "page"), [(1.0, 0.4), (1.5, 0.05), (4.0, 1.5)], ids=["a page a second", "quick", "a simulation each time"]
)
def test_who_pauses_between_two_pages_is_never_held_however_much_he_asks_for(replica, pause, page) -> None:
    replica.run(90.0, *readers(replica), lambda: replica.again_and_again("keen", pause, page))

    assert replica.demands["keen"].is_flood is False
    assert replica.longest["keen"] == 0.0


@pytest.mark.parametrize("seconds", [2.0, 5.0, FLOOD_SECONDS - 1.0])
def test_a_slider_that_is_dragged_is_never_held(replica, seconds) -> None:
    async def drags() -> None:
        while True:
            until = replica.now + seconds
            while replica.now < until:
                await replica.ask("slider")
                await asyncio.sleep(0.1)
            await asyncio.sleep(1.5)

    replica.run(60.0, *readers(replica), drags)

    assert replica.longest["slider"] == 0.0


@pytest.mark.parametrize("people", [5, 20, 40])
def test_an_office_behind_one_address_works_as_if_its_people_were_apart(replica, people) -> None:
    async def person(n: int) -> None:
        await asyncio.sleep(0.7 * n)
        await replica.again_and_again("office", 10.0 + 0.37 * n % 5)

    office = [lambda n=n: person(n) for n in range(people)]

    replica.run(90.0, *readers(replica), *office)

    assert replica.demands["office"].is_flood is False
    assert replica.longest["office"] == 0.0


def test_an_office_that_never_pauses_is_slowed_down_and_all_of_it_is_answered(replica) -> None:
    async def person(n: int) -> None:
        await asyncio.sleep(0.1 * n)
        for _ in range(5):
            await replica.ask("office")
            await asyncio.sleep(3.7 + 0.013 * n)

    replica.run(120.0, *readers(replica), *(lambda n=n: person(n) for n in range(40)))

    assert replica.drawn["office"] == 200
    assert 0.0 < replica.longest["office"] < 30.0


def test_of_those_who_flood_each_address_gets_the_same_however_many_tabs_it_has(replica) -> None:
    floods = [lambda: replica.again_and_again("one tab"), *[lambda: replica.again_and_again("ten tabs")] * 10]

    before: Counter[str] = Counter()

    replica.run(80.0, *readers(replica), *floods, counted_at(replica, 20.0, before))

    got = replica.drawn - before
    assert got["one tab"] == pytest.approx(got["ten tabs"], abs=2)
    assert got["one tab"] > 20


def test_who_floods_need_not_rest_where_nobody_else_is_any_more(replica) -> None:
    before: Counter[str] = Counter()
    flood = [lambda: replica.again_and_again("flood", page=0.3)]

    replica.run(60.0, *readers(replica, until=30.0), *flood, counted_at(replica, 40.0, before))

    assert replica.demands["flood"].is_flood
    assert before["flood"] * 0.3 < 0.6 * 40.0
    assert (replica.drawn["flood"] - before["flood"]) * 0.3 > 0.7 * 20.0


def test_what_a_flood_has_used_while_it_was_alone_shortens_no_rest_once_readers_come(replica: Replica) -> None:
    """After a minute alone some 30 seconds are left of what it has used, of which 2% is forgotten each second."""
    before: Counter[str] = Counter()
    flood = [lambda: replica.again_and_again("flood")]

    replica.run(90.0, *readers(replica, since=60.0), *flood, counted_at(replica, 60.0, before))

    share = (replica.drawn["flood"] - before["flood"]) * PAGE / 30.0
    assert before["flood"] * PAGE > 0.8 * 60.0
    assert 0.3 / (1 + REST) < share <= 1.1 / (1 + REST)


@pytest.mark.parametrize("appears_after", [0.2, 0.8])
def test_a_page_that_asks_late_for_its_turn_is_followed_by_its_rest(appears_after: float) -> None:
    replica, before = Replica(appears_after), Counter[str]()
    floods = [lambda: replica.again_and_again("flood")] * 8

    replica.run(65.0, *readers(replica), *floods, counted_at(replica, 25.0, before))

    share = (replica.drawn["flood"] - before["flood"]) * PAGE / 40.0
    assert 0.25 * PAGE / (APPEARS_WITHIN + PAGE) < share <= 1.1 / (1 + REST)


def test_a_message_that_draws_no_page_holds_up_a_flood_for_a_moment_only(replica: Replica) -> None:
    passed: Counter[str] = Counter()

    async def sends() -> None:
        while True:
            await replica.ask("flood") if replica.now < 15.0 else await drawing_none()

    async def drawing_none() -> None:
        await replica.door.pass_through("flood", replica.demands["flood"])
        passed["flood"] += 1

    replica.run(45.0, *readers(replica), sends)

    assert passed["flood"] == pytest.approx(30.0 / (APPEARS_WITHIN + LOOK_AGAIN), rel=0.1)


def test_who_is_alone_floods_nothing(replica) -> None:
    replica.run(30.0, lambda: replica.again_and_again("alone"))

    assert replica.demands["alone"].is_flood is False


@pytest.mark.parametrize(("pause", "is_held"), [(FORGIVEN_AFTER + 0.1, False), (FORGIVEN_AFTER - 1.0, True)])
def test_a_flood_is_forgotten_after_a_pause(replica, pause, is_held) -> None:
    async def comes_back() -> None:
        await replica.again_and_again("flood", until=20.0)
        await asyncio.sleep(pause)
        replica.longest.clear()
        await replica.again_and_again("flood", until=replica.now + 3.0)
        await asyncio.sleep(60.0)

    replica.run(20.0 + pause + 5.0, *readers(replica), comes_back)

    assert (replica.longest["flood"] > 0.0) is is_held
