"""What is around the servers, as processes that can be killed: an exchange of played data, Redis, and attackers."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.servers import ROOT, free_port


@contextmanager
def exchange() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The loopback exchange of the tests; yields its process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.exchange", "--latency", "0.05"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield process, line.strip().partition("=")[2]
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True)
class Attack:
    """Attackers at work; what each has done is empty until they have ended."""

    pid: int
    done: dict[str, dict[str, int]] = field(default_factory=dict)


@contextmanager
def attackers(address: str, how_many: int, ways: Sequence[str] = ()) -> Iterator[Attack]:
    """Attackers of the site at `address`, who take only what the users leave of this machine's processors.

    Without `ways` each has his own. They end with the block.
    """
    command = [sys.executable, "-m", "benchmarks.load.attackers", "--address", address, "--number", str(how_many)]
    command += [f"--way={way}" for way in ways]
    process = subprocess.Popen(["nice", "-n", "10", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    attack = Attack(process.pid)
    try:
        yield attack
        process.terminate()
        written, _ = process.communicate(timeout=60)
        attack.done.update(json.loads(written))
    finally:
        process.kill()
        process.wait()


@contextmanager
def redis() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A Redis server that keeps nothing; yields its process and its address."""
    if shutil.which("redis-server") is None:
        raise RuntimeError("redis-server is not installed (tools/ensure_redis.sh)")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 10
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
            yield process, f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()
