"""Visitors who want to bring the site down, each from an address and in a way of his own, for as long as they are let.

`python -m benchmarks.load.attackers --address URL` runs until it is told to stop, then prints what each has done. Each
goes as far as one program can: it is the site that has to slow him down.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg

from benchmarks.load.client import ConnectionLost, Tab, WrongAnswer

SESSIONS = 30
"""Tabs that an attacker has open at once."""

FILES = Path(streamlit.__file__).parent / "static" / "static"
REFUSED = (OSError, TimeoutError, EOFError, websockets.WebSocketException, ConnectionLost, WrongAnswer, LookupError)
"""What an attacker meets when he is refused; he tries again."""


@dataclass(slots=True)
class Attacker:
    """One of them: `address` is the site's, `source` his own (127.x.y.z)."""

    address: str
    source: str
    seed: int
    done: Counter[str] = field(default_factory=Counter)
    draw: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    async def attack(self, how: Callable[[Attacker], Awaitable[None]]) -> None:
        """Do it with all sessions at once, again and again."""
        await asyncio.gather(*(self._again_and_again(how) for _ in range(SESSIONS)))

    async def _again_and_again(self, how: Callable[[Attacker], Awaitable[None]]) -> None:
        while True:
            with self._what_is_refused():
                await how(self)
            await asyncio.sleep(0.05)

    @contextmanager
    def _what_is_refused(self) -> Iterator[None]:
        try:
            yield
        except REFUSED as error:
            self.done[f"refused: {type(error).__name__}"] += 1

    @contextmanager
    def _counted(self, what: str) -> Iterator[None]:
        yield
        self.done[what] += 1

    async def tab(self, *, page: str = "", query: str = "") -> Tab:
        tab = Tab(self.address, source=self.source)
        with self._counted("sessions"):
            await tab.open(page=page, query=query)
        return tab

    async def socket(self) -> websockets.ClientConnection:
        return await Tab(self.address, source=self.source).connect()

    async def get(self, path: str, *headers: str) -> int:
        """Ask for a file and read all of it; returns the number of bytes."""
        where = urlsplit(self.address)
        reader, writer = await asyncio.open_connection(where.hostname, where.port, local_addr=(self.source, 0))
        try:
            lines = [f"GET {path} HTTP/1.1", f"Host: {where.netloc}", "Connection: close", *headers]
            writer.write("\r\n".join([*lines, "", ""]).encode())
            await writer.drain()
            size = 0
            while part := await reader.read(1 << 16):
                size += len(part)
            self.done["files"] += 1
            return size
        finally:
            writer.close()


async def reruns(one: Attacker) -> None:
    """A plan of his own, drawn again without waiting for any answer."""
    tab = await one.tab()
    await tab.press("start_layer1_bag")
    while True:
        for _ in range(50):
            await tab.ask_for_nothing()
            one.done["reruns"] += 1
        await tab.idle(0.05)


async def sliders(one: Attacker) -> None:
    """The slider of the scenarios, to another place as soon as the last is drawn."""
    tab = await one.tab()
    await tab.press("start_layer1_bag")
    await tab.go("scenarios")
    while True:
        with one._counted("moves"):
            await tab.set("scenario_move", one.draw.randint(-60, 60))


async def large_bags(one: Attacker) -> None:
    """A paste of half a megabyte that is nearly a bag, another one each time."""
    tab = await one.tab(page="bag")
    while True:
        with one._counted("pastes"):
            rows = (
                f"{one.draw.choice('SOL LINK ADA ?X'.split())};{one.draw.random() * 1e4:.3f};x" for _ in range(15_000)
            )
            await tab.set("bag_paste", "\n".join(rows))


async def links(one: Attacker) -> None:
    """A new session with a link that is damaged somewhere."""
    text = "".join(one.draw.choice("abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789-_") for _ in range(7_000))
    tab = await one.tab(query=f"p=2{text}")
    await tab.close()


async def useless_messages(one: Attacker) -> None:
    """`clear_cache`, empty frames, and bytes that are nothing."""
    frames = [BackMsg(clear_cache=True).SerializeToString(), b"", b"\xff" * 100]
    async with await one.socket() as socket:
        for _ in range(500):
            await socket.send(one.draw.choice(frames))
            one.done["useless messages"] += 1


async def unfinished_messages(one: Attacker) -> None:
    """A frame that is never ended."""
    async with await one.socket() as socket:

        async def without_an_end():
            while True:
                yield b"x" * 100_000
                one.done["pieces of a message"] += 1
                await asyncio.sleep(0.02)

        await socket.send(without_an_end())


async def comes_and_goes(one: Attacker) -> None:
    """A connection that is closed as soon as it is open."""
    async with await one.socket():
        one.done["connections"] += 1


async def the_largest_file(one: Attacker) -> None:
    """The chart library, which the proxy compresses each time."""
    largest = max((FILES / "js").glob("*.js"), key=lambda file: file.stat().st_size)
    await one.get(f"/static/js/{largest.name}", "Accept-Encoding: gzip")


async def pages(one: Attacker) -> None:
    """The page itself, from no cache."""
    await one.get(f"/size?x={one.draw.random()}")


async def half_requests(one: Attacker) -> None:
    """A request whose head never ends."""
    where = urlsplit(one.address)
    _, writer = await asyncio.open_connection(where.hostname, where.port, local_addr=(one.source, 0))
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        while True:
            writer.write(b"X-A: b\r\n")
            await writer.drain()
            one.done["lines of a head"] += 1
            await asyncio.sleep(1.0)
    finally:
        writer.close()


async def pings(one: Attacker) -> None:
    """Frames without a message in them, as many as go into the connection."""
    async with await one.socket() as socket:
        while not socket.transport.is_closing():
            socket.transport.write(b"\x89\x80\0\0\0\0" * 1_000)
            one.done["pings"] += 1_000
            await asyncio.sleep(0.001)


async def downloads(one: Attacker) -> None:
    """Addresses for uploads, a thousand at a time, and files that are made on demand."""
    async with await one.socket() as socket:
        for number in range(200):
            names = BackMsg(file_urls_request={"request_id": "1", "file_names": [""] * (20 if number % 2 else 1_000)})
            await socket.send(names.SerializeToString())
            one.done["requests for files"] += 1


WAYS = (reruns, sliders, large_bags, links, useless_messages, unfinished_messages, comes_and_goes, the_largest_file,
        pages, half_requests, pings, downloads)  # fmt: skip
NAMES = tuple(way.__name__ for way in WAYS)


async def attack(address: str, how_many: int, ways: Sequence[str] = ()) -> dict[str, dict[str, int]]:
    """Until the process is told to stop, in `ways` only if any are named; returns what each has done, by his way."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    known = [way for way in WAYS if not ways or way.__name__ in ways]
    chosen = [known[number % len(known)] for number in range(how_many)]
    those = [Attacker(address, f"127.66.0.{number + 1}", number) for number in range(how_many)]
    tasks = [asyncio.create_task(one.attack(way)) for one, way in zip(those, chosen, strict=True)]
    await stop.wait()
    for task in tasks:
        task.cancel()
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
    return {f"{way.__name__} from {one.source}": dict(one.done) for one, way in zip(those, chosen, strict=True)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load.attackers", description=__doc__)
    parser.add_argument("--address", required=True, metavar="URL", help="the site, on this machine")
    parser.add_argument("--number", type=int, default=len(WAYS), metavar="N", help=f"how many ({len(WAYS)})")
    parser.add_argument("--way", action="append", default=[], choices=NAMES, help="only in this way; may be repeated")
    options = parser.parse_args()
    print(json.dumps(asyncio.run(attack(options.address.rstrip("/"), options.number, options.way))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
