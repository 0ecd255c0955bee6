"""The fuzzer: a short run over every parser, and that it would notice what it looks for."""

from __future__ import annotations

import time
import warnings

import pytest

from hedge_core import HedgeError
from tools import fuzz

CASES = 2_000


def test_no_parser_fails_on_two_thousand_damaged_documents() -> None:
    tallies = fuzz.run(CASES, seed=0)

    assert sum(tally.cases for tally in tallies) == CASES
    assert [failure for tally in tallies for failure in tally.failures] == [], fuzz.report(tallies, 0)
    may_refuse = {parser.name: bool(parser.refusals) for parser in fuzz.parsers()}
    assert [tally.parser for tally in tallies if not tally.taken] == []
    assert [tally.parser for tally in tallies if bool(tally.refused) != may_refuse[tally.parser]] == []


@pytest.mark.parametrize("parser", fuzz.parsers(), ids=lambda parser: parser.name)
def test_every_good_document_is_taken(parser: fuzz.Parser) -> None:
    for content in parser.good:
        parser.read(content)


def test_a_case_is_made_anew_from_its_seed_and_number() -> None:
    parser = fuzz.parsers()[0]

    cases = [fuzz.case_of(parser, 7, number) for number in range(40)]

    assert cases == [fuzz.case_of(parser, 7, number) for number in range(40)]
    assert len(set(cases)) > 30
    assert cases != [fuzz.case_of(parser, 8, number) for number in range(40)]


def _raise(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("read", "problem"),
    [
        (lambda content: _raise(KeyError("a bug")), "KeyError"),
        (lambda content: _raise(ValueError("a bug")), "ValueError"),
        (lambda content: _raise(AssertionError("does not come back equal")), "does not come back"),
        (lambda content: _raise(RecursionError()), "RecursionError"),
        (lambda content: time.sleep(5), "took longer than 0.05 s"),
    ],
    ids=["a bug", "an error that is not the parser's", "a broken promise", "too deep", "too slow"],
)
def test_what_is_neither_taken_nor_refused_is_a_failure(read, problem: str) -> None:
    parser, tally = fuzz.Parser("one", (b"good",), read), fuzz.Tally("one")

    fuzz.try_case(parser, b"\x00case", tally, 12, limit=0.05)

    (failure,) = tally.failures
    assert problem in failure.problem
    shown = fuzz.report([tally], 3)
    assert "--seed 3 --only one --case 12" in shown
    assert "AGNhc2U=" in shown
    assert "b'\\x00case'" in shown


def test_a_warning_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = fuzz.Parser("one", (b"good",), lambda content: warnings.warn("careful", stacklevel=1))
    monkeypatch.setattr(fuzz, "parsers", lambda: (parser,))

    (tally,) = fuzz.run(1, seed=0)

    assert "careful" in tally.failures[0].problem


def test_a_refusal_is_no_failure() -> None:
    parser, tally = fuzz.Parser("one", (), lambda content: _raise(HedgeError("no"))), fuzz.Tally("one")

    fuzz.try_case(parser, b"case", tally, 0)

    assert (tally.cases, tally.refused, tally.taken, tally.failures) == (1, 1, 0, [])


def test_the_table_names_each_parser_and_the_exit_code_tells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fuzz.main(["--cases", "14", "--seed", "5"]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines()[1:-1]] == [parser.name for parser in fuzz.parsers()]
    assert shown.endswith("seed 5\n")

    broken = fuzz.Parser("one", (b"good",), lambda content: _raise(KeyError("a bug")))
    monkeypatch.setattr(fuzz, "parsers", lambda: (broken,))
    assert fuzz.main(["--only", "one", "--case", "3"]) == 1
    assert "FAILED one: --seed 0 --only one --case 3" in capsys.readouterr().out
