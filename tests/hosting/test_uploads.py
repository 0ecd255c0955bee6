"""How many files are kept for a visitor and how many arrive at once, with a fake app that keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from hosting import uploads
from hosting.addresses import no_address
from hosting.uploads import UploadLimits, Uploads, kept_bytes
from tests.support import coroutines

MEGABYTE = 1_000_000


class Kept:
    """Keeps what arrives, as Streamlit does: by session and by a name that the browser chooses."""

    def __init__(self, hold: float = 0.0) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.hold = hold

    def bytes_of(self, session: str) -> int:
        return sum(map(len, self.files.get(session, {}).values()))

    async def __call__(self, scope: Any, receive: Callable, send: Callable) -> None:
        *_, session, name = scope["path"].split("/")
        content, more = b"", True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                raise ConnectionError
            content, more = content + event["body"], event["more_body"]
        await asyncio.sleep(self.hold)
        self.files.setdefault(session, {})[name] = content
        await send({"type": "http.response.start", "status": 204, "headers": []})


async def put(limits: Uploads, session: str, name: str, size: int = MEGABYTE, address: str = "10.0.0.1") -> int:
    """Upload a file; the status of the answer."""
    sent: list[dict[str, Any]] = []
    path = f"/_stcore/upload_file/{session}/{name}"
    scope = {"type": "http", "method": "PUT", "path": path, "client": (address, 1), "headers": []}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * size, "more_body": False}

    async def send(event: Any) -> None:
        sent.append(event)

    await limits(scope, receive, send)
    return int(sent[0]["status"])


def site(kept: Kept, **options: Any) -> Uploads:
    limits = UploadLimits(session_bytes=3 * MEGABYTE, address_bytes=5 * MEGABYTE, at_once=2, seconds=0.1)
    return Uploads(kept, kept=kept.bytes_of, limits=limits, **options)


def test_a_session_keeps_only_so_much_under_whatever_names() -> None:
    async def fill() -> list[int]:
        limits = site(Kept())
        return [await put(limits, "s1", f"f{number}") for number in range(5)]

    assert coroutines.run(fill()) == [204, 204, 204, 429, 429]


def test_a_file_that_is_replaced_or_removed_makes_room() -> None:
    kept = Kept()

    async def replace() -> list[int]:
        limits = site(kept)
        answers = [await put(limits, "s1", f"f{number}") for number in range(4)]
        del kept.files["s1"]["f0"]
        return [*answers, await put(limits, "s1", "f9")]

    assert coroutines.run(replace()) == [204, 204, 204, 429, 204]


def test_an_address_keeps_only_so_much_in_all_its_sessions_and_others_have_theirs() -> None:
    async def fill() -> tuple[list[int], int]:
        limits = site(Kept())
        mine = [await put(limits, f"s{number}", "f") for number in range(7)]
        return mine, await put(limits, "other", "f", address="10.0.0.2")

    assert coroutines.run(fill()) == ([204] * 5 + [429] * 2, 204)


def test_what_a_session_that_has_ended_had_no_longer_counts() -> None:
    kept = Kept()

    async def fill_twice() -> list[int]:
        limits = site(kept)
        for number in range(5):
            await put(limits, f"s{number}", "f")
        full = await put(limits, "s5", "f")
        kept.files.clear()
        return [full, await put(limits, "s5", "f"), len(limits._sessions)]

    assert coroutines.run(fill_twice()) == [429, 204, 1]


def test_only_so_many_arrive_at_once_from_one_address() -> None:
    async def together() -> list[int]:
        limits = site(Kept(hold=0.02))
        mine = [put(limits, f"s{number}", "f") for number in range(4)]
        answers = await asyncio.gather(*mine, put(limits, "other", "f", address="10.0.0.2"))
        assert not limits._arriving
        return answers

    assert coroutines.run(together()) == [204, 204, 429, 429, 204]


def test_where_addresses_are_not_told_each_session_counts_for_itself() -> None:
    async def fill() -> list[int]:
        limits = site(Kept(), address_of=no_address)
        return [await put(limits, f"s{number}", "f") for number in range(7)]

    assert coroutines.run(fill()) == [204] * 7


def test_a_file_that_never_ends_is_given_up_and_its_place_is_free() -> None:
    kept = Kept()

    async def drip() -> None:
        limits = site(kept)
        scope = {"type": "http", "method": "PUT", "path": "/_stcore/upload_file/s/f", "client": ("10.0.0.1", 1),
                 "headers": []}  # fmt: skip

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0.03)
            return {"type": "http.request", "body": b"x", "more_body": True}

        async def send(event: Any) -> None:
            raise AssertionError(event)

        with pytest.raises(ConnectionError):
            await limits(scope, receive, send)
        assert not limits._arriving
        assert await put(limits, "s", "f") == 204

    coroutines.run(drip())


@pytest.mark.parametrize(("method", "path"), [("GET", "/_stcore/upload_file/s/f"), ("DELETE", "/_stcore/upload_file/s/f"), ("PUT", "/elsewhere")])  # fmt: skip  # noqa: E501
def test_other_requests_pass(method: str, path: str) -> None:
    seen = []

    async def other(scope: Any, receive: Callable, send: Callable) -> None:
        seen.append(scope["path"])

    scope = {"type": "http", "method": method, "path": path}
    coroutines.run(Uploads(other, kept=lambda _: 10**12)(scope, None, None))  # type: ignore[arg-type]

    assert seen == [path]


def test_what_streamlit_keeps_is_counted_as_streamlit_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec

    manager = MemoryUploadedFileManager("/x")
    manager.add_file("s", UploadedFileRec("1", "a.csv", "text/csv", b"123"))
    manager.add_file("s", UploadedFileRec("2", "b.csv", "text/csv", b"45"))
    monkeypatch.setattr(uploads.Runtime, "instance", lambda: SimpleNamespace(uploaded_file_mgr=manager))

    assert (kept_bytes("s"), kept_bytes("another")) == (5, 0)
    assert "another" not in manager.file_storage
