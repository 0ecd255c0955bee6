"""Settings of the host: refused at start by their name, and no secret in what is said."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading

import pytest

from hedge_core.errors import HedgeError, InvalidInput
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.live.storage import open_storage
from hosting.readiness import Readiness
from hosting.settings import HostingSettings
from pages.ui.app import start
from pages.ui.session import live_prices
from tests.hosting.site import ROOT
from tests.support import coroutines


def test_without_any_setting_the_defaults_hold():
    assert HostingSettings.read({"PATH": "/bin"}) == HostingSettings(log="plain", replica="", is_behind_proxy=False)


def test_every_setting_is_read():
    given = {"HEDGE_LOG": "json", "HEDGE_REPLICA": "blue-2", "HEDGE_PROXY": "on", "HEDGE_TIMEOUT": "5"}

    assert HostingSettings.read(given) == HostingSettings(log="json", replica="blue-2", is_behind_proxy=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEDGE_LOG", "xml"), ("HEDGE_LOG", "JSON"), ("HEDGE_REPLICA", "a b"), ("HEDGE_REPLICA", "1; Path=/x"),
        ("HEDGE_REPLICA", "x" * 41), ("HEDGE_REPLICA", "a\r\nSet-Cookie: b"), ("HEDGE_PROXY", "maybe"),
        ("HEDGE_CACH_URL", "redis://:secret@host"), ("HEDGE_MAX_STALENES", "60"), ("HEDGE_", "1"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_meant_is_refused_by_its_name(name, value):
    with pytest.raises(InvalidInput, match=name) as caught:
        HostingSettings.read({name: value})

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["1", "on", "true", "yes", "ON", "Yes", " on "])
def test_offline_is_on(text):
    assert LiveSettings.read({"HEDGE_OFFLINE": text}).offline


@pytest.mark.parametrize("text", ["0", "off", "false", "no", "", "OFF"])
def test_offline_is_off(text):
    assert not LiveSettings.read({"HEDGE_OFFLINE": text}).offline


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEDGE_OFFLINE", "maybe"), ("HEDGE_OFFLINE", "2"), ("HEDGE_OFFLINE", "offline"), ("HEDGE_OFFLINE", "enabled"),
        ("HEDGE_MARKET", "binanc"), ("HEDGE_MARKET", "SAMPLE"), ("HEDGE_MARKET", "http://x"),
        ("HEDGE_EXCHANGE_BASE_URL", "http://"), ("HEDGE_EXCHANGE_BASE_URL", "http://h:port"),
        ("HEDGE_EXCHANGE_BASE_URL", "http://[::1"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_not_taken_for_the_default(name, value):
    with pytest.raises(InvalidInput, match=name):
        LiveSettings.read({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEDGE_CACHE_URL", "reids://user:hunter2@host:6379/0"),
        ("HEDGE_CACHE_URL", "http://host/?password=hunter2"),
        ("HEDGE_CACHE_URL", "user:hunter2@host"),
        ("HEDGE_CACHE_URL", "redis:/:p@hunter2@host"),
        ("HEDGE_EXCHANGE_BASE_URL", "ftp://user:hunter2@host/"),
        ("HEDGE_EXCHANGE_BASE_URL", "https://user:hunter2@host:port/"),
        ("HEDGE_EXCHANGE_BASE_URL", "host?token=hunter2&x=hunter2"),
    ],
)
def test_a_refusal_shows_no_secret(name, value):
    with pytest.raises(InvalidInput, match=name) as caught:
        LiveSettings.read({name: value})

    assert "hunter2" not in str(caught.value)
    assert "host" in str(caught.value)


@pytest.mark.parametrize("url", ["redis://:hunter2@host:port/0", "redis://:hunter2@host:99999999/0", "redis://[::1"])
def test_the_address_of_a_redis_server_that_cannot_be_read_is_refused_without_its_password(url):
    with pytest.raises(InvalidInput, match="HEDGE_CACHE_URL") as caught:
        open_storage(url, lock_timeout=1.0).close()

    assert "hunter2" not in str(caught.value)


def answer(readiness: Readiness) -> tuple[int, dict[str, object]]:
    response = coroutines.run(readiness.answer(None))  # type: ignore[arg-type]
    return response.status_code, json.loads(response.body)


def test_it_answers_while_visitors_keep_all_shared_threads_busy() -> None:
    end = threading.Event()

    async def ask() -> int:
        busy = [asyncio.create_task(asyncio.to_thread(end.wait)) for _ in range(100)]
        await asyncio.sleep(0.01)
        try:
            async with asyncio.timeout(5.0):
                return (await Readiness().answer(None)).status_code  # type: ignore[arg-type]
        finally:
            end.set()
            await asyncio.gather(*busy)

    assert coroutines.run(ask()) == 503  # it has not warmed up


@pytest.mark.parametrize(
    ("name", "value"),
    [("HEDGE_OFFLINE", "maybe"), ("HEDGE_TIMEOUT", "soon"), ("HEDGE_CACHE_URL", "redis://:hunter2@host:port")],
)
def test_the_log_and_the_answer_say_the_same(name, value, monkeypatch, caplog):
    monkeypatch.setenv(name, value)
    live_prices.settings.clear()
    live_prices.loader.clear()
    readiness = Readiness()

    with caplog.at_level(logging.INFO, "hedge_planner.hosting"):
        readiness.warm_up()
    live_prices.settings.clear()
    live_prices.loader.clear()

    status, said = answer(readiness)
    assert status == 503
    assert str(said["reason"]).startswith(name)
    assert [record.getMessage() for record in caplog.records] == [f"not ready: {said['reason']}"]
    assert "hunter2" not in str(said)


WARM = """
import sys
from hosting.readiness import Readiness
readiness = Readiness()
readiness.warm_up()
assert readiness.is_warm, readiness.reason
before = set(sys.modules)
from pages.ui.session import memo
print(*memo._shared()["start"])
import {module}
print(*sorted(name for name in set(sys.modules) - before if not name.startswith("encodings")))
"""


@pytest.mark.parametrize("module", ["pages.ui.risk.cash", "plotly.graph_objects", "hedge_core.history.backtest"])
def test_a_replica_that_says_that_it_is_ready_has_drawn_the_start_page_and_imports_nothing_more(module):
    """In a process of its own: a test before this one has imported all of it."""
    done = subprocess.run(
        [sys.executable, "-c", WARM.format(module=module)], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == [str(start.USUAL_SHARE), ""]


def test_a_fault_that_nobody_foresaw_is_logged_and_told(monkeypatch, caplog):
    def broken() -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("hosting.readiness.live_prices.loader", broken)
    readiness = Readiness()
    readiness.warm_up()

    status, said = answer(readiness)
    assert (status, said["ready"]) == (503, False)
    assert "RuntimeError" in str(said["reason"])
    assert "secret" not in str(said)
    assert caplog.records[-1].exc_info


class _Markets:
    def __init__(self, outcome: bool | Exception) -> None:
        self.outcome = outcome

    def cache_answers(self) -> bool:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.mark.parametrize(
    ("outcome", "state"), [(True, "answers"), (False, "degraded"), (HedgeError("the disk is full"), "degraded")]
)
def test_a_cache_that_fails_makes_the_app_slower_and_not_unready(outcome, state):
    readiness = Readiness()
    readiness.markets, readiness.is_warm, readiness.reason = _Markets(outcome), True, ""  # type: ignore[assignment]

    assert answer(readiness) == (200, {"ready": True, "cache": state})


@pytest.mark.parametrize(
    ("name", "value"), [("HEDGE_REPLICA", "not a name"), ("HEDGE_LOG", "xml"), ("HEDGE_CACHEURL", "redis://:hunter2@h")]
)
def test_a_setting_of_the_host_that_cannot_be_used_stops_the_start(name, value):
    done = subprocess.run(
        [sys.executable, "-c", "import hosted"],
        cwd=ROOT, env={**os.environ, name: value}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.startswith(f"hosted.py cannot start: {name}")
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
