"""Change the core in random places and list the changes that no test notices: python -m tools.mutants (make mutants).

A mutant that no test notices is a test that is missing, or a change that makes no difference; a reader has to judge.
The same seed and sources give the same mutants, so that --again can try the survivors of a report after tests were
added.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.mutants.places import Mutant, draw
from tools.mutants.trials import BrokenTests, Verdict, Workbench

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "hedge_core"
SEED = 20261128
COUNT = 300

Row = Mapping[str, Any]
"""A mutant of the report: path, line, before, after, outcome, by (the first test that failed), seconds."""

_HEDGE = ("tests/hedge/test_*.py",)
_EXPOSURE = ("tests/exposure/test_*.py", "tests/hedge/test_a*.py", "tests/hedge/test_held_coins.py")
_SCENARIOS = ("tests/scenarios/test_*.py",)
_LEDGER = ("tests/monitoring/test_ledger.py", "tests/monitoring/test_execution.py", "tests/monitoring/test_rolls.py")

TESTS: dict[str, tuple[str, ...]] = {
    "hedge_core/hedge/sizing.py": _HEDGE,
    "hedge_core/hedge/margin.py": _HEDGE,
    "hedge_core/hedge/optimum.py": _HEDGE,
    "hedge_core/scenarios/run.py": _SCENARIOS,
    "hedge_core/scenarios/shocks.py": _SCENARIOS,
    "hedge_core/monitoring/ledger.py": _LEDGER,
    "hedge_core/exposure/betas.py": _EXPOSURE,
    "hedge_core/exposure/bag_fit.py": _EXPOSURE,
    "hedge_core/exposure/estimates.py": _EXPOSURE,
    "hedge_core/exposure/proxies.py": _EXPOSURE,
    "hedge_core/documents/link/*.py": ("tests/documents/link/test_*.py",),
}
"""Which test files have to notice a change in a file: those of its room, golden files and properties among them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, try and report; 2 where the tests do not run on unchanged code."""
    options = _parser().parse_args(arguments)
    started = time.monotonic()
    earlier = json.loads(options.again.read_text(encoding="utf-8")) if options.again else None
    seed, count = (earlier["seed"], earlier["count"]) if earlier else (options.seed, options.count)
    try:
        files = files_with_tests(ROOT, TESTS)
        drawn, places = draw({path: (ROOT / path).read_text(encoding="utf-8") for path in files}, count, seed)
        chosen = [mutant for mutant in drawn if options.only in mutant.path]
        if earlier:
            chosen = _survivors(chosen, earlier["mutants"])
        print(f"{len(chosen)} mutants of {places} places, seed {seed}", flush=True)
        if options.list:
            print(*chosen, sep="\n")
            return 0
        verdicts = _try(chosen, files, options.workers)
    except (BrokenTests, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    rows = [_row(verdict) for verdict in verdicts]
    if earlier:
        tried = {_identity(row) for row in rows}
        rows += [row for row in earlier["mutants"] if _identity(row) not in tried]
    report = {"seed": seed, "count": count, "places": places, "noticed": sum(map(_is_noticed, rows)), "mutants": rows}
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(summary(rows))
    print(f"\n{(time.monotonic() - started) / 60:.0f} minutes. All mutants: {options.report}")
    return 0


def _survivors(mutants: Sequence[Mutant], rows: Sequence[Row]) -> list[Mutant]:
    """Those of the mutants that survived in an earlier report."""
    wanted = {_identity(row) for row in rows if not _is_noticed(row)}
    found = [mutant for mutant in mutants if (mutant.path, mutant.before, mutant.after) in wanted]
    if len(found) < len(wanted):
        print(f"{len(wanted) - len(found)} survivors of the report are not tried: left out, or changed since.")
    return found


def files_with_tests(root: Path, table: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Each file and its test files, paths from the root; raises FileNotFoundError for a pattern that finds nothing."""
    return {path: _matching(root, tests) for pattern, tests in table.items() for path in _matching(root, [pattern])}


def _matching(root: Path, patterns: Sequence[str]) -> list[str]:
    found = {pattern: sorted(path.relative_to(root).as_posix() for path in root.glob(pattern)) for pattern in patterns}
    for pattern, paths in found.items():
        if not paths:
            raise FileNotFoundError(f"No file matches {pattern}. Was it moved? Then correct the table in {__file__}.")
    return [path for paths in found.values() for path in paths if not path.endswith("__init__.py")]


def _try(mutants: Sequence[Mutant], files: Mapping[str, Sequence[str]], workers: int) -> list[Verdict]:
    """Measure the test files that the mutants need, then try the mutants, saying how it goes."""
    needed = sorted({test for mutant in mutants for test in files[mutant.path]})
    with Workbench(ROOT, package=PACKAGE, workers=workers) as bench:
        suites = {}
        for suite in bench.measure(needed):
            suites[suite.path] = suite
            print(f"  {suite.total:6.1f} s  {suite.path}", flush=True)
            for test in suite.broken:
                print(f"            left out, because it fails on unchanged code: {test}", flush=True)
        verdicts = []
        trials = [(mutant, [suites[test] for test in files[mutant.path]]) for mutant in mutants]
        for verdict in bench.judge(trials):
            verdicts.append(verdict)
            if verdict.outcome in ("survived", "not reached"):
                print(f"{len(verdicts):4}  {verdict.outcome}: {verdict.mutant}", flush=True)
            elif len(verdicts) % 25 == 0:
                print(f"{len(verdicts):4}  of {len(mutants)} tried", flush=True)
    return verdicts


def summary(rows: Sequence[Row]) -> str:
    """The share that was noticed, in all and by file, and every survivor."""
    lines = [f"{'noticed':>9}  {'of':>4}  {'share':>6}"]
    paths = sorted({row["path"] for row in rows})
    for name, some in [("in all", rows), *((path, [row for row in rows if row["path"] == path]) for path in paths)]:
        noticed = sum(map(_is_noticed, some))
        lines.append(f"{noticed:9}  {len(some):4}  {noticed / max(len(some), 1):6.1%}  {name}")
    survivors = sorted((row for row in rows if not _is_noticed(row)), key=lambda row: (row["path"], row["line"]))
    lines += ["", f"Noticed because a test did not end: {sum(row['outcome'] == 'timed out' for row in rows)}"]
    lines += ["", f"Survivors: {len(survivors)}"]
    for row in survivors:
        note = " (no test runs it)" if row["outcome"] == "not reached" else ""
        lines.append(
            f"{row['path']}:{row['line']}  {row['before'] or '(nothing)'}  ->  {row['after'] or '(nothing)'}{note}"
        )
    return "\n".join(lines)


def _row(verdict: Verdict) -> Row:
    """A verdict as the report has it."""
    mutant = verdict.mutant
    place = {"path": mutant.path, "line": mutant.line, "before": mutant.before, "after": mutant.after}
    return place | {"outcome": verdict.outcome, "by": verdict.by, "seconds": round(verdict.seconds, 1)}


def _is_noticed(row: Row) -> bool:
    return row["outcome"] in ("killed", "timed out")


def _identity(row: Row) -> tuple[str, str, str]:
    return row["path"], row["before"], row["after"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=COUNT, help="how many mutants (%(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="of the draw (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="how many at once (%(default)s)")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="of those drawn, only in files with this in the path"
    )
    parser.add_argument("--again", type=Path, metavar="REPORT", help="try the survivors of a report once more")
    parser.add_argument("--list", action="store_true", help="show the mutants and try none")
    parser.add_argument("--report", type=Path, default=ROOT / "build" / "mutants.json", help="where the JSON goes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
