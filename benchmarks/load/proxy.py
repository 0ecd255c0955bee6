"""nginx with the project's own configuration, in front of servers that run on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.servers import ROOT, answers, free_port

NGINX = ROOT / "deploy" / "nginx"
REPLICA = re.compile(r"172\.30\.53\.\d+:8501")
"""The address of a replica in replicas.conf."""


class Proxy(NamedTuple):
    """nginx as it runs here."""

    address: str
    pid: int


def prepare(prefix: Path, port: int, replicas: Sequence[str]) -> None:
    """Write into `prefix` the configuration that listens on `port` here and leads to `replicas` (HOST:PORT each)."""
    prefix.mkdir(exist_ok=True)
    shutil.copy(NGINX / "nginx.conf", prefix)
    text = (NGINX / "replicas.conf").read_text()
    named = sorted(set(REPLICA.findall(text)))
    for name, address in zip(named, replicas, strict=True):
        text = text.replace(name, address)
    (prefix / "replicas.conf").write_text(text)
    (prefix / "listen.conf").write_text(f"listen 127.0.0.1:{port};\n")


def command(program: str, prefix: Path) -> list[str]:
    """What starts it."""
    user = ["-g", "user root;"] if os.getuid() == 0 else []
    return [program, "-p", str(prefix), "-c", "nginx.conf", "-e", "stderr", *user]


@contextmanager
def running(replicas: Sequence[str]) -> Iterator[Proxy]:
    """nginx before these addresses (http://HOST:PORT each); yields it. Raises RuntimeError if there is none."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        raise RuntimeError("nginx is not installed (tools/ensure_package.sh nginx nginx 'a hosted site')")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        prepare(prefix := Path(folder) / "nginx", port, [address.partition("://")[2] for address in replicas])
        process = subprocess.Popen(command(program, prefix), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 30
            while not answers(f"{address}/_stcore/health"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("nginx does not start")
                time.sleep(0.05)
            yield Proxy(address, process.pid)
        finally:
            process.terminate()
            process.wait()
