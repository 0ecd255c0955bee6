"""What one visitor may do to a replica, with a fake app behind the middleware: no server is started here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.datastructures import Headers
from streamlit.proto.BackMsg_pb2 import BackMsg

from hosting.addresses import connecting_address, forwarded_address, no_address
from hosting.budget import Allowance, Budget
from hosting.door import MESSAGE_SECONDS, Door
from hosting.logs import Repeats
from hosting.visitors import BAD_CONDUCT, BAD_DATA, OPENING_SECONDS, TOO_BIG, Limits, VisitorLimits
from pages.ui.session.turns import VISITOR_HEADER, Used
from tests.support import coroutines


def rerun() -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = ""
    return message.SerializeToString()


def message(**fields: bool) -> bytes:
    return BackMsg(**fields).SerializeToString()


class Visit:
    """One WebSocket: what the visitor sends, what the app gets, what the visitor gets."""

    def __init__(self, limits: VisitorLimits, address: str = "10.0.0.1", headers: dict[str, str] | None = None) -> None:
        self.limits, self.got, self.sent = limits, [], []
        self.name = address
        self.scope = {
            "type": "websocket",
            "path": "/_stcore/stream",
            "client": (address, 1),
            "headers": [(k.encode(), v.encode()) for k, v in (headers or {}).items()],
            "visit": self,
        }

    async def run(self, frames: list[dict[str, Any]]) -> None:
        events = iter([{"type": "websocket.connect"}, *frames, {"type": "websocket.disconnect", "code": 1000}])

        async def receive() -> Any:
            return next(events)

        async def send(event: Any) -> None:
            self.sent.append(event)

        await self.limits(self.scope, receive, send)

    @property
    def closed_with(self) -> int | None:
        return next((event["code"] for event in self.sent if event["type"] == "websocket.close"), None)


async def app(scope: Any, receive: Callable, send: Callable) -> None:
    """Streamlit's part: take what comes until the visitor has gone."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] != "websocket.disconnect":
        scope["visit"].got.append(event["bytes"])
    await send({"type": "websocket.send", "bytes": b"too late"})


def visit(*frames: bytes, limits: Limits | None = None, text: str | None = None) -> Visit:
    found = Visit(VisitorLimits(app, limits=limits))
    events = [{"type": "websocket.receive", "bytes": frame} for frame in frames]
    if text is not None:
        events.append({"type": "websocket.receive", "text": text})
    coroutines.run(found.run(events))
    return found


@pytest.mark.parametrize(
    "frame",
    [
        message(clear_cache=True),
        message(set_run_on_save=True),
        message(load_git_info=True),
        message(debug_shutdown_runtime=True),
        message(debug_disconnect_websocket=True),
        BackMsg(backend_operation_request={"install_skills": {}}).SerializeToString(),
        b"",
    ],
    ids=["clear_cache", "set_run_on_save", "git", "shutdown", "disconnect", "install_skills", "empty"],
)
def test_a_message_that_the_app_does_not_need_is_dropped_and_what_follows_arrives(frame: bytes) -> None:
    found = visit(frame, rerun())

    assert found.got == [rerun()]
    assert found.closed_with is None


@pytest.mark.parametrize(
    "frame",
    [
        rerun(),
        message(stop_script=True),
        message(app_heartbeat=True),
        BackMsg(backend_operation_request={"deferred_file": {"file_id": "x"}}).SerializeToString(),
    ],
    ids=["rerun", "stop", "heartbeat", "a file made on demand"],
)
def test_a_message_that_the_app_needs_arrives_as_it_was_sent(frame: bytes) -> None:
    assert visit(frame).got == [frame]


@pytest.mark.parametrize("frame", [b"\xff" * 40, b"\x00", b"GET / HTTP/1.1"])
def test_bytes_that_are_no_message_end_the_connection(frame: bytes) -> None:
    found = visit(rerun(), frame, rerun())

    assert found.got == [rerun()]
    assert found.closed_with == BAD_DATA
    assert {"type": "websocket.send", "bytes": b"too late"} not in found.sent


def test_text_ends_the_connection_without_an_error_in_the_app() -> None:
    found = visit(rerun(), text="hello")

    assert found.got == [rerun()]
    assert found.closed_with == BAD_DATA


def test_a_message_that_is_too_large_ends_the_connection() -> None:
    large = BackMsg()
    large.rerun_script.query_string = "x" * 1_000_001

    found = visit(large.SerializeToString())

    assert found.got == []
    assert found.closed_with == TOO_BIG


def widgets(number: int) -> bytes:
    large = BackMsg()
    for one in range(number):
        large.rerun_script.widget_states.widgets.add(id=f"{one}", bool_value=True)
    return large.SerializeToString()


def file_names(number: int) -> bytes:
    return BackMsg(file_urls_request={"request_id": "1", "file_names": [""] * number}).SerializeToString()


@pytest.mark.parametrize(
    ("frame", "is_passed"),
    [(widgets(1_000), True), (widgets(1_001), False), (file_names(20), True), (file_names(21), False)],
    ids=["many widgets", "too many widgets", "many files", "too many files"],
)
def test_a_message_that_makes_much_of_few_bytes_ends_the_connection(frame: bytes, is_passed: bool) -> None:
    """A widget of five bytes takes a hundred times as much in the session; a file's name is answered at length."""
    found = visit(frame)

    assert found.got == ([frame] if is_passed else [])
    assert found.closed_with == (None if is_passed else TOO_BIG)


def deferred_file() -> bytes:
    return BackMsg(backend_operation_request={"deferred_file": {"file_id": "x"}}).SerializeToString()


SIZE = len(rerun())


def with_connection(**shares: Allowance) -> Limits:
    """The usual limits, but for these shares of a connection."""
    return Limits(connection=replace(Limits().connection, **shares))


def with_address(**shares: Allowance) -> Limits:
    """The usual limits, but for these shares of an address."""
    return Limits(address=replace(Limits().address, **shares))


@pytest.mark.parametrize(
    ("limits", "frame", "expected"),
    [
        (with_connection(files=Allowance(50, 2)), deferred_file(), [0.02, 0.04, 0.06]),
        (with_address(files=Allowance(50, 2)), deferred_file(), [0.02, 0.04, 0.06]),
        (with_connection(bytes=Allowance(50 * SIZE, 2 * SIZE)), rerun(), [0.02, 0.04, 0.06]),
        (with_address(bytes=Allowance(50 * SIZE, 2 * SIZE)), rerun(), [0.02, 0.04, 0.06]),
        (with_connection(files=Allowance(50, 2)), rerun(), []),
    ],
    ids=["files", "files of an address", "bytes", "bytes of an address", "no file"],
)  # fmt: skip
def test_files_and_bytes_beyond_their_budget_come_later(
    limits: Limits, frame: bytes, expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five at once, of which two are free and the others due after 0.02, 0.04 and 0.06 seconds."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("hosting.visitors.asyncio.sleep", sleep)

    assert visit(*[frame] * 5, limits=limits).got == [frame] * 5
    assert waits == pytest.approx(expected, abs=0.01)


def test_a_visitor_who_keeps_sending_what_nobody_needs_is_disconnected() -> None:
    limits = replace(with_connection(messages=Allowance(10, 100)), dropped=20)

    found = visit(*[b""] * 25, limits=limits)

    assert found.closed_with == BAD_CONDUCT


def test_messages_that_come_too_fast_arrive_later_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """20 at once, a budget of 10 and 50 per second: the other ten are due after 0.02, 0.04 ... 0.2 seconds."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("hosting.visitors.asyncio.sleep", sleep)

    found = visit(*[rerun()] * 20, limits=with_connection(messages=Allowance(50, 10)))

    assert len(found.got) == 20
    assert waits == pytest.approx([0.02 * n for n in range(1, 11)], abs=0.01)


def test_connections_of_one_address_share_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("hosting.visitors.asyncio.sleep", sleep)
    limits = VisitorLimits(app, limits=with_address(messages=Allowance(1, 5)))

    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        coroutines.run(Visit(limits, address).run([{"type": "websocket.receive", "bytes": rerun()}] * 4))

    assert waits == pytest.approx([1.0, 2.0, 3.0], abs=0.05)


class Waiting:
    """The pages of a process, of which so many wait."""

    def __init__(self, **of: int) -> None:
        self.of = of

    def waiting(self, visitor: str) -> int:
        return self.of.get(visitor, 0)

    def present(self, visitor: str) -> int:
        return self.waiting(visitor)


@pytest.mark.parametrize(
    ("waiting", "arrived"),
    [(0, ["a", "b", "a", "b"]), (7, ["a", "b", "a", "b"]), (8, ["b", "b", "a", "a"])],
    ids=["none waits", "one fewer", "as many as may"],
)
def test_messages_of_an_address_wait_while_many_of_its_pages_do_and_others_pass(waiting: int, arrived: Any) -> None:
    pages = Waiting(a=waiting)
    order: list[str] = []

    async def noting(scope: Any, receive: Callable, send: Callable) -> None:
        await receive()
        while (await receive())["type"] != "websocket.disconnect":
            order.append(scope["visit"].name)
            await asyncio.sleep(0)

    used = Used()
    limits = VisitorLimits(noting, used=used, door=Door(pages, used, most_waiting=8))

    async def both() -> None:
        visits = [Visit(limits, address=name) for name in "ab"]
        frames = [{"type": "websocket.receive", "bytes": rerun()}] * 2
        tasks = [asyncio.create_task(found.run(frames)) for found in visits]
        await asyncio.sleep(0.2)
        assert order == [name for name in arrived if name == "b" or waiting < 8]
        pages.of["a"] = 0  # they have had their turns
        await asyncio.wait_for(asyncio.gather(*tasks), 20)

    coroutines.run(both())

    assert order == arrived


@pytest.mark.parametrize(
    ("frames", "charged"),
    [
        ([], OPENING_SECONDS),
        ([rerun()], OPENING_SECONDS + MESSAGE_SECONDS),
        ([message(stop_script=True)], OPENING_SECONDS),
    ],
    ids=["a connection", "with a page", "with a message that draws none"],
)
def test_what_a_visit_takes_outside_of_the_turns_is_charged_to_its_address(frames: Any, charged: float) -> None:
    used = Used(lambda: 0.0)
    limits = VisitorLimits(app, used=used, door=Door(Waiting(), used))

    coroutines.run(Visit(limits, "10.0.0.1").run([{"type": "websocket.receive", "bytes": frame} for frame in frames]))

    assert used.of("10.0.0.1") == pytest.approx(charged)
    assert used.of("10.0.0.2") == 0.0


def test_nothing_is_charged_where_the_address_is_not_known() -> None:
    used = Used(lambda: 0.0)
    limits = VisitorLimits(app, used=used, door=Door(Waiting(), used))

    found = Visit(limits, "")
    coroutines.run(found.run([{"type": "websocket.receive", "bytes": rerun()}]))

    assert found.got == [rerun()]
    assert used.of("") == 0.0


def test_the_demand_of_an_address_begins_on_the_clock_of_the_door() -> None:
    used = Used(lambda: 1e6)
    limits = VisitorLimits(app, used=used, door=Door(Waiting(), used, clock=lambda: 1e6))

    coroutines.run(Visit(limits, "10.0.0.1").run([]))

    assert limits._addresses["10.0.0.1"].demand.since == 1e6


def opened(limits: VisitorLimits, visits: list[Visit]) -> list[Visit]:
    """Open all at once; those that were let in."""

    async def together() -> None:
        await asyncio.gather(*(one.run([]) for one in visits))

    coroutines.run(together())
    return [one for one in visits if {"type": "websocket.accept"} in one.sent]


async def waiting_app(scope: Any, receive: Callable, send: Callable) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await asyncio.sleep(0.05)


def test_an_address_has_only_so_many_connections_at_once_and_others_have_theirs() -> None:
    limits = VisitorLimits(waiting_app, limits=Limits(connections=3))
    mine = [Visit(limits, "10.0.0.1") for _ in range(5)]
    others = [Visit(limits, "10.0.0.2") for _ in range(3)]

    assert len(opened(limits, [*mine, *others])) == 6
    assert [one.closed_with for one in mine].count(BAD_CONDUCT) == 2
    assert len(opened(limits, [Visit(limits, "10.0.0.1") for _ in range(3)])) == 3  # the first ones have gone


def test_an_address_cannot_open_and_close_without_end() -> None:
    limits = VisitorLimits(app, limits=Limits(openings=Allowance(0.001, 4)))

    accepted = [bool(opened(limits, [Visit(limits)])) for _ in range(6)]

    assert accepted == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    ("address_of", "let_in"),
    [(forwarded_address, 4), (connecting_address, 2)],
    ids=["behind a proxy", "reached directly"],
)
def test_what_a_visitor_writes_of_his_address_counts_only_where_the_proxy_writes_it(address_of, let_in) -> None:
    limits = VisitorLimits(waiting_app, address_of=address_of, limits=Limits(connections=2))
    visits = [Visit(limits, "127.0.0.1", {"x-forwarded-for": f"10.0.0.{n % 2}"}) for n in range(6)]

    assert len(opened(limits, visits)) == let_in


def test_behind_a_proxy_only_the_address_that_the_proxy_has_added_counts() -> None:
    limits = VisitorLimits(waiting_app, address_of=forwarded_address, limits=Limits(connections=2))
    visits = [Visit(limits, "127.0.0.1", {"x-forwarded-for": f"1.2.3.{n}, 10.0.0.1"}) for n in range(6)]

    assert len(opened(limits, visits)) == 2


def test_where_addresses_are_not_told_connections_count_and_nobody_is_refused_for_another() -> None:
    limits = VisitorLimits(waiting_app, address_of=no_address, limits=Limits(connections=2, dropped=3))
    visits = [Visit(limits, "10.0.0.1") for _ in range(6)]

    assert len(opened(limits, visits)) == 6
    flooding = Visit(VisitorLimits(app, address_of=no_address, limits=Limits(dropped=3)), "10.0.0.1")
    coroutines.run(flooding.run([{"type": "websocket.receive", "bytes": b""}] * 10))
    assert flooding.closed_with == BAD_CONDUCT


@pytest.mark.parametrize(
    ("address_of", "stated"),
    [(connecting_address, "10.0.0.1"), (forwarded_address, "10.0.0.2"), (no_address, "")],
    ids=["reached directly", "behind a proxy", "not told"],
)
def test_the_pages_are_told_whose_a_connection_is_and_not_by_him(address_of, stated) -> None:
    told: list[list[str]] = []

    async def pages(scope: Any, receive: Callable, send: Callable) -> None:
        told.append(Headers(scope=scope).getlist(VISITOR_HEADER))

    headers = {"x-visitor": "another", "x-forwarded-for": "1.2.3.4, 10.0.0.2"}
    coroutines.run(Visit(VisitorLimits(pages, address_of=address_of), "10.0.0.1", headers).run([]))

    assert told == [[stated]]


def test_addresses_that_are_idle_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hosting.visitors.MOST_ADDRESSES", 50)
    of_address = replace(with_address(messages=Allowance(1e9, 200)), openings=Allowance(1e9, 80))
    limits = VisitorLimits(app, limits=of_address)

    for n in range(500):
        coroutines.run(Visit(limits, f"10.0.{n // 250}.{n % 250}").run([]))

    assert len(limits._addresses) <= 51


def test_other_requests_pass() -> None:
    seen = []

    async def other(scope: Any, receive: Callable, send: Callable) -> None:
        seen.append(scope["path"])

    for kind, path in (("http", "/_stcore/stream"), ("websocket", "/elsewhere"), ("lifespan", "")):
        coroutines.run(VisitorLimits(other)({"type": kind, "path": path}, None, None))  # type: ignore[arg-type]

    assert seen == ["/_stcore/stream", "/elsewhere", ""]


# ------------------------------------------------------------------------------------------------ budgets and the log


def test_a_budget_by_hand() -> None:
    """Burst 2, rate 4 per second: two at once, the next after 0.25 s and 0.5 s; half a second later 0.25 s again."""
    now = [0.0]
    budget = Budget(4.0, 2.0, lambda: now[0])

    assert [budget.wait() for _ in range(4)] == [0.0, 0.0, 0.25, 0.5]
    now[0] = 0.5
    assert budget.wait() == 0.25
    assert not budget.is_full
    now[0] = 2.0
    assert budget.is_full
    assert [budget.take() for _ in range(3)] == [True, True, False]


def test_a_logger_that_writes_without_end_is_cut_short_and_says_how_much_is_missing() -> None:
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = Lines()
    handler.addFilter(Repeats(rate=0.000001, burst=10.0))
    log = logging.Logger("flooded")
    log.addHandler(handler)

    for n in range(20_000):
        log.warning("frame %d", n)
    other = logging.Logger("quiet")
    other.addHandler(handler)
    other.warning("still written")

    assert lines == [*(f"frame {n}" for n in range(10)), "still written"]


def test_the_next_record_says_how_many_were_left_out() -> None:
    repeats = Repeats(rate=1.0, burst=1.0)
    now = [0.0]
    repeats._budgets["x"] = Budget(1.0, 1.0, lambda: now[0])
    records = [logging.LogRecord("x", logging.WARNING, "", 0, "at %s", ("noon",), None) for _ in range(4)]

    assert [repeats.filter(record) for record in records[:3]] == [True, False, False]
    now[0] = 5.0
    assert repeats.filter(records[3])
    assert records[3].getMessage() == "at noon (2 records of this logger were left out before)"
