"""A real server and a real browser, for what only a browser can show."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.servers import answers, free_port

ROOT = Path(__file__).parents[2]


def start_server(log: Path, settings: Mapping[str, str] | None = None) -> tuple[subprocess.Popen[bytes], str]:
    """The app on a free port, with `settings` in its environment."""
    port = free_port()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
                "--server.port", str(port), "--server.address", "127.0.0.1",
                "--server.fileWatcherType", "none",
            ],
            cwd=ROOT,
            env={**os.environ, **(settings or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while not answers(f"{base}/_stcore/health"):
        if time.monotonic() > deadline or process.poll() is not None:
            process.kill()
            pytest.fail(f"the server did not start: {log.read_text(errors='replace')}")
        time.sleep(0.1)
    return process, base


@contextmanager
def running(log: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The app while it runs, with `settings` in its environment; what it wrote may hold no traceback."""
    process, base = start_server(log, settings)
    yield base
    process.terminate()
    process.wait(timeout=20)
    # A script that still runs when the server is told to stop may end in the middle of a line, and says so.
    written = log.read_text(errors="replace").partition("Stopping...")[0]
    assert "Traceback" not in written, written


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all tests, as visitors share it."""
    with running(tmp_path_factory.mktemp("server") / "server.log") as base:
        yield base


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[str]:
    """A server as after a deployment: nobody has visited it yet."""
    with running(tmp_path / "server.log") as base:
        yield base
