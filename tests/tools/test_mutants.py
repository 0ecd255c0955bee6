"""The mutation tool: what it changes, that a draw can be made again, and what it says of mutants planted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.mutants import trials
from tools.mutants.__main__ import ROOT, TESTS, files_with_tests, summary
from tools.mutants.places import Mutant, draw, find_places, mutate
from tools.mutants.trials import BrokenTests, Run, Workbench

SUMS = '''\
"""Sums."""

FIRST = 1


def total(numbers):
    result = 0
    for number in numbers:
        result += number
    return result


def shifted(number):
    if number > 1_000:
        return number + FIRST
    return number
'''

TESTS_OF_SUMS = """\
from sums import shifted, total


def test_a_sum():
    assert total([1, 2]) == 3


def test_a_small_number_is_not_shifted():
    assert shifted(5) == 5
"""


def changes(source: str) -> list[tuple[str, str]]:
    """Every change of a source, as (before, after)."""
    found = [mutate(place, change) for place in find_places("a.py", source) for change in place.changes]
    return [(mutant.before, mutant.after) for mutant in found if mutant is not None]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a + b", ["a - b"]),
        ("a * 2", ["a / 2", "a * 3"]),
        ("a < b", ["a <= b"]),
        ("a and not b", ["a or not b", "a and b"]),
        ("a is None", ["a is not None"]),
        ("f(a, key=True)", ["f(key=True)", "f(a, )", "f(a, key=False)"]),
        ("a if b else c", ["a if (b) and False else c", "a if (b) or True else c"]),
        ("a += b", ["a = b", "a -= b"]),
        ("side = 'short'", ["side = 'XXshortXX'"]),
        ("if a: f()", ["if (a) and False: f()", "if (a) or True: f()"]),
        ("[a for a in b if a]", ["[a for a in b if (a) and False]", "[a for a in b if (a) or True]"]),
    ],
)
def test_a_change_is_small_and_is_shown_as_it_was_and_as_it_is(source, expected):
    assert changes(source) == [(source, after) for after in expected]


def test_properties_defaults_and_constants_are_changed_too():
    source = "LIMIT = 3\n\nclass A:\n    size: int = 0\n\n    @property\n    def half(self): return self.size / 2\n"

    assert changes(source) == [
        ("LIMIT = 3", "LIMIT = 4"),
        ("size: int = 0", "size: int = 1"),
        ("def half(self): return self.size / 2", "def half(self): return self.size * 2"),
        ("def half(self): return self.size / 2", "def half(self): return self.size / 3"),
    ]


def test_an_argument_on_a_line_of_its_own_is_shown_as_that_line():
    assert changes("f(\n    a,\n    b,\n)") == [("a,", ""), ("b,", "")]


@pytest.mark.parametrize(
    "source",
    [
        '"""What this module does in 2 words."""',
        "def f(a: int | None) -> Sequence['A']: ...",
        "raise InvalidInput('This needs 2 numbers.')",
        "raise InvalidInput(f'This needs {2 + a} numbers.')",
        "raise InvalidInput('This needs ' f'{2 + a}')",
        "__all__ = ['a', 'b']",
        "from a import b",
        "@dataclass(frozen=True, slots=True)\nclass A: ...",
        "Side = Literal['long', 'short']",
        "if TYPE_CHECKING:\n    a = 2",
        "zip(strict=True)",
        "assert a is not None",
    ],
)
def test_what_is_for_people_or_for_the_type_checker_is_not_changed(source):
    assert changes(source) == []


def test_the_same_seed_draws_the_same_mutants_and_a_smaller_count_the_first_of_them():
    sources = {"a.py": SUMS, "b.py": SUMS.replace("1_000", "2_000")}

    drawn, places = draw(sources, 6, seed=1)

    assert len(drawn) == 6
    assert (drawn, places) == draw(sources, 6, seed=1)
    assert draw(sources, 2, seed=1)[0] == drawn[:2]
    assert draw(sources, 6, seed=2)[0] != drawn
    assert len({(mutant.path, mutant.source) for mutant in draw(sources, 1_000, seed=1)[0]}) == places


def planted(before: str, after: str) -> Mutant:
    line = SUMS[: SUMS.index(before)].count("\n") + 1
    return Mutant("sums.py", line, before, after, SUMS.replace(before, after), line, line)


def test_planted_mutants_are_killed_or_survive_and_the_project_is_never_changed(tmp_path: Path):
    (tmp_path / "sums.py").write_text(SUMS)
    (tmp_path / "test_sums.py").write_text(TESTS_OF_SUMS)
    wrong, untested, not_run = (
        planted("result += number", "result -= number"),
        planted("number > 1_000", "number > 1_001"),
        planted("number + FIRST", "number - FIRST"),
    )

    with Workbench(tmp_path, package="sums", workers=2) as bench:
        suites = list(bench.measure(["test_sums.py"]))
        verdicts = list(bench.judge([(mutant, suites) for mutant in (wrong, untested, not_run)]))

    assert [(verdict.outcome, verdict.by) for verdict in verdicts] == [
        ("killed", "test_sums.py::test_a_sum"),
        ("survived", ""),
        ("not reached", ""),
    ]
    assert (tmp_path / "sums.py").read_text() == SUMS


def test_the_report_ends_with_every_survivor_by_file_and_line():
    row = {
        "path": "b.py",
        "line": 9,
        "before": "a + b",
        "after": "a - b",
        "outcome": "survived",
        "by": "",
        "seconds": 1,
    }
    rows = [row, row | {"line": 2, "after": "", "outcome": "not reached"}, row | {"path": "a.py", "outcome": "killed"}]

    lines = summary(rows).splitlines()

    assert lines[1:4] == [
        "        1     3   33.3%  in all",
        "        1     1  100.0%  a.py",
        "        0     2    0.0%  b.py",
    ]
    assert lines[-3:] == [
        "Survivors: 2",
        "b.py:2  a + b  ->  (nothing) (no test runs it)",
        "b.py:9  a + b  ->  a - b",
    ]


def test_tests_that_cannot_run_on_unchanged_code_are_an_error_and_not_a_score(tmp_path: Path, monkeypatch):
    cannot_import = Run(code=2, output="ModuleNotFoundError", seconds={}, failed=["test_sums.py"])
    monkeypatch.setattr(trials, "run_pytest", lambda *_, **__: cannot_import)

    with Workbench(tmp_path, package="sums", workers=1) as bench, pytest.raises(BrokenTests, match="test_sums"):
        list(bench.measure(["test_sums.py"]))


def test_every_file_of_the_table_is_there_and_has_tests():
    assert all(files_with_tests(ROOT, TESTS).values())
