"""`python -m benchmarks [WORD ...]`: run the benchmarks whose name holds one of the words (all of them without).

Prints a table and ends with code 1 when a budget is exceeded or a benchmark fails.
"""

from __future__ import annotations

import argparse
import json
import pkgutil
import platform
import sys
import traceback
from importlib import import_module
from typing import Any

import benchmarks
from benchmarks.harness import REGISTRY, Benchmark, Timings

COLUMNS = ("name", "ours", "peer or floor", "", "ratio", "budget", "")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*", metavar="WORD", help="run only benchmarks whose name holds the word")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args(arguments)
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if module.name.startswith("bench_"):
            import_module(f"benchmarks.{module.name}")
    chosen = [
        one
        for one in REGISTRY.values()
        if not options.words or any(word.lower() in one.name.lower() for word in options.words)
    ]
    if not chosen:
        print(f"No benchmark is called so. Known: {'; '.join(REGISTRY)}.", file=sys.stderr)
        return 2

    done: list[tuple[Benchmark, Timings | None]] = []
    for one in chosen:
        print(f"measuring: {one.name} ...", file=sys.stderr, flush=True)
        try:
            done.append((one, one.run()))
        except Exception:  # noqa: BLE001 - the others are still worth measuring; the code says that one failed
            traceback.print_exc()
            done.append((one, None))
    if options.json:
        print(
            json.dumps({"python": platform.python_version(), "results": [_document(*pair) for pair in done]}, indent=2)
        )
    else:
        _print_table(done)
    return 0 if all(timings is not None and one.is_within_budget(timings) for one, timings in done) else 1


def _verdict(one: Benchmark, timings: Timings | None) -> str:
    if timings is None:
        return "FAILED"
    return "ok" if one.is_within_budget(timings) else "OVER"


def _document(one: Benchmark, timings: Timings | None) -> dict[str, Any]:
    document: dict[str, Any] = {"name": one.name, "peer": one.peer, "budget": one.budget}
    document["verdict"] = _verdict(one, timings)
    if timings is not None:
        document |= {
            "unit": timings.unit or "seconds",
            "ours": timings.our_median,
            "peers": timings.peer_median,
            "ratio": timings.ratio,
            "rounds": len(timings.ours),
            "note": timings.note,
        }
    return document


def _print_table(done: list[tuple[Benchmark, Timings | None]]) -> None:
    rows = [COLUMNS]
    for one, timings in done:
        if timings is None:
            rows.append((one.name, "-", "-", one.peer, "-", one.budget, "FAILED"))
            continue
        ratio = f"{timings.ratio:.2f}" if timings.ratio >= 0.1 else f"1/{1 / timings.ratio:.0f}"
        ours, peer = timings.text(timings.our_median), timings.text(timings.peer_median)
        rows.append((one.name, ours, peer, one.peer, ratio, one.budget, _verdict(one, timings)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    right = {1, 2, 4}
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    for one, timings in done:
        if timings is not None and timings.note:
            print(f"{one.name}: {timings.note}")


if __name__ == "__main__":
    sys.exit(main())
