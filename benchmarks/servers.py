"""Servers of this project (or of a bare page) as processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Server:
    """A Streamlit server that was started here; `started` is the moment by time.perf_counter()."""

    address: str
    process: subprocess.Popen[bytes]
    log: IO[bytes]
    started: float

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def log_text(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def wait_until_it_answers(self, seconds: float = 60.0, path: str = "/_stcore/health") -> None:
        deadline = time.monotonic() + seconds
        while not answers(f"{self.address}{path}"):
            if not self.is_running or time.monotonic() > deadline:
                raise RuntimeError(f"a server does not start: {self.log_text()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a crash would: nothing is closed or saved."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if not self.is_running:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()


def launch(script: str | Path, settings: Mapping[str, str] | None = None) -> Server:
    """Start a fresh server of `script` (a path below the project's folder, or absolute) and do not wait for it."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.fileWatcherType", "none"]
    log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the server
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **(settings or {})}, stdout=log, stderr=subprocess.STDOUT
    )
    return Server(f"http://127.0.0.1:{port}", process, log, started)


@contextmanager
def running(script: str | Path, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A fresh server that answers; stopped at the end."""
    server = launch(script, settings)
    try:
        server.wait_until_it_answers()
        yield server
    finally:
        server.stop()
        server.log.close()


@contextmanager
def serving(script: str | Path) -> Iterator[str]:
    """The address of a fresh server."""
    with running(script) as server:
        yield server.address


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1).read()
    except OSError:
        return False
    return True
