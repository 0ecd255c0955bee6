"""When the words of a plan are worked out for a document, and that nobody can burden the server with them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor

import pytest

from hosting import first_answers
from hosting.first_answers import FirstAnswers
from pages.ui.session.turns import LIGHT, Turns, Used


class Asked:
    """Stands for the work: what was asked for; it waits while it is held."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.texts: list[str] = []
        self.may_go = threading.Event()
        self.may_go.set()

    def __call__(self, page: str, text: str) -> str:
        self.pages.append(page)
        self.texts.append(text)
        self.may_go.wait(10)
        return f"<b>{text}"


def run(work: Callable[[], Coroutine[None, None, None]]) -> None:
    with ThreadPoolExecutor(1) as pool:  # a browser of another test may have left its event loop in this thread
        pool.submit(lambda: asyncio.run(work())).result()


def test_the_one_plan_in_a_query_has_words() -> None:
    asked = Asked()

    async def work() -> None:
        answers = FirstAnswers(asked, Turns(), Used())
        assert await answers.of("size", b"p=2a_-&embed=true") == "<b>2a_-"
        for query in (b"", b"p=", b"q=2a", b"p=2a&p=2b", b"p=\xff", b"&".join([b"a=1"] * 30), b"%%%", b"p"):
            assert await answers.of("", query) == ""

    run(work)
    assert (asked.pages, asked.texts) == (["size"], ["2a_-"])


def test_one_is_worked_out_at_a_time_and_none_waits_for_another() -> None:
    asked = Asked()
    asked.may_go.clear()

    async def work() -> None:
        answers = FirstAnswers(asked, Turns(), Used())
        first = asyncio.create_task(answers.of("", b"p=2a"))
        while not asked.texts:
            await asyncio.sleep(0.001)
        assert [await answers.of("", b"p=2b") for _ in range(50)] == [""] * 50
        asked.may_go.set()
        assert await first == "<b>2a"
        assert await answers.of("", b"p=2c") == "<b>2c"

    run(work)
    assert asked.texts == ["2a", "2c"]


def test_a_document_does_not_wait_for_words_that_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_answers, "PATIENCE", 0.01)
    asked = Asked()
    asked.may_go.clear()

    async def work() -> None:
        answers = FirstAnswers(asked, Turns(), Used())
        assert await answers.of("", b"p=2a") == ""
        assert await answers.of("", b"p=2b") == ""  # the first is still at work
        asked.may_go.set()
        while await answers.of("", b"p=2c") == "":
            await asyncio.sleep(0.001)

    run(work)
    assert set(asked.texts) == {"2a", "2c"}


def test_words_wait_for_a_page_that_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_answers, "PATIENCE", 0.05)
    asked, pages = Asked(), Turns(patience=60.0)

    async def work() -> None:
        answers = FirstAnswers(asked, pages, Used())
        with pages.turn():
            assert await answers.of("", b"p=2a") == ""
            assert asked.texts == []

    run(work)


def test_all_words_together_use_little_of_the_processor() -> None:
    """A burst of LIGHT seconds; half of it is forgotten after half a minute, and so much may be used again."""
    now, asked = 0.0, Asked()
    used = Used(lambda: now)

    async def work() -> None:
        nonlocal now
        answers = FirstAnswers(asked, Turns(used=used, clock=lambda: now), used)
        used.add("", LIGHT - 0.001)
        assert await answers.of("", b"p=2a") != ""
        used.add("", 0.5)
        assert await answers.of("", b"p=2b") == ""
        now = 30.0
        assert await answers.of("", b"p=2c") != ""

    run(work)
    assert asked.texts == ["2a", "2c"]


def test_the_time_that_words_take_is_counted() -> None:
    used = Used()

    def busy(page: str, text: str) -> str:
        return str(sum(range(2_000_000)))

    async def work() -> None:
        await FirstAnswers(busy, Turns(used=used), used).of("", b"p=2a")

    run(work)
    assert used.of("") > 0.001


def test_a_fault_goes_into_the_log_without_the_link(caplog: pytest.LogCaptureFixture) -> None:
    def fails(page: str, text: str) -> str:
        raise RuntimeError("of ours")

    async def work() -> None:
        answers = FirstAnswers(fails, Turns(), Used())
        assert await answers.of("", b"p=2secret") == ""
        assert await answers.of("", b"p=2secret") == ""

    with caplog.at_level(logging.ERROR):
        run(work)
    assert len(caplog.records) == 2
    assert "2secret" not in caplog.text
