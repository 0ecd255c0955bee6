"""What a trial asks of pytest: an order, an end to each test, no search for a smaller counterexample, and a record.

MUTANTS_ORDER names a file with a JSON object of tests, in the order in which they are to run, and the seconds that
each may take (null: leave it out). MUTANTS_RECORD names the file to write.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

GRACE_SECONDS = 15.0
"""What every test may take at least."""

MEMORY = 4 << 30
"""Bytes of address space: a change may make a loop endless that fills a list."""

_limits: dict[str, float | None] = {}
_seconds: dict[str, float] = {}
_failed: list[str] = []


def pytest_configure() -> None:
    """Limit the memory, read the order, and let Hypothesis stop at the first counterexample."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if "MUTANTS_ORDER" in os.environ:
        _limits.update(json.loads(Path(os.environ["MUTANTS_ORDER"]).read_text()))
    if "hypothesis" in sys.modules:
        from hypothesis import Phase, settings

        settings.register_profile("mutants", settings(), phases=[Phase.explicit, Phase.generate])
        settings.load_profile("mutants")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in the order that was asked for, unknown ones last."""
    rank = {test: place for place, test in enumerate(_limits)}
    wanted = [item for item in items if _limits.get(item.nodeid, GRACE_SECONDS) is not None]
    items[:] = sorted(wanted, key=lambda item: rank.get(item.nodeid, len(rank)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Have the process ended by SIGALRM, even in a loop of C, when a test takes too long."""
    if _limits:
        _write([item.nodeid])
        signal.setitimer(signal.ITIMER_REAL, _limits.get(item.nodeid) or GRACE_SECONDS)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how long a test takes, and whether it fails."""
    _seconds[report.nodeid] = _seconds.get(report.nodeid, 0.0) + report.duration
    if report.failed:
        _failed.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note a file of tests that cannot be imported."""
    if report.failed:
        _failed.append(report.nodeid)


def pytest_sessionfinish() -> None:
    """Write the record."""
    _write(_failed)


def _write(failed: list[str]) -> None:
    Path(os.environ["MUTANTS_RECORD"]).write_text(json.dumps({"seconds": _seconds, "failed": failed}))
