"""Tables made to exhaust a server are refused at once, within little memory, in a process limited to 512 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import cycle, product

import pytest

from tests.support.large_tables import LARGE_TABLES
from tests.support.scale import SCALE

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


@pytest.mark.parametrize("name", LARGE_TABLES)
def test_a_table_made_to_exhaust_a_server_is_refused_at_once(name):
    table = LARGE_TABLES[name]()
    done = subprocess.run([sys.executable, "-c", PROGRAM], input=table, capture_output=True, timeout=120, check=True)
    result = json.loads(done.stdout)

    assert result["refused"]
    assert len(result["refused"]) < 4_000
    assert result["seconds"] < 2.0
    assert result["megabytes"] < 64 + len(table) / 1e6


# ---------------------------------------------------------------------------------------------- fills and prices

READERS = {
    "fills": "from hedge_core.documents.fills.file import read_fills\n"
    "from hedge_core.market.contracts import catalogue\n"
    "contracts = tuple(catalogue())\n"
    "read = lambda content: read_fills(content, contracts)",
    "prices": "from hedge_core.documents.prices.file import read_price_csv\n"
    "read = lambda content: read_price_csv(content, name='csv:x')",
}
HOSTILE = {
    "5 MB of ones": lambda: b"1\n" * 2_500_000,
    "a wide header and many rows": lambda: b"date" + b",BTC" * 50_000 + b"\n" + b"2026-01-01\n" * 400_000,
    "many columns within the size": lambda: b"date" + b",BTC" * 50_000 + b"\n" + b"2026-01-01\n" * 300_000,
    "one endless line": lambda: b"time,contract," * 350_000,
    "lines of separators": lambda: b"date,time,contract\n" + (b"," * 499 + b"\n") * 9_000,
    "a quote that never ends": lambda: b'time,contract\n"' + b"1,2\n" * 1_000_000,
}


PLAYED = list(product(HOSTILE, READERS) if SCALE > 1 else zip(HOSTILE, cycle(READERS), strict=False))
"""Each takes a process of its own, so in the suite the readers take turns."""


@pytest.mark.long
@pytest.mark.parametrize(("name", "reader"), PLAYED)
def test_a_file_of_fills_or_prices_made_to_exhaust_a_server_is_refused_at_once(name, reader):
    file = HOSTILE[name]()
    program = PROGRAM.replace("from hedge_core.documents.reader.holdings import read", READERS[reader])
    done = subprocess.run([sys.executable, "-c", program], input=file, capture_output=True, timeout=120, check=True)
    result = json.loads(done.stdout)

    assert result["refused"]
    assert len(result["refused"]) < 4_000
    assert result["seconds"] < 2.0
    assert result["megabytes"] < 64 + len(file) / 1e6


LARGEST = {
    "fills": lambda: b"Time,Contract,Side,Quantity,Price,Fee,Trade ID\n"
    + b"".join(b"2026-03-17 09:34:12,Binance:BTCUSDT,sell,0.1,60000,2.4,%d\n" % n for n in range(9_999)),
    "prices": lambda: b"date," + b",".join(b"C%d" % n for n in range(100)) + b"\n"
    + b"".join(
        b"%d-%02d-%02d" % (2016 + n // 336, 1 + n // 28 % 12, 1 + n % 28) + b",12345.67" * 100 + b"\n"
        for n in range(3_900)
    ),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_the_largest_files_that_are_read_stay_within_memory(reader):
    program = PROGRAM.replace("from hedge_core.documents.reader.holdings import read", READERS[reader])
    done = subprocess.run(
        [sys.executable, "-c", program], input=LARGEST[reader](), capture_output=True, timeout=120, check=True
    )
    result = json.loads(done.stdout)

    assert result["refused"] == ""
    assert result["megabytes"] < 120
