"""Whose messages wait at the door of a replica, on a clock of its own: no page is drawn and no time passes here."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable

import pytest

from hosting import door
from hosting.door import FLOOD_SECONDS, FORGIVEN_AFTER, REST, Demand, Door
from pages.ui.session.turns import Used
from tests.support import coroutines

STEP = 0.01
PAGE = 0.06
"""Seconds of the processor that a page takes in these tests."""


class Replica:
    """A door, and pages that are drawn one after the other behind it; `now` moves when everybody has had his say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(door.asyncio, "sleep", self.sleep)
        self.used = Used(lambda: self.now)
        self.door = Door(self, self.used, clock=lambda: self.now)
        self.demands: dict[str, Demand] = defaultdict(lambda: Demand(self.now))
        self.locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.inside: Counter[str] = Counter()
        self.drawn: Counter[str] = Counter()
        self.longest: defaultdict[str, float] = defaultdict(float)
        self._real_sleep = asyncio.tasks.sleep
        self._turn = asyncio.Lock()

    def waiting(self, visitor: str) -> int:
        return max(self.inside[visitor] - 1, 0)

    def present(self, visitor: str) -> int:
        return self.inside[visitor]

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until - STEP / 2:
            await self._real_sleep(0)

    async def ask(self, visitor: str, page: float = PAGE) -> None:
        """One message of this visitor, until its page is drawn."""
        asked = self.now
        async with self.locks[visitor]:
            await self.door.pass_through(visitor, self.demands[visitor])
        self.longest[visitor] = max(self.longest[visitor], self.now - asked)
        self.inside[visitor] += 1
        async with self._turn:
            await self.sleep(page)
            self.used.add(visitor, page)
            self.drawn[visitor] += 1
            self.inside[visitor] -= 1

    async def again_and_again(
        self, visitor: str, pause: float = 0.0, page: float = PAGE, until: float = math.inf
    ) -> None:
        while self.now < until:
            await self.ask(visitor, page)
            await self.sleep(pause + STEP)

    def run(self, seconds: float, *works: Callable[[], Awaitable[None]]) -> None:
        """Let them work for so long."""

        async def all_together() -> None:
            tasks = [asyncio.ensure_future(work()) for work in works]
            while self.now < seconds:
                for _ in range(6):
                    await self._real_sleep(0)
                self.now += STEP
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        coroutines.run(all_together())

    async def until(self, moment: float) -> None:
        await self.sleep(moment - self.now)


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch) -> Replica:
    return Replica(monkeypatch)


def readers(replica: Replica, until: float = math.inf) -> list[Callable[[], Awaitable[None]]]:
    """Five visitors who look at each answer for some seconds."""
    return [lambda n=n: replica.again_and_again(f"reader {n}", 2.0 + 0.3 * n, until=until) for n in range(5)]


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
                await replica.sleep(0.1)
            await replica.sleep(1.5)

    replica.run(60.0, *readers(replica), drags)

    assert replica.longest["slider"] == 0.0


@pytest.mark.parametrize("people", [5, 20, 40])
def test_an_office_behind_one_address_works_as_if_its_people_were_apart(replica, people) -> None:
    async def person(n: int) -> None:
        await replica.sleep(0.7 * n)
        await replica.again_and_again("office", 10.0 + 0.37 * n % 5)

    office = [lambda n=n: person(n) for n in range(people)]

    replica.run(90.0, *readers(replica), *office)

    assert replica.demands["office"].is_flood is False
    assert replica.longest["office"] == 0.0


def test_an_office_that_never_pauses_is_slowed_down_and_all_of_it_is_answered(replica) -> None:
    async def person(n: int) -> None:
        await replica.sleep(0.1 * n)
        for _ in range(5):
            await replica.ask("office")
            await replica.sleep(3.7 + 0.013 * n)

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


def test_who_is_alone_floods_nothing(replica) -> None:
    replica.run(30.0, lambda: replica.again_and_again("alone"))

    assert replica.demands["alone"].is_flood is False


@pytest.mark.parametrize(("pause", "is_held"), [(FORGIVEN_AFTER + 0.1, False), (FORGIVEN_AFTER - 1.0, True)])
def test_a_flood_is_forgotten_after_a_pause(replica, pause, is_held) -> None:
    async def comes_back() -> None:
        await replica.again_and_again("flood", until=20.0)
        await replica.sleep(pause)
        replica.longest.clear()
        await replica.again_and_again("flood", until=replica.now + 3.0)
        await replica.sleep(60.0)

    replica.run(20.0 + pause + 5.0, *readers(replica), comes_back)

    assert (replica.longest["flood"] > 0.0) is is_held
