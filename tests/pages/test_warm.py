"""What plans need is imported when the first page has been drawn, and never while a chart may be drawn."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pages.ui.app import warm
from pages.ui.session import turns
from pages.ui.session.once import Once

STEPS = ("import_core", "import_what_plans_need", "_freeze")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps of warming up that have been done; they do nothing else here."""
    steps: list[str] = []

    def step(name: str) -> Callable[[], None]:
        return lambda: steps.append(name)

    for name in STEPS:
        monkeypatch.setattr(warm, name, step(name))
    monkeypatch.setattr(warm, "freeze", Once(lambda: True))
    return steps


def serve(meanwhile: Callable[[], None], until: Callable[[], bool]) -> None:
    """Let a server warm up: do something, and end when it is so far."""

    async def live() -> None:
        async with warm.beside_requests(None):
            meanwhile()
            end = time.monotonic() + 10.0
            while not until() and time.monotonic() < end:
                await asyncio.sleep(0.01)

    with ThreadPoolExecutor(1) as pool:  # a browser of another test may have left its event loop in this thread
        pool.submit(lambda: asyncio.run(live())).result()


def test_what_only_plans_need_waits_for_the_first_page(done: list[str]) -> None:
    seen: list[list[str]] = []

    def first_page() -> None:
        threading.Timer(0.3, lambda: (seen.append(list(done)), warm.freeze())).start()

    serve(first_page, lambda: len(done) == 3)

    assert seen == [["import_core"]]
    assert done == ["import_core", "import_what_plans_need", "_freeze"]


def test_a_server_without_a_visitor_gets_ready_for_plans(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "FIRST_VISITOR", 0.05)

    serve(lambda: None, lambda: len(done) == 2)

    assert done == ["import_core", "import_what_plans_need"]


def test_a_server_that_is_stopped_does_not_go_on(done: list[str]) -> None:
    serve(lambda: None, lambda: len(done) == 1)

    assert done == ["import_core"]


def test_pandas_is_imported_in_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = turns.Turns()
    free: list[int] = []
    monkeypatch.setattr(turns, "pages", pages)
    monkeypatch.setattr(warm, "import_pandas", lambda: free.append(pages.free))

    warm.import_what_plans_need()

    assert free == [0]
    assert pages.free == 1
