"""A whole site on this machine, as compose.yaml starts one: nginx, two replicas, and Redis if it is wanted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchmarks.load import proxy
from benchmarks.servers import free_port

ROOT = Path(__file__).parents[2]
NGINX = ROOT / "deploy" / "nginx"
REPLICAS = {"1": "172.30.53.11:8501", "2": "172.30.53.12:8501"}
"""Their names and their addresses in replicas.conf."""


class Answer(NamedTuple):
    status: int
    headers: Any
    body: bytes


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def ask(
    url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """One request on a new connection; an error status is an answer too."""
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)
    try:
        with _OPENER.open(request, timeout=60) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def needed(program: str) -> str:
    """The program's path; without it the test is left out, but not in continuous integration."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is not installed")
    assert path is not None
    return path


def until(what: str, holds: Any, seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not in {seconds:.0f} s: {what}"
        time.sleep(0.05)


class App:
    """One process of the hosted app."""

    def __init__(
        self, folder: Path, name: str = "", settings: Mapping[str, str] | None = None, entry: str = "hosted.py"
    ) -> None:
        self.name, self.entry = name, entry
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.base = f"http://{self.address}"
        self.log = folder / f"app{name}.log"
        self.settings = {
            "HEDGE_LOG": "json", "HEDGE_REPLICA": name, "STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE": "true",
            **(settings or {}),
        }  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it, again on the same port."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "streamlit", "run", self.entry, "--server.headless", "true",
                    "--server.port", str(self.port), "--server.address", "127.0.0.1",
                    "--server.fileWatcherType", "none",
                ],
                cwd=ROOT,
                env={**os.environ, **self.settings},
                stdout=out,
                stderr=subprocess.STDOUT,
            )  # fmt: skip

    def is_ready(self) -> bool:
        assert self.process.poll() is None, f"the app has ended: {self.text()}"
        try:
            return ask(f"{self.base}/ready").status == 200
        except OSError:
            return False

    def wait(self) -> None:
        until("the app is ready", self.is_ready)

    def kill(self) -> None:
        """As a crash does it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)

    def stop(self) -> int:
        """As an operator does it; returns the exit status."""
        self.process.terminate()
        return self.process.wait(60)

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def records(self) -> list[dict[str, Any]]:
        """The log; a line that is not JSON fails the test."""
        return [json.loads(line) for line in self.text().splitlines()]

    def metric(self, name: str) -> dict[str, float]:
        """The series of one family, by their labels."""
        lines = ask(f"{self.base}/_stcore/metrics?families={name}").body.decode().splitlines()
        found = [line.rpartition(" ") for line in lines if line.startswith(name)]
        return {series: float(value) for series, _, value in found}


class Redis:
    """A Redis server that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        with (folder / "redis.log").open("wb") as out:
            self.process = subprocess.Popen(
                [
                    needed("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                    "--appendonly", "no", "--dir", str(folder),
                ],
                stdout=out,
                stderr=subprocess.STDOUT,
            )  # fmt: skip

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)


class Site:
    """nginx with the project's own configuration before two replicas."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        nginx = needed("nginx")
        self.folder = folder
        self.replicas = {name: App(folder, name, settings) for name in REPLICAS}
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.prefix = folder / "nginx"
        proxy.prepare(self.prefix, self.port, [app.address for app in self.replicas.values()])
        self.log = folder / "nginx.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(proxy.command(nginx, self.prefix), stdout=out, stderr=subprocess.STDOUT)
        for app in self.replicas.values():
            app.wait()
        until("nginx answers", self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"nginx has ended: {self.text()}"
        try:
            return ask(f"{self.base}/_stcore/health").status == 200
        except OSError:
            return False

    def ask(self, path: str, **options: Any) -> Answer:
        return ask(f"{self.base}{path}", **options)

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def requests(self) -> list[dict[str, Any]]:
        """What nginx has logged of requests."""
        return [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]

    def everything_logged(self) -> str:
        """Every log of every process, and whatever nginx has written elsewhere."""
        files = [self.log, *self.folder.rglob("*.log"), *(file for file in self.prefix.rglob("*") if file.is_file())]
        return "\n".join(file.read_text(errors="replace") for file in files)

    def close(self) -> None:
        self.process.send_signal(signal.SIGQUIT)
        for app in self.replicas.values():
            app.process.terminate()
        for process in (self.process, *(app.process for app in self.replicas.values())):
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
