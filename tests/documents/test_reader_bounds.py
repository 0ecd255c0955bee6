"""Tables made to exhaust a server are refused at once, within little memory, in a process limited to 512 MB."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.large_tables import large_tables

TABLES = large_tables()

PROGRAM = """
import json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (512_000_000, 512_000_000))
from hedge_core.documents.reader.holdings import read
from hedge_core.errors import InvalidFile


def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))


content = sys.stdin.buffer.read()
open("/proc/self/clear_refs", "w").write("5")  # the peak counts from here on
before = peak()
began = time.process_time()
try:
    read(content)
    refused = ""
except InvalidFile as error:
    refused = str(error)
taken = time.process_time() - began
print(json.dumps({"refused": refused, "seconds": taken, "megabytes": (peak() - before) / 1024}))
"""


@pytest.mark.parametrize("name", TABLES)
def test_a_table_made_to_exhaust_a_server_is_refused_at_once(name):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=TABLES[name], capture_output=True, timeout=120, check=True
    )
    result = json.loads(done.stdout)

    assert result["refused"]
    assert len(result["refused"]) < 4_000
    assert result["seconds"] < 2.0
    assert result["megabytes"] < 64 + len(TABLES[name]) / 1e6
