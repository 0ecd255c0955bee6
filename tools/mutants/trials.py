"""Which tests run which lines, and what they say of a mutant.

The tests run on copies of the project, one for each worker, and never on the project itself. First every test file
runs once on unchanged code, with its coverage recorded test by test. A mutant is then tried only on the test files
that run its place. In these the tests that run it come first, the fastest before the others, and the rest follows,
because a value that is kept between tests is worked out in one of them only.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Literal, TypeVar

from coverage import CoverageData

from tools.mutants.places import Mutant
from tools.mutants.pytest_plugin import GRACE_SECONDS

LEFT_OUT = (".git", ".venv", "venv", "build", "dist", "test-output", ".*_cache", ".hypothesis", "__pycache__")
"""What a copy of the project does not need."""

MOST_SECONDS_FOR_A_FILE = 1_800.0
"""What a test file may take on unchanged code, with its coverage recorded."""

SLOWDOWN = 4.0
"""A test is stopped after GRACE_SECONDS and SLOWDOWN times what it takes on unchanged code, and so is a trial."""

PASSED, FAILED, NO_TESTS = 0, 1, 5
"""Exit codes of pytest. Others mean that it could not start, or could not import a test file."""

Outcome = Literal["killed", "timed out", "survived", "not reached"]

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Suite:
    """A test file on unchanged code.

    `seconds` is by test, `total` all of it, `lines` by source file and line the tests that run it ('' where it runs on
    import), `broken` the tests that fail.
    """

    path: str
    total: float
    seconds: dict[str, float]
    lines: dict[str, dict[int, list[str]]]
    broken: tuple[str, ...]

    def reaching(self, mutant: Mutant) -> set[str]:
        """The tests that run the mutant's place; all of them if it runs on import."""
        lines = self.lines.get(mutant.path, {})
        tests = {test for line in range(mutant.first, mutant.last + 1) for test in lines.get(line, ())}
        return set(self.seconds) if "" in tests else tests


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests say of a mutant: `by` is the first that failed or did not end, '' where none did."""

    mutant: Mutant
    outcome: Outcome
    by: str
    seconds: float


class BrokenTests(Exception):
    """The tests cannot be run on unchanged code."""


class Workbench:
    """Copies of a project to run tests on; a with-block removes them at its end."""

    def __init__(self, root: Path, *, package: str, workers: int) -> None:
        self._package = package
        self._workers = workers
        self._folder = Path(tempfile.mkdtemp(prefix="mutants-"))
        self._copies: Queue[Path] = Queue()
        left_out = shutil.ignore_patterns(*LEFT_OUT)
        self._first = Path(shutil.copytree(root, self._folder / "0", ignore=left_out, symlinks=True))

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def measure(self, paths: Sequence[str]) -> Iterator[Suite]:
        """Run each test file once on unchanged code; raises BrokenTests where one cannot be imported.

        The copies for the mutants are made at the end, with the byte code that this leaves.
        """
        yield from self._each(self._measure, paths)
        for number in range(self._workers):
            self._copies.put(Path(shutil.copytree(self._first, self._folder / str(number + 1), symlinks=True)))

    def judge(self, trials: Sequence[tuple[Mutant, Sequence[Suite]]]) -> Iterator[Verdict]:
        """Try each mutant on its test files, several at once, in the order in which they are given."""
        yield from self._each(lambda trial: self._judge(*trial), trials)

    def _each(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        pool = ThreadPoolExecutor(self._workers)
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(cancel_futures=True)

    def _measure(self, path: str) -> Suite:
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            settings, data = Path(folder, "coveragerc"), Path(folder, "coverage")
            settings.write_text(f"[run]\nsource_pkgs = {self._package}\n")
            recording = ["-p", "pytest_cov", f"--cov-config={settings}", "--cov", "--cov-context=test", "--cov-report="]
            started = time.monotonic()
            run = run_pytest(
                self._first,
                [path, *recording],
                record=Path(folder, "record"),
                seconds=MOST_SECONDS_FOR_A_FILE,
                COVERAGE_FILE=str(data),
            )
            if run.code not in (PASSED, FAILED):
                raise BrokenTests(f"{path} does not run on unchanged code (pytest: {run.code}).\n{run.output}")
            lines = _lines(data, self._first)
            return Suite(path, time.monotonic() - started, run.seconds, lines, tuple(run.failed))

    def _judge(self, mutant: Mutant, suites: Sequence[Suite]) -> Verdict:
        reached = [(suite, tests) for suite in suites if (tests := suite.reaching(mutant))]
        if not reached:
            return Verdict(mutant, "not reached", "", 0.0)
        copy = self._copies.get()
        file = copy / mutant.path
        original = file.read_text(encoding="utf-8")
        order = self._folder / f"order-{copy.name}"
        order.write_text(json.dumps(_limits(reached)))
        started = time.monotonic()
        try:
            Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)
            file.write_text(mutant.source, encoding="utf-8")
            run = run_pytest(
                copy,
                ["-x", *(suite.path for suite, _ in reached)],
                record=self._folder / f"record-{copy.name}",
                seconds=GRACE_SECONDS + SLOWDOWN * sum(suite.total for suite, _ in reached),
                MUTANTS_ORDER=str(order),
                PYTHONDONTWRITEBYTECODE="1",  # or a mutant of the same second and size would run in place of the next
            )
        finally:
            file.write_text(original, encoding="utf-8")
            self._copies.put(copy)
        seconds = time.monotonic() - started
        if run.code in (PASSED, NO_TESTS):
            return Verdict(mutant, "survived", "", seconds)
        outcome: Outcome = "timed out" if run.code in (None, -signal.SIGALRM) else "killed"
        return Verdict(mutant, outcome, run.failed[0] if run.failed else f"pytest: {run.code}", seconds)


def _limits(reached: Sequence[tuple[Suite, set[str]]]) -> dict[str, float | None]:
    """The seconds that each test may take, None for a broken one, in the order in which the tests are to run."""
    seconds = {test: taken for suite, _ in reached for test, taken in suite.seconds.items()}
    first = {test for _, tests in reached for test in tests}
    broken = {test for suite, _ in reached for test in suite.broken}
    order = sorted(seconds, key=lambda test: (test not in first, seconds[test]))
    return {test: None if test in broken else GRACE_SECONDS + SLOWDOWN * seconds[test] for test in order}


@dataclass(frozen=True, slots=True)
class Run:
    """How pytest ended (`code` None: it was stopped), what it wrote, and the plugin's record."""

    code: int | None
    output: str
    seconds: dict[str, float]
    failed: list[str]


def run_pytest(copy: Path, arguments: Sequence[str], *, record: Path, seconds: float, **variables: str) -> Run:
    """Run pytest in a copy of the project, with this plugin, and stop it with all its processes when time is up."""
    here = str(Path(__file__).parents[2])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")} | {
        "MUTANTS_RECORD": str(record),
        "PYTHONPATH": os.pathsep.join([str(copy), here]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the tests need none, and they take time to load
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tools.mutants.pytest_plugin"]
    record.unlink(missing_ok=True)
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=copy,
        env=environment | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
        code: int | None = process.returncode
    except subprocess.TimeoutExpired:
        code, output = None, ""
    finally:
        _end(process)
    found = json.loads(record.read_text()) if record.exists() else {"seconds": {}, "failed": []}
    return Run(code, output, found["seconds"], found["failed"])


def _end(process: subprocess.Popen[str]) -> None:
    """Stop a process and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _lines(data: Path, root: Path) -> dict[str, dict[int, list[str]]]:
    """By source file (path from the root) and line the tests that run it, as coverage has recorded them."""
    recorded = CoverageData(str(data))
    recorded.read()
    return {
        Path(file).relative_to(root).as_posix(): {
            line: [context.rpartition("|")[0] for context in contexts]
            for line, contexts in recorded.contexts_by_lineno(file).items()
        }
        for file in recorded.measured_files()
    }
