"""One hosted process: ready or not, what it counts and logs, how it starts and stops, what it does without Redis."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from benchmarks.load.client import Tab
from hosting.headers import inline_hashes
from hosting.logs import JsonLines
from tests.browser.test_live_prices import enter_bag
from tests.exchange.server import LoopbackExchange
from tests.hosting.site import ROOT, App, Redis, ask, until
from tests.hosting.test_proxy import only
from tests.support import coroutines

Start = Callable[..., App]


def test_it_is_ready_once_the_sample_market_is_loaded(lone_app: Start) -> None:
    app = lone_app()
    until("the server answers", lambda: _status(app, "/_stcore/health") == 200)
    until("it is ready", lambda: _status(app, "/ready") == 200)
    answer = ask(f"{app.base}/ready")
    assert json.loads(answer.body) == {"ready": True, "cache": "answers"}
    assert only(answer, "Cache-Control") == "no-store"
    assert only(answer, "X-Content-Type-Options") == "nosniff"


def test_a_setting_that_cannot_be_used_keeps_it_from_being_ready_and_is_told(lone_app: Start) -> None:
    app = lone_app(HEDGE_TIMEOUT="soon")
    until("it tells", lambda: "HEDGE_TIMEOUT must be" in app.text())
    assert ask(f"{app.base}/ready").status == 503
    assert ask(f"{app.base}/_stcore/health").status == 200
    assert app.metric("hedge_ready") == {"hedge_ready": 0.0}


def test_a_cache_that_does_not_answer_is_told_and_does_not_stop_it(lone_app: Start) -> None:
    app = lone_app(HEDGE_CACHE_URL="redis://127.0.0.1:1/0")
    app.wait()
    assert json.loads(ask(f"{app.base}/ready").body) == {"ready": True, "cache": "degraded"}
    assert [record["level"] for record in app.records() if "cache" in record["message"]][:1] == ["warning"]


def test_the_address_plan_leads_to_the_root_with_the_plan_in_its_query(lone_app: Start) -> None:
    app = lone_app()
    app.wait()
    bare, shared = ask(f"{app.base}/plan"), ask(f"{app.base}/plan?p=2abc-_")

    assert (bare.status, only(bare, "Location")) == (307, "./")
    assert (shared.status, only(shared, "Location")) == (307, "./?p=2abc-_")


@pytest.mark.browser
def test_it_starts_without_a_network_and_stops_on_sigterm_with_a_visitor_there(lone_app: Start, page: Page) -> None:
    app = lone_app(HEDGE_OFFLINE="1", HTTPS_PROXY="http://127.0.0.1:1", HTTP_PROXY="http://127.0.0.1:1")
    app.wait()
    page.goto(app.base)
    expect(page.locator(".st-key-start_bag button:visible")).to_be_visible()

    began = time.monotonic()
    status = app.stop()

    assert time.monotonic() - began < 50.0  # a server that waited for its visitors would not end
    assert status == -signal.SIGTERM  # after a clean stop uvicorn ends by the signal that it was sent
    assert [record["message"] for record in app.records()] == ["ready", "stopping"]


@pytest.mark.browser
@pytest.mark.rare
def test_it_counts_what_it_asked_of_exchanges_and_goes_on_without_redis(
    lone_app: Start, redis: Redis, page: Page
) -> None:
    with LoopbackExchange() as exchange:
        app = lone_app(HEDGE_MARKET="kraken", HEDGE_CACHE_URL=redis.url, HEDGE_EXCHANGE_BASE_URL=exchange.url)
        app.wait()
        enter_bag(page, app.base)
        expect(page.locator(".st-key-top_source")).to_contain_text("Kraken, less than a minute old")
        fetched = app.metric("hedge_market_fetches")
        assert fetched['hedge_market_fetches_total{exchange="kraken",outcome="ok"}'] >= 3
        assert app.metric("hedge_market_cache_answers")
        assert app.metric("hedge_market_age_seconds")['hedge_market_age_seconds{exchange="kraken"}'] < 60

        redis.kill()
        page.locator(".st-key-live_line").get_by_role("button").click()
        until("prices are fetched anew", lambda: _fetches(app) > sum(fetched.values()))
        expect(page.locator(".st-key-top_source")).to_contain_text("less than a minute old")
        assert json.loads(ask(f"{app.base}/ready").body) == {"ready": True, "cache": "degraded"}
        assert app.metric("hedge_errors") == {}


def test_the_log_holds_neither_query_nor_address(lone_app: Start) -> None:
    app = lone_app()
    app.wait()
    for path in ("/?p=marker", "/ready?p=marker", "/_stcore/stream?p=marker", "/media/none?p=marker"):
        ask(f"{app.base}{path}")
    assert [record["message"] for record in app.records()] == ["ready"]


def test_a_fault_is_logged_with_its_place_and_without_its_words() -> None:
    try:
        float("12 BTC of Alice")
    except ValueError as error:
        fault = (type(error), error, error.__traceback__)
    record = logging.LogRecord("app", logging.ERROR, __file__, 1, "a page failed", (), fault)

    line = json.loads(JsonLines().format(record))

    assert (line["level"], line["message"], line["fault"]) == ("error", "a page failed", "ValueError")
    assert re.fullmatch(r"hosting/test_app\.py:\d+ test_a_fault\w+", line["at"][0])
    assert "Alice" not in json.dumps(line)


def test_a_fault_that_streamlit_logs_is_written_and_counted_in_the_same_way() -> None:
    program = """
from hosting.logs import configure
faults = configure("json")
from streamlit.error_util import handle_uncaught_app_exception
try:
    float("12 BTC of Alice")
except ValueError as error:
    handle_uncaught_app_exception(error)
print(faults.read())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "{('streamlit.error_util', 'ValueError'): 1}\n"
    records = [json.loads(line) for line in done.stderr.splitlines()]
    assert [record["fault"] for record in records if record["level"] == "error"] == ["ValueError"]
    assert "Alice" not in done.stderr


def test_inline_scripts_are_named_by_their_hash() -> None:
    # The empty text's SHA-256, e3b0c442..., in base64.
    assert inline_hashes("<script></script>") == ["'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"]


def _status(app: App, path: str) -> int:
    try:
        return ask(f"{app.base}{path}").status
    except OSError:
        return 0


def _fetches(app: App) -> float:
    return sum(app.metric("hedge_market_fetches").values())


def rss_mib(app: App) -> float:
    """Resident memory of the app's process."""
    return int(re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{app.process.pid}/status").read_text())[0]) / 1024


SIZES = [(1_900_000, 1_800_000), (2_100_000, 2_000_000), (20_000_000, 19_000_000)]


@pytest.mark.rare
@pytest.mark.parametrize(("declared", "sent"), SIZES)
def test_unfinished_frames_take_little_memory_and_end(lone_app: Start, declared: int, sent: int) -> None:
    """Thirty frames that are never finished: one that is too large ends at its header, others at the next ping."""
    app = lone_app(HEDGE_OFFLINE="on")
    app.wait()
    before = rss_mib(app)
    header = b"\x82\xff" + declared.to_bytes(8, "big") + b"\x00" * 4  # a masked binary frame
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(
                connect(
                    f"ws://{app.address}/_stcore/stream",
                    origin=Origin(app.base),
                    subprotocols=[Subprotocol("streamlit")],
                    proxy=None,
                )
            )
            for _ in range(30)
        ]
        for one in sockets:
            with suppress(OSError):
                one.socket.sendall(header + b"\x00" * sent)
        assert rss_mib(app) - before < 30 * 2 + 60
        assert ask(f"{app.base}/_stcore/health").status == 200
        until("they have ended", lambda: app.metric("active_sessions").get("active_sessions", 0.0) == 0.0, 20.0)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures memory as Linux tells it")
def test_a_session_that_uploads_three_hundred_megabytes_keeps_few_of_them(lone_app: Start) -> None:
    app = lone_app(HEDGE_OFFLINE="on")
    app.wait()

    async def upload() -> list[int]:
        tab = Tab(app.base)
        await tab.open()
        session = await tab.session_id()
        head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n'
        body = head + b"x" * 4_900_000 + b"\r\n--x--\r\n"
        cookie = re.findall(r"_streamlit_xsrf=([^;]+)", str(ask(f"{app.base}/_stcore/health").headers))[0]
        headers = {
            "Content-Type": "multipart/form-data; boundary=x",
            "X-Xsrftoken": cookie,
            "Cookie": f"_streamlit_xsrf={cookie}",
        }
        answers = []
        for number in range(60):
            address = f"{app.base}/_stcore/upload_file/{session}/{number}"
            answers.append((await asyncio.to_thread(ask, address, method="PUT", headers=headers, body=body)).status)
        await tab.close()
        return answers

    before = rss_mib(app)

    assert coroutines.run(upload()) == [204] * 4 + [429] * 56
    assert rss_mib(app) - before < 60


PIECES = b"\x02\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 100_000
FRAMES = {"pings": b"\x89\x80\0\0\0\0" * 100_000, "pongs": b"\x8a\x80\0\0\0\0" * 100_000, "pieces": PIECES}


@pytest.mark.parametrize("entry", ["hosted.py", "app.py"])
def test_a_flood_of_frames_without_a_message_ends_and_others_are_answered(lone_app: Start, entry: str) -> None:
    app = lone_app(entry=entry)
    until("the server answers", lambda: _status(app, "/_stcore/health") == 200)

    async def flood() -> float:
        reader = Tab(app.base)
        await reader.open()
        for frames in FRAMES.values():
            socket = await Tab(app.base).connect()
            with suppress(ConnectionError):
                socket.transport.write(frames * 20)
            async with asyncio.timeout(10.0):
                await socket.wait_closed()
        began = time.monotonic()
        await reader.go("bag")
        await reader.close()
        return time.monotonic() - began

    assert coroutines.run(flood()) < 5.0
    assert app.text().count("refused: too many frames") == len(FRAMES)


def threads_of(app: App) -> int:
    (line,) = [one for one in Path(f"/proc/{app.process.pid}/status").read_text().splitlines() if "Threads" in one]
    return int(line.split()[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="counts threads as Linux tells them")
def test_a_flood_of_reruns_makes_no_flood_of_threads_and_no_error(lone_app: Start) -> None:
    """Streamlit makes a thread for each message; those that wait for their turn end when the tab asks again."""
    app = lone_app(HEDGE_PROXY="on")
    app.wait()

    async def flood() -> tuple[int, int]:
        tabs = [Tab(app.base) for _ in range(4)]
        for tab in tabs:
            await tab.open()
        await asyncio.sleep(1.0)
        quiet, most = threads_of(app), 0
        for _ in range(40):
            for tab in tabs:
                await tab.ask_for_nothing()
                await tab.idle(0.01)
            most = max(most, threads_of(app))
        for tab in tabs:
            await tab.close()
        return quiet, most

    quiet, most = coroutines.run(flood())

    assert most <= quiet + 20
    assert [record for record in app.records() if record["level"] == "error"] == []
