"""A user who does the main job: an example, a bag of one's own, every page, values of one's own, again and again."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from benchmarks.load.client import ConnectionLost, Tab, WrongAnswer
from benchmarks.load.expect import Expected, bag_text, sample_market
from benchmarks.load.record import Action, Failure, Record

COINS = ("SOL", "AVAX", "NEAR", "ATOM", "APT", "SUI", "LINK", "INJ", "ARB", "DOGE")
LIVE_COINS = ("ETH", "SOL", "LINK")
"""With live prices all users hold the same coins, in quantities of their own."""

SCENARIO_MOVES = 6
RECONNECTING = 30.0
"""Seconds after which a user gives up finding a server."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """How users behave: seconds of thinking between two actions, rounds of the job in a visit (None: no end)."""

    think: tuple[float, float] = (1.0, 5.0)
    rounds: int | None = None
    is_live: bool = False


@dataclass(slots=True)
class User:
    """One visitor. `addresses` are servers that stand in for each other; where a connection ends, the next is tried.

    `source` is his own address, where all would otherwise share that of this machine.
    """

    number: int
    addresses: Sequence[str]
    record: Record
    conduct: Conduct
    began: float
    seed: int = 0
    first_cut: float = 1.0
    is_loss_expected: bool = False
    source: str | None = None
    page: str = ""
    tab: Tab = field(default_factory=lambda: Tab(""))
    expected: Expected = field(default_factory=Expected)
    random: random.Random = field(default_factory=random.Random)

    async def visit(self) -> None:
        """Come, do the job, go. What goes wrong is recorded and ends the visit."""
        self.random = random.Random(self.seed * 100_003 + self.number)
        self.tab = Tab(self.addresses[self.number % len(self.addresses)], source=self.source)
        self.record.visits += 1
        kind = "visit"
        try:
            await self._job()
        except (WrongAnswer, LookupError, ConnectionLost) as error:
            self.record.failures.append(
                Failure(self.number, f"page '{self.page}'" if self.page else kind, str(error), self._now())
            )
        finally:
            self.record.received += self.tab.received
            await self.tab.close()

    async def _job(self) -> None:
        await self._step("open", lambda: self.tab.open())
        if self.conduct.is_live:
            await self._go("bag")
        else:
            await self._step("example", lambda: self.tab.press("start_layer1_bag"))
            await self._go("bag")
        await self._own_bag()
        rounds = 0
        while self.conduct.rounds is None or rounds < self.conduct.rounds:
            rounds += 1
            await self._round()
            if self.random.random() > self.first_cut:
                return

    async def _own_bag(self) -> None:
        chosen = LIVE_COINS if self.conduct.is_live else self.random.sample(COINS, self.random.randint(4, 6))
        worth = {coin: self.random.uniform(2_000, 20_000) for coin in chosen}
        bag = {coin: round(value / _price(coin), 4) for coin, value in worth.items()}
        text = "\n".join(f"{coin} {quantity:.4f}" for coin, quantity in bag.items())  # of 1.234 the app asks the mark

        async def replace_bag() -> float:
            self._note("paste", await self.tab.set("bag_paste", text))
            return await self.tab.press("bag_replace")

        self.expected = Expected(self.conduct.is_live)
        await self._step("replace bag", replace_bag, check=False)
        self.expected = Expected(self.conduct.is_live)  # if the server was lost meanwhile, it holds the bag before
        if self.conduct.is_live:
            await self._wait_for_prices()
        else:
            self.expected.bag = bag_text(bag)
        self._check()
        await self._think()

    async def _wait_for_prices(self) -> None:
        """Live prices come in the background; the page draws itself anew by its timers."""
        start = time.perf_counter()
        while "Bag" not in self.tab.tree.metrics():
            if time.perf_counter() - start > RECONNECTING:
                raise WrongAnswer("no prices came: " + "; ".join(self.tab.tree.faults()))
            await self.tab.idle(0.2)
        self._note("prices", time.perf_counter() - start)
        self.expected.bag = self.tab.tree.metrics()["Bag"]

    async def _round(self) -> None:
        draw = self.random
        await self._go("risk")
        risk = draw.choice([value for value in range(5, 100, 5) if value != self.expected.risk])
        await self._step("risk", lambda: self.tab.set("hedge_share", 100 - risk), risk=risk)
        collateral = draw.randint(5_000, 60_000)
        await self._step("collateral", lambda: self.tab.set("collateral", collateral))
        await self._go("proxy")
        rows = [key for key in (f"coin_press_{number}" for number in range(4)) if self.tab.tree.has(key)]
        if rows:
            await self._step("coin", lambda: self.tab.press(draw.choice(rows)))
        await self._go("size")
        await self._pick("rounding", "rounding")
        await self._go("scenarios")
        for move in draw.sample([value for value in range(-60, 61) if value], SCENARIO_MOVES):
            await self._step("scenario", lambda move=move: self._move_scenario(move))
        await self._go("monitor")
        await self._go("")

    async def _move_scenario(self, move: int) -> float:
        seconds = await self.tab.set("scenario_move", move)
        title = self.tab.tree.chart_title("scenario_range")
        if f" {move:+}% in ".replace("-", "−") not in title:
            raise WrongAnswer(f"the market moves by {move}%, and the chart is titled '{title[:80]}'")
        return seconds

    async def _pick(self, kind: str, key: str) -> None:
        if self.tab.tree.has(key):
            options = list(self.tab.tree.widget(key).body.options)
            await self._step(kind, lambda: self.tab.set(key, self.random.choice(options)))

    async def _go(self, page: str) -> None:
        before, self.page = self.page, page
        try:
            await self._step(f"page {page or 'plan'}", lambda: self.tab.go(page))
        except BaseException:
            self.page = before
            raise

    async def _step(
        self, kind: str, act: Callable[[], Awaitable[float]], *, check: bool = True, risk: int | None = None
    ) -> None:
        """Act, record the time, look at the answer, think. After a loss of the server: come back and act again."""
        for attempt in range(3):
            try:
                seconds = await act()
                self._note(kind, seconds)
                if risk is not None:
                    self.expected.risk = risk
                if check:
                    self._check()
                    await self._think()
                return
            except ConnectionLost:
                if not self.is_loss_expected or attempt == 2:
                    raise
                await self._move_on()
                if kind == "open" or kind.startswith("page ") or kind == "example":
                    return

    async def _move_on(self) -> None:
        """The server is gone: open the same address at the next one, and find the plan as it was."""
        query, received = self.tab.tree.query(), self.tab.received
        start = time.perf_counter()
        while True:
            place = (self.addresses.index(self.tab.address) + 1) % len(self.addresses)
            self.tab = Tab(self.addresses[place], received=received, source=self.source)
            try:
                await self.tab.open(page=self.page, query=urlencode(query))
                break
            except ConnectionLost:
                if time.perf_counter() - start > RECONNECTING:
                    raise
                await asyncio.sleep(0.25)
        self.record.moves += 1
        self._note("moved to another server", time.perf_counter() - start)
        if self.conduct.is_live and query:
            await self._wait_for_prices()
        self.record.checks += 1
        self.expected.check_restored(self.tab.tree, self.page, query.get("p", ""))

    def _check(self) -> None:
        self.record.checks += 1
        self.expected.check(self.tab.tree, self.page)

    async def _think(self) -> None:
        await self.tab.idle(self.random.uniform(*self.conduct.think))

    def _now(self) -> float:
        return time.monotonic() - self.began

    def _note(self, kind: str, seconds: float) -> None:
        self.record.actions.append(Action(kind, seconds, self._now()))


@dataclass(slots=True)
class BareUser:
    """The floor: a visitor of the bare page who moves its slider with the same pauses."""

    number: int
    addresses: Sequence[str]
    record: Record
    conduct: Conduct
    began: float

    async def visit(self) -> None:
        draw = random.Random(self.number)
        tab = Tab(self.addresses[0])
        self.record.visits += 1
        try:
            self._note("open", await tab.open())
            while True:
                await tab.idle(draw.uniform(*self.conduct.think))
                move = draw.randint(-80, 100)
                self._note("scenario", await tab.set("scenario_move", move))
                if tab.tree.metrics().get("You") != f"${220 * move:,d}":
                    raise WrongAnswer("the bare page shows another value")
        except (WrongAnswer, LookupError, ConnectionLost) as error:
            self.record.failures.append(Failure(self.number, "bare", str(error), time.monotonic() - self.began))
        finally:
            await tab.close()

    def _note(self, kind: str, seconds: float) -> None:
        self.record.actions.append(Action(kind, seconds, time.monotonic() - self.began))


def _price(coin: str) -> float:
    return sample_market().price(coin)
