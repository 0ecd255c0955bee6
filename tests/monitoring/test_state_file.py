"""A watch whose disk, clock or webhook fails: alerts go out all the same."""

from __future__ import annotations

import errno
import io
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from hedge_core.cli.monitor import _Output
from hedge_core.documents.plan_file import save_plan
from hedge_core.errors import InvalidInput
from hedge_core.monitoring import notify, state_file
from hedge_core.monitoring.notify import Message, Notifier
from hedge_core.monitoring.short_answers import MOST_BYTES, short_answers
from hedge_core.monitoring.state_file import StateFile
from hedge_core.monitoring.watch import WatchSettings
from hedge_core.monitoring.watch_state import WatchState
from tests.support.stopwatch import Stopwatch
from tests.support.watching import START, Stage, short_plan, webhook

# ------------------------------------------------------------------------------------------------ a full disk


def fill(state: StateFile) -> None:
    """Leave no room for another page, as on a full disk (SQLITE_FULL)."""
    (pages,) = state._db.execute("PRAGMA page_count").fetchone()
    state._db.execute(f"PRAGMA max_page_count = {pages}")
    rows = (
        "INSERT INTO messages (kind, queued_at, not_before, severity, title, body) "
        "VALUES ('event', 4e9, 0, 'info', '', hex(randomblob(?)))",
        "INSERT INTO standing (key, since) VALUES ('filler' || hex(randomblob(?)), 0)",
        "INSERT INTO marks VALUES (hex(randomblob(?)), 0)",
    )
    for row in rows:  # each table has pages of its own, with room in them
        for size in (400, 40, 4, 1):
            with suppress(sqlite3.Error):
                while True:
                    state._db.execute(row, (size,))


def make_room(state: StateFile) -> None:
    assert state._file is not None
    state._file.execute("PRAGMA max_page_count = 1000000")


def lock(state: StateFile) -> None:
    state._db.execute("PRAGMA query_only = ON")


@pytest.mark.parametrize("break_it", [fill, lock], ids=["the disk is full", "the file is read-only"])
def test_an_alert_goes_out_once_although_it_cannot_be_recorded(tmp_path: Path, break_it: Callable) -> None:
    stage = Stage(path=str(tmp_path / "state"), plan=short_plan(collateral=900.0))
    stage.price = 1_500.0
    stage.check()
    before = len(stage.told)
    break_it(stage.state)

    stage.price = 2_100.0
    glances = [stage.check() for _ in range(3)]

    new = stage.titles[before:]
    assert any(title.startswith("CRITICAL") for title in new)
    assert len(new) == len(set(new))
    assert all("cannot be written" in glance.state_fault for glance in glances)


def test_what_happened_meanwhile_is_written_once_there_is_room(tmp_path: Path) -> None:
    stage = Stage(path=str(tmp_path / "state"), plan=short_plan(collateral=900.0))
    stage.price = 1_500.0
    stage.check()
    fill(stage.state)
    stage.price = 2_100.0
    assert stage.check().state_fault
    told = list(stage.titles)

    make_room(stage.state)

    assert stage.check().state_fault == ""
    stage.restart()
    stage.check()
    assert stage.titles == told


def test_an_address_that_fails_while_the_disk_is_full_is_paused_all_the_same(tmp_path: Path) -> None:
    asked = []
    stage = Stage(
        path=str(tmp_path / "state"), plan=short_plan(collateral=900.0), send=lambda *_: bool(asked.append(1))
    )
    fill(stage.state)

    for _ in range(3):
        stage.check(timedelta(seconds=1))

    assert len(asked) == 1


def no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("has_file", [False, True], ids=["no file", "an empty file"])
def test_an_alert_goes_out_where_there_is_no_room_for_the_name_of_another_file(
    tmp_path: Path, has_file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk without inodes: SQLite says that it cannot open the file, as it does of a folder that does not exist.

    Here the folder is missing at first, and the system says that it is full.
    """
    folder = tmp_path / "disk"
    path = folder / "state"
    if has_file:
        folder.mkdir()
        path.touch()
        (folder / "state-journal").mkdir()  # stands where the journal would
    with monkeypatch.context() as disk:
        disk.setattr(state_file, "TemporaryFile", no_room)
        stage = Stage(path=str(path), plan=short_plan(collateral=900.0))
        assert "cannot be written" in stage.check().state_fault
    assert [title for title in stage.titles if title.startswith("CRITICAL")]

    (folder / "state-journal").rmdir() if has_file else folder.mkdir()
    assert stage.check().state_fault == ""
    stage.restart()
    told = len(stage.titles)
    stage.check()
    assert len(stage.titles) == told
    stage.state.close()


@pytest.mark.parametrize("error", [errno.EACCES, errno.ENOENT])
def test_a_file_that_cannot_be_opened_for_another_reason_is_refused(
    tmp_path: Path, error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(error, "refused")

    monkeypatch.setattr(state_file, "TemporaryFile", refused)

    with pytest.raises(InvalidInput, match="cannot be written"):
        WatchState(str(tmp_path / "missing" / "state"))


def test_what_somebody_else_has_written_meanwhile_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "disk"
    with monkeypatch.context() as disk:
        disk.setattr(state_file, "TemporaryFile", no_room)
        stage = Stage(path=str(folder / "state"), plan=short_plan(collateral=900.0))
    folder.mkdir()
    (folder / "state").write_text("mine")

    assert "cannot be written" in stage.check().state_fault
    assert (folder / "state").read_text() == "mine"
    stage.state.close()


def test_a_damaged_file_is_still_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    WatchState(str(path)).close()
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 4_000)

    with pytest.raises(Exception, match="cannot be used"):
        WatchState(str(path))


@pytest.mark.parametrize(
    "has_state", [pytest.param(True, marks=pytest.mark.rare), False], ids=["with a state file", "on the first run"]
)
def test_the_command_sends_its_alert_where_no_byte_can_be_written(tmp_path: Path, has_state: bool) -> None:
    plan, state = tmp_path / "plan.json", tmp_path / "state"
    save_plan(short_plan(collateral=900.0), plan)
    if has_state:
        WatchState(str(state)).close()

    def nothing_may_be_written() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    with webhook() as hook:
        done = subprocess.run(
            [
                sys.executable, "-B", "-m", "hedge_core", "monitor", str(plan), "--state", str(state), "--notify",
                hook.address, "--now", "2026-11-01T00:00Z",
            ],
            capture_output=True, text=True, check=False, preexec_fn=nothing_may_be_written, timeout=120,
        )  # fmt: skip

    assert done.returncode == 4, done.stderr
    assert any(title.startswith("CRITICAL") for title in hook.titles)
    assert "cannot be written" in done.stderr


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("streams", [("out",), ("err",), ("out", "err")], ids=" and ".join)
def test_a_log_on_a_full_disk_stops_no_alert_and_changes_no_exit_code(tmp_path: Path, streams: tuple[str, ...]) -> None:
    """The first address refuses, which is noted on standard error before the second one is asked."""
    save_plan(short_plan(collateral=900.0), tmp_path / "plan.json")
    command = [sys.executable, "-m", "hedge_core", "monitor", str(tmp_path / "plan.json"), "--now", "2026-11-01T00:00Z"]
    with webhook() as hook, FULL.open("w") as full:
        done = subprocess.run(
            [*command, "--notify", "json://127.0.0.1:1/", "--notify", hook.address],
            stdout=full if "out" in streams else subprocess.PIPE,
            stderr=full if "err" in streams else subprocess.PIPE,
            timeout=120,
            check=False,
        )

    assert done.returncode == 4
    assert any(title.startswith("CRITICAL") for title in hook.titles)


@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device"), BrokenPipeError(32, "Broken pipe")], ids=repr
)
def test_a_loop_goes_on_where_its_log_cannot_be_written(fault: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise fault

    monkeypatch.setattr(sys, "stdout", Full())
    monkeypatch.setattr(sys, "stderr", Full())

    _Output(is_all_there_is=False).say("a check")
    _Output(is_all_there_is=False).note("a note")


def test_a_loop_that_tells_nobody_else_ends_with_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        _Output(is_all_there_is=True).write(gone)


# ------------------------------------------------------------------------------------------------ a clock that jumps

JUMPS = [timedelta(days=-400), timedelta(days=-2), timedelta(hours=-5), timedelta(days=400), timedelta(days=30)]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_message_that_was_refused_is_sent_within_an_hour_of_the_new_time(tmp_path: Path, jump: timedelta) -> None:
    accepts: list[bool] = []
    told: list[Message] = []

    def send(_: str, message: Message) -> bool:
        if accepts:
            told.append(message)
        return bool(accepts)

    stage = Stage(path=str(tmp_path / "state"), plan=short_plan(collateral=900.0), send=send)
    for _ in range(8):
        stage.check(timedelta(minutes=50))
    accepts.append(True)
    stage.clock.moment += jump

    for _ in range(13):
        stage.check(timedelta(minutes=5))

    assert any(message.title.endswith("(My bag)") for message in told)


@pytest.mark.parametrize("jump", [jump for jump in JUMPS if jump < timedelta(0)], ids=str)
def test_quiet_hours_of_a_wrong_clock_hold_nothing_back(tmp_path: Path, jump: timedelta) -> None:
    from datetime import time as clock_time

    settings = WatchSettings(quiet=(clock_time(0, 0), clock_time(6, 0)))
    stage = Stage(path=str(tmp_path / "state"), plan=short_plan(lots=80), settings=settings)
    stage.check()
    assert stage.titles == []
    stage.clock.moment += jump + timedelta(hours=7 if jump < timedelta(days=-1) else 0)

    for _ in range(13):
        stage.check(timedelta(minutes=5))

    assert any(title.startswith("WARNING") for title in stage.titles)


@pytest.mark.parametrize("jump", [jump for jump in JUMPS if jump < timedelta(0)], ids=str)
def test_a_heartbeat_of_a_wrong_clock_does_not_stop_heartbeats(jump: timedelta) -> None:
    settings = WatchSettings(heartbeat=(START + timedelta(minutes=30)).time())
    stage = Stage(plan=short_plan(), settings=settings)
    for _ in range(4):
        stage.check(timedelta(minutes=15))
    assert sum("Monitor running" in title for title in stage.titles) == 1

    stage.clock.moment += jump
    for _ in range(13):
        stage.check(timedelta(minutes=5))

    assert sum("Monitor running" in title for title in stage.titles) == 2


# ------------------------------------------------------------------------------------------------ webhooks


@contextmanager
def dripping(pause: float = 0.2) -> Iterator[socket.socket]:
    """A server that answers its first connection one byte at a time, for half an hour, and accepts no second one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        is_over = threading.Event()

        def serve() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    for byte in (b"HTTP/1.1 200 OK\r\nX-Long: ", *([b"a"] * 10_000)):
                        if is_over.wait(pause):
                            return
                        connection.sendall(byte)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            is_over.set()
            thread.join(60)


def test_a_webhook_that_drips_is_left_and_not_asked_again_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "SEND_SECONDS", 2.0)
    with dripping() as slow, webhook() as hook:
        notifier = Notifier([f"json://127.0.0.1:{slow.getsockname()[1]}/", hook.address])
        first, second = notifier.names
        with Stopwatch() as watch:
            answers = [notifier.send(name, Message("A", "B")) for name in (first, second, first, second)]

        assert answers == [False, True, False, True]
        assert watch.seconds < 60.0  # it drips for half an hour
        assert len(hook.received) == 2
        slow.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.accept()  # nothing more is waiting there


@pytest.mark.rare
def test_a_single_check_ends_while_its_webhook_still_drips(tmp_path: Path) -> None:
    """It waits 15 seconds for the address; the program that cron starts must not wait for the end of the answer."""
    save_plan(short_plan(collateral=900.0), tmp_path / "plan.json")
    command = [sys.executable, "-m", "hedge_core", "monitor", str(tmp_path / "plan.json"), "--now", "2026-11-01T00:00Z"]
    with dripping() as slow:
        address = f"json://127.0.0.1:{slow.getsockname()[1]}/"
        done = subprocess.run([*command, "--notify", address], capture_output=True, timeout=120, check=False)

    assert done.returncode == 4


def test_no_thread_that_still_waits_for_an_answer_holds_up_the_end_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notify, "SEND_SECONDS", 1.0)
    before = set(threading.enumerate())
    with dripping() as slow:
        notifier = Notifier([f"json://127.0.0.1:{slow.getsockname()[1]}/"])
        assert notifier.send(notifier.names[0], Message("A", "B")) is False
        still = [thread for thread in threading.enumerate() if thread not in before]

    assert still
    assert all(thread.daemon for thread in still)


@contextmanager
def pouring(head: bytes, body: bytes) -> Iterator[str]:
    """A webhook whose answer never ends; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
                    while True:
                        connection.sendall(body)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"json://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(60)


def rss_mib() -> float:
    return int(re.findall(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024


ZEROS = zlib.compressobj(9, zlib.DEFLATED, 31)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures memory as Linux tells it")
@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"", b"x" * 1_000_000),
        (b"Content-Length: 100000000000\r\n", b"x" * 1_000_000),
        (b"Transfer-Encoding: chunked\r\n", b"100000\r\n" + b"x" * 0x100000 + b"\r\n"),
        (b"Content-Encoding: gzip\r\n", ZEROS.compress(bytes(50_000_000)) + ZEROS.flush(zlib.Z_SYNC_FLUSH)),
    ],
    ids=["no length", "a large length", "chunks", "compressed"],
)
def test_an_answer_without_an_end_is_read_no_further_and_counts(head: bytes, body: bytes) -> None:
    before = rss_mib()
    with pouring(head, body) as address, Stopwatch() as watch:
        notifier = Notifier([address])
        assert notifier.send(notifier.names[0], Message("A", "B"))

    assert watch.seconds < 30.0
    assert rss_mib() - before < 120.0
    assert not any(thread.name.startswith("Thread") and not thread.daemon for thread in threading.enumerate())


def test_other_answers_that_this_process_reads_are_not_shortened() -> None:
    import requests

    with short_answers():
        pass
    long = requests.Response()
    long.raw = io.BytesIO(b"x" * 3_000_000)
    short = requests.Response()
    short.raw = io.BytesIO(b"x" * 3_000_000)

    assert len(long.content) == 3_000_000
    with short_answers():
        assert len(short.content) == MOST_BYTES


def test_an_address_that_failed_is_asked_after_the_others(tmp_path: Path) -> None:
    asked: list[str] = []

    def send(address: str, _: Message) -> bool:
        asked.append(address)
        return address != "slow"

    stage = Stage(addresses=("slow", "good", "better"), plan=short_plan(collateral=900.0), send=send)
    stage.check(timedelta(hours=2))
    first = list(asked)
    asked.clear()
    stage.price = 2_500.0
    stage.check()

    assert first[0] == "slow"
    assert asked[-1] == "slow"


class _Redirect(BaseHTTPRequestHandler):
    target = ""
    status = 302

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Location", self.target)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("asked_for", ["", "?redirect=yes"])
def test_a_redirect_is_not_followed_to_another_host(status: int, asked_for: str) -> None:
    with webhook() as elsewhere:
        handler = type("Handler", (_Redirect,), {"target": elsewhere.address.replace("json", "http"), "status": status})
        server = HTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        notifier = Notifier([f"json://localhost:{server.server_port}/{asked_for}"])

        assert not notifier.send(notifier.names[0], Message("A", "a figure of the position"))

        server.shutdown()
        server.server_close()
        assert elsewhere.asked == 0


def test_loggers_stay_silent_while_one_of_several_still_sends_and_get_their_level_back() -> None:
    import logging

    logger = logging.getLogger("apprise")
    level = logger.level
    with notify._silence:
        with notify._silence:
            pass
        assert logger.level > logging.CRITICAL
    assert logger.level == level
