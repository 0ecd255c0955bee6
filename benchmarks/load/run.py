"""One load: users on servers for a while, with something taken away in the middle if that is asked for."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.load import proxy, surroundings
from benchmarks.load.expect import differences
from benchmarks.load.record import Failure, Record
from benchmarks.load.users import BareUser, Conduct, User
from benchmarks.load.watch import Parties, Usage, Watch, usage, with_children
from benchmarks.servers import Server, running

COMPARED = 8
"""Users whose last strip is worked out again here."""


COLOUR = re.compile(r"\x1b\[[0-9;]*m")
RAISED = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Warning|Interrupt)\b|[A-Za-z_][\w.]+: ")


class Visitor(Protocol):
    """Anybody who comes, does something and goes."""

    async def visit(self) -> None:
        """Until it is over, or cancelled."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is run: how many users, for how long, on what, and which thing is taken away after how many seconds."""

    users: int = 50
    seconds: float = 120.0
    conduct: Conduct = field(default_factory=Conduct)
    ramp: float = 10.0
    addresses: tuple[str, ...] = ()
    pids: tuple[int, ...] = ()
    script: str = "app.py"
    replicas: int = 1
    kill_replica_after: float | None = None
    exchange_gone_after: float | None = None
    redis_gone_after: float | None = None
    is_live: bool = False
    floor_seconds: float = 0.0
    seed: int = 0
    attackers: int = 0
    """So many beside the users, who then come through nginx to the servers of hosted.py."""
    is_hosted: bool = False
    """Whether it is the same without attackers."""
    ways: tuple[str, ...] = ()
    """What the attackers do; each something else if this is empty."""

    @property
    def has_proxy(self) -> bool:
        """Whether all come through nginx."""
        return self.is_hosted or self.attackers > 0

    @property
    def gone_after(self) -> float | None:
        """When something goes."""
        moments = (self.kill_replica_after, self.exchange_gone_after, self.redis_gone_after)
        return min((moment for moment in moments if moment is not None), default=None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one load has shown. `idle` is what the servers took before the first user came."""

    setup: Setup
    record: Record
    samples: Sequence[Usage]
    processors: float
    idle: Usage
    floor: Record | None
    log_faults: tuple[str, ...] = ()
    attacks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    """Processors that each party on this machine has kept busy."""


def run(setup: Setup) -> Outcome:
    """Start what has to be started, let the users in, and stop everything."""
    floor = _floor(setup) if setup.floor_seconds else None
    with _servers(setup) as (servers, takings):
        pids = setup.pids or tuple(server.pid for server in servers)
        record, watch, idle = Record(), Watch(lambda: pids), usage(pids)
        with ExitStack() as stack:
            addresses = setup.addresses or tuple(server.address for server in servers)
            attacks: Mapping[str, Mapping[str, int]] = {}
            processes = {"servers": pids, "users": (os.getpid(),)}
            if setup.has_proxy:
                nginx = stack.enter_context(proxy.running(addresses))
                addresses = (nginx.address,)
                processes["nginx"] = with_children(nginx.pid)
            if setup.attackers:
                attack = stack.enter_context(surroundings.attackers(addresses[0], setup.attackers, setup.ways))
                attacks = attack.done
                processes["attackers"] = (attack.pid,)
            parties = Parties(processes)
            asyncio.run(_load(setup, addresses, record, watch, takings))
            shares = parties.shares()
        logs = tuple(fault for server in servers for fault in _log_faults(server))
    return Outcome(setup, record, watch.samples, watch.processor_share(), idle, floor, logs, attacks, shares)


@contextmanager
def _servers(setup: Setup) -> Iterator[tuple[list[Server], list[tuple[float, Callable[[], None]]]]]:
    """The servers of this load, and what is taken away when."""
    takings: list[tuple[float, Callable[[], None]]] = []
    servers: list[Server] = []
    with ExitStack() as stack:
        settings = {}
        if setup.is_live:
            process, address = stack.enter_context(surroundings.exchange())
            settings = {"HEDGE_MARKET": "kraken", "HEDGE_EXCHANGE_BASE_URL": address, "HEDGE_TIMEOUT": "2"}
            if setup.exchange_gone_after is not None:
                takings.append((setup.exchange_gone_after, process.kill))
        if setup.redis_gone_after is not None:
            redis, url = stack.enter_context(surroundings.redis())
            settings["HEDGE_CACHE_URL"] = url
            takings.append((setup.redis_gone_after, redis.kill))
        script = setup.script
        if setup.has_proxy:
            script, settings["HEDGE_PROXY"] = "hosted.py", "on"
        if not setup.addresses:
            servers = [stack.enter_context(running(script, settings)) for _ in range(setup.replicas)]
        if setup.has_proxy:
            for server in servers:
                server.wait_until_it_answers(path="/ready")  # no proxy sends anybody to a replica before
        if setup.kill_replica_after is not None:
            takings.append((setup.kill_replica_after, servers[0].kill))
        yield servers, takings


async def _load(
    setup: Setup,
    addresses: Sequence[str],
    record: Record,
    watch: Watch,
    takings: Sequence[tuple[float, Callable[[], None]]],
) -> None:
    began = time.monotonic()
    numbers = itertools.count()
    stayed: list[User] = []
    is_loss_expected = setup.kill_replica_after is not None or len(setup.addresses) > 1

    def visitor(cut: float) -> User:
        number = next(numbers)
        user = User(
            number, addresses, record, setup.conduct, began, setup.seed, cut, is_loss_expected=is_loss_expected,
            source=f"127.77.{number // 250}.{number % 250 + 1}" if setup.has_proxy else None,
        )  # fmt: skip
        stayed.append(user)
        if len(stayed) > 4 * COMPARED:
            del stayed[0]
        return user

    watching = asyncio.create_task(watch.run())
    taking = [asyncio.create_task(_later(seconds, act)) for seconds, act in takings]
    await _keep_coming(setup, visitor)
    for task in (watching, *taking):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    if not setup.is_live:
        _compare(stayed, record)


async def _keep_coming(setup: Setup, visitor: Callable[[float], Visitor]) -> None:
    """`users` places, each taken by one visitor after the other until the time is over."""
    draw = random.Random(setup.seed)

    async def place(number: int) -> None:
        await asyncio.sleep(setup.ramp * number / max(setup.users, 1))
        cut = draw.random() if setup.conduct.rounds is not None else 1.0  # the first to come are in mid-visit
        while True:
            await visitor(cut).visit()
            cut = 1.0
            await asyncio.sleep(draw.uniform(*setup.conduct.think))

    places = [asyncio.create_task(place(number)) for number in range(setup.users)]
    done, _ = await asyncio.wait(places, timeout=setup.seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in places:
        task.cancel()
    await asyncio.gather(*places, return_exceptions=True)
    for task in done:
        task.result()  # an error of the harness itself


async def _later(seconds: float, act: Callable[[], None]) -> None:
    await asyncio.sleep(seconds)
    act()


def _compare(users: Sequence[User], record: Record) -> None:
    """Work the last strip of some users out again from the plan in their address."""
    known = [user for user in users if user.expected.strip and user.expected.link]
    for user in known[:COMPARED]:
        record.checks += 1
        for difference in differences(user.expected.link, user.expected.strip):
            record.failures.append(Failure(user.number, "strip", difference, 0.0))


def _log_faults(server: Server) -> Iterator[str]:
    """The last line of each trace in the log, what was raised; Streamlit frames its own traces and colours them."""
    is_trace = False
    for line in COLOUR.sub("", server.log_text()).splitlines():
        if "Traceback (most recent call last)" in line:
            is_trace = True
        elif is_trace and RAISED.match(line):
            is_trace = False
            yield line[:200]


def _floor(setup: Setup) -> Record:
    """As many users on the bare page, with the same pauses."""
    record = Record()
    small = Setup(users=setup.users, seconds=setup.floor_seconds, conduct=setup.conduct, ramp=setup.ramp)

    async def users(address: str) -> None:
        began = time.monotonic()
        numbers = itertools.count()
        await _keep_coming(small, lambda _: BareUser(next(numbers), [address], record, setup.conduct, began))

    with running("benchmarks/bare_page.py") as server:
        asyncio.run(users(server.address))
    return record
