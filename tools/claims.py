"""Compare the figures in the documents with the code that sets them: python -m tools.claims (or: make claims).

A figure that the program sets (a limit, a timeout, a bound) is read from where it is set, and the sentence that states
it must stand in the document, word for word. A figure that was measured cannot be compared like that: `MEASURED` names
the command that measures it again, and each must be named in the document.
"""

from __future__ import annotations

import gzip
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit

from hedge_core.market.live import settings
from hedge_core.monitoring import alerts, notify, short_answers, state_file, watch, watch_state
from hedge_core.plan import plan
from hosting import door, frames, logs, visitors
from hosting.uploads import UploadLimits
from hosting.visitors import Limits

ROOT = Path(__file__).resolve().parents[1]


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _flat(path: str) -> str:
    """The text on one line."""
    return " ".join(_text(path).split())


def _streamlit(name: str) -> object:
    return tomllib.loads(_text(".streamlit/config.toml"))["server"][name]


def _set_in(path: str, pattern: str) -> str:
    """What the first group of the pattern matches; every match in the file must be the same."""
    found = set(re.findall(pattern, _text(path), re.MULTILINE))
    if len(found) != 1:
        raise ValueError(f"{path}: {pattern!r} matches {sorted(found)}, not one value.")
    return str(found.pop())


@dataclass(frozen=True)
class Claim:
    """A sentence of a document; `values` fill its braces."""

    document: str
    sentence: str
    values: Callable[[], Sequence[object]]


def _chart_megabytes() -> Sequence[object]:
    script = max((Path(streamlit.__file__).parent / "static").rglob("*.js"), key=lambda file: file.stat().st_size)
    return [script.stat().st_size / 1e6, len(gzip.compress(script.read_bytes(), 5)) / 1e6]


LIMITS, UPLOADS = Limits(), UploadLimits()
NGINX = "deploy/nginx/nginx.conf"

CLAIMS = (
    Claim("docs/deploy.md", "dropped; after {} the connection is closed", lambda: [LIMITS.dropped]),
    Claim(
        "docs/deploy.md",
        "messages of one connection | {:g} per second after a burst of {:g}",
        lambda: [LIMITS.connection.messages.rate, LIMITS.connection.messages.burst],
    ),
    Claim(
        "docs/deploy.md",
        "messages of one address | {:g} per second after a burst of {:g}",
        lambda: [LIMITS.address.messages.rate, LIMITS.address.messages.burst],
    ),
    Claim(
        "docs/deploy.md",
        "bytes of one connection | {:g} kB per second after a burst of {:g} MB | read later | | bytes of one address | "
        "{:g} kB per second after a burst of {:g} MB",
        lambda: [
            LIMITS.connection.bytes.rate / 1e3,
            LIMITS.connection.bytes.burst / 1e6,
            LIMITS.address.bytes.rate / 1e3,
            LIMITS.address.bytes.burst / 1e6,
        ],
    ),
    Claim(
        "docs/deploy.md",
        "1 in {:g} seconds after a burst of {:g}; of one address 1 in {:g} seconds after a burst of {:g}",
        lambda: [
            1.0 / LIMITS.connection.files.rate,
            LIMITS.connection.files.burst,
            1.0 / LIMITS.address.files.rate,
            LIMITS.address.files.burst,
        ],
    ),
    Claim(
        "docs/deploy.md",
        "frames of a WebSocket, pings too | {:g} per second after a burst of {:,.0f}",
        lambda: [frames.FRAMES_RATE, frames.FRAMES_BURST],
    ),
    Claim(
        "docs/deploy.md",
        "uploaded files that are kept | {:g} MB in a session, {:g} MB of one address",
        lambda: [UPLOADS.session_bytes / 1e6, UPLOADS.address_bytes / 1e6],
    ),
    Claim(
        "docs/deploy.md",
        "uploads that arrive | {} at once from one address, {:g} seconds each",
        lambda: [UPLOADS.at_once, UPLOADS.seconds],
    ),
    Claim("docs/deploy.md", "pages of one address that wait to be drawn | {}", lambda: [LIMITS.waiting_pages]),
    Claim(
        "docs/deploy.md",
        "for {:g} seconds it has never paused for {:g} seconds, and has used at least half a second of the processor "
        "and three times as much",
        lambda: [door.FLOOD_SECONDS, door.PAUSE, *_is([door.LEAST_USED == 0.5, door.FAR_MORE == 3.0])],
    ),
    Claim("docs/deploy.md", "together get a tenth of the", lambda: _is([door.REST == 9.0])),
    Claim("docs/deploy.md", "After a pause of {:g} seconds an address", lambda: [door.FORGIVEN_AFTER]),
    Claim(
        "docs/deploy.md",
        "charged to the address too, {:g} and {:g} milliseconds each",
        lambda: [1e3 * door.MESSAGE_SECONDS, 1e3 * visitors.OPENING_SECONDS],
    ),
    Claim(
        "docs/deploy.md",
        "WebSockets of one address | {} at once; {:g} new ones per second after a burst of {:g}",
        lambda: [LIMITS.connections, LIMITS.openings.rate, LIMITS.openings.burst],
    ),
    Claim(
        "docs/deploy.md",
        "size of a message | {:g} MB, {:,} widgets, {} files",
        lambda: [LIMITS.message_bytes / 1e6, LIMITS.message_widgets, LIMITS.message_files],
    ),
    Claim("docs/deploy.md", "an unfinished message | {} MB", lambda: [_streamlit("maxMessageSize")]),
    Claim(
        "docs/deploy.md",
        "lines in the log | {:g} per second and logger after a burst of {:g}",
        lambda: [logs.RECORDS_RATE, logs.RECORDS_BURST],
    ),
    Claim("docs/deploy.md", "pings each tab every {} seconds", lambda: [_streamlit("websocketPingInterval")]),
    Claim("docs/deploy.md", "After {} seconds without a ping", lambda: [_set_in(NGINX, r"proxy_read_timeout (7)s;")]),
    Claim(
        "docs/deploy.md",
        "{} requests per second after a burst of {}, of these {} for pages after a burst of {}, {} connections, of "
        "these {} WebSockets, and {} new WebSockets per second after a burst of {}",
        lambda: [
            _set_in(NGINX, r"zone=requests:4m rate=(\d+)r/s"),
            _set_in(NGINX, r"zone=requests burst=(\d+)"),
            _set_in(NGINX, r"zone=documents:4m rate=(\d+)r/s"),
            _set_in(NGINX, r"zone=documents burst=(\d+)"),
            _set_in(NGINX, r"limit_conn connections (\d+);"),
            _set_in(NGINX, r"limit_conn streams (\d+);"),
            _set_in(NGINX, r"zone=openings:4m rate=(\d+)r/s"),
            _set_in(NGINX, r"zone=openings burst=(\d+)"),
        ],
    ),
    Claim("docs/settings.md", "`server.maxMessageSize` | {} (MB)", lambda: [_streamlit("maxMessageSize")]),
    Claim("docs/settings.md", "`server.maxWidgetStateSize` | {} (MB)", lambda: [_streamlit("maxWidgetStateSize")]),
    Claim("docs/settings.md", "`server.maxUploadSize` | {} (MB)", lambda: [_streamlit("maxUploadSize")]),
    Claim(
        "docs/settings.md", "`server.disconnectedSessionTTL` | {} (s)", lambda: [_streamlit("disconnectedSessionTTL")]
    ),
    Claim("docs/monitor.md", "no more than {:g} MB of one is read", lambda: [short_answers.MOST_BYTES / 1e6]),
    Claim("docs/monitor.md", "the clock every ten minutes", lambda: _is([watch.LONGEST_SLEEP == 600.0])),
    Claim(
        "docs/monitor.md",
        "the account survives a rise of less than {:.0%}",
        lambda: [plan.Thresholds().rally_critical, *_is([alerts.RELEASE == 0.8])],
    ),
    Claim(
        "docs/monitor.md",
        "the monitor tries again for a week: after 1, 2, 4 minutes and so on up to an hour",
        lambda: _is([watch_state.FIRST_PAUSE == 60.0, watch_state.LONGEST_PAUSE == 3_600.0]),
    ),
    Claim(
        "docs/monitor.md",
        "lies ahead by more than an hour counts as due",
        lambda: _is([watch_state.CLOCK_SECONDS == 3_600.0]),
    ),
    Claim("docs/faults.md", "(prices: six hours)", lambda: _is([settings.DEFAULT_MAX_STALENESS == 6 * 3_600.0])),
    Claim(
        "docs/deploy.md",
        "charts load a script of {:.1f} MB, {:.1f} MB compressed",
        _chart_megabytes,
    ),
    Claim(
        "docs/deploy.md",
        "nginx lets requests finish and closes WebSockets after {} seconds",
        lambda: [_set_in(NGINX, r"worker_shutdown_timeout (\d+)s;")],
    ),
    Claim("docs/monitor.md", "An address may take {:g} seconds for a message", lambda: [notify.SEND_SECONDS]),
    Claim(
        "docs/monitor.md",
        "no usable prices: three failed checks in a row",
        lambda: _is([watch.BLIND_AFTER == 3, watch_state.KEEP_SECONDS == 7 * 86_400, state_file.VERSION == 1]),
    ),
)


def _is(facts: Sequence[bool]) -> Sequence[object]:
    """Nothing to fill in: the sentence states its numbers in words."""
    if not all(facts):
        raise ValueError(f"a number that the sentence states in words has changed: {list(facts)}.")
    return []


MEASURED = (
    ("docs/capacity.md", "make load"),
    ("docs/capacity.md", 'make load ARGS="--replicas 1"'),
    ("docs/capacity.md", "make soak"),
    ("docs/capacity.md", 'make load ARGS="--kill-replica-after 45"'),
    ("docs/capacity.md", 'make bench ARGS="session"'),
    ("docs/capacity.md", 'make load ARGS="--attackers 10 --seconds 90 --floor-seconds 0"'),
    ("docs/capacity.md", 'make load ARGS="--exchange-gone-after 45"'),
    ("docs/capacity.md", 'make load ARGS="--redis-gone-after 45"'),
    ("docs/deploy.md", 'make load ARGS="--kill-replica-after 45"'),
    ("docs/deploy.md", "pytest tests/hosting/test_proxy.py -k hangs"),
    ("docs/deploy.md", "pytest tests/hosting/test_door.py"),
    ("docs/deploy.md", "pytest tests/hosting/test_app.py -k sigterm"),
    ("docs/deploy.md", 'docker run --rm hedge-planner sh -c "du -sm /venv/lib/python3.11/site-packages/*"'),
    ("docs/faults.md", "python -m tests.exchange.table"),
    ("docs/faults.md", "tests/market/live/test_wrong_values.py"),
)


def differences() -> list[str]:
    """What the documents say and the code does not, one line each."""
    found = []
    for claim in CLAIMS:
        try:
            sentence = claim.sentence.format(*claim.values())
        except ValueError as error:
            found.append(f"{claim.document}: '{claim.sentence}': {error}")
            continue
        if sentence not in _flat(claim.document):
            found.append(f"{claim.document} does not say: {sentence}")
    return found + [f"{path} does not name: {command}" for path, command in MEASURED if command not in _flat(path)]


def main() -> int:
    """Print the differences, then how to measure what was measured; return 1 if there are differences."""
    wrong = differences()
    for line in wrong:
        print(line)
    if not wrong:
        print(f"{len(CLAIMS)} figures in the documents are those of the code. Measured ones, and how:")
        for path, command in MEASURED:
            print(f"  {path}: {command}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
