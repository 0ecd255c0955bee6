"""Where a source can be changed, and to what: an operator swapped, a number off by one, a condition that always holds.

Most changes are mutmut's, which work on a libcst tree. Its runner is not used: it leaves decorated functions
(properties among them) and code outside functions unchanged, and it cannot draw a sample. These are never changed:
docstrings and other text for people, type annotations, imports, decorators, `__all__`, asserts that narrow a type,
and the `strict` of zip.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, takewhile
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider, WhitespaceInclusivePositionProvider
from mutmut.mutation import mutators


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of a file, from one offset to another, and what it can become.

    It runs only if one of the lines `first` to `last` does.
    """

    path: str
    source: str
    start: int
    end: int
    changes: tuple[str, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file with one change: `before` became `after` at `line`. `first` and `last` are those of the place."""

    path: str
    line: int
    before: str
    after: str
    source: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.before or '(nothing)'}  ->  {self.after or '(nothing)'}"


def draw(sources: Mapping[str, str], count: int, seed: int) -> tuple[list[Mutant], int]:
    """Random mutants of these files (path -> source), `count` of them or as many as there are; and how many places.

    Each place has the same chance, and then each of its changes; no place is drawn twice. The same sources and seed
    give the same mutants, and a smaller count the first of them.
    """
    rng = random.Random(seed)
    places = [place for path, source in sources.items() for place in find_places(path, source)]
    drawn: list[Mutant] = []
    for place in rng.sample(places, len(places)):
        mutant = mutate(place, rng.choice(place.changes))
        if mutant is not None:
            drawn.append(mutant)
        if len(drawn) == count:
            break
    return drawn, len(places)


def find_places(path: str, source: str) -> list[Place]:
    """The places of a file, in the order of its text."""
    finder = _Finder(path, source)
    MetadataWrapper(cst.parse_module(source)).visit(finder)
    return finder.places


def mutate(place: Place, change: str) -> Mutant | None:
    """The file with this change, or None where that is not Python or the same program."""
    mutated = place.source[: place.start] + change + place.source[place.end :]
    try:
        if _program(mutated) == _program(place.source):
            return None
    except SyntaxError:
        return None
    line, before, after = _difference(place.source, mutated)
    return Mutant(place.path, line, before, after, mutated, place.first, place.last)


@lru_cache(maxsize=32)
def _program(source: str) -> str:
    return ast.dump(ast.parse(source))


def _difference(source: str, mutated: str) -> tuple[int, str, str]:
    """The number of the first line that differs, and the lines that differ, each side in one line of text."""
    before, after = ([line.strip() for line in text.splitlines()] for text in (source, mutated))
    start = _agreement(before, after)
    before, after = before[start:], after[start:]
    end = _agreement(before[::-1], after[::-1])
    return start + 1, " ".join(before[: len(before) - end]), " ".join(after[: len(after) - end])


def _agreement(before: Sequence[str], after: Sequence[str]) -> int:
    """How many lines are the same before the first that differs."""
    pairs = zip(before, after, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


# ------------------------------------------------------------------------------------------- the changes


def _drop_argument(call: cst.Call) -> Iterator[cst.Call]:
    """The call without one of its arguments, where it has several."""
    is_type_check = isinstance(call.func, cst.Name) and call.func.value in ("isinstance", "issubclass")
    if len(call.args) > 1 and not is_type_check:
        for place, argument in enumerate(call.args):
            if not _is_left_alone(argument) and not _is_text(argument.value):
                yield call.with_changes(args=[*call.args[:place], *call.args[place + 1 :]])


def _change_string(node: cst.SimpleString) -> Iterator[cst.BaseString]:
    """One other string; mutmut's further ones (in capitals, in small letters) differ from it by chance only."""
    if not _is_text(node):
        yield from list(mutators.operator_string(node))[:1]


# Left out of mutmut's: assigning None and passing None, which `make check` finds, and a lambda that returns None.
_OPERATORS: tuple[tuple[Any, Callable[[Any], Iterable[cst.CSTNode]]], ...] = (
    (cst.BaseNumber, mutators.operator_number),
    (cst.SimpleString, _change_string),
    (cst.Name, mutators.operator_name),
    (cst.Call, _drop_argument),
    (cst.Call, mutators.operator_symmetric_string_methods_swap),
    (cst.Call, mutators.operator_unsymmetrical_string_methods_swap),
    (cst.AugAssign, mutators.operator_augmented_assignment),
    (cst.UnaryOperation, mutators.operator_remove_unary_ops),
    (cst.CSTNode, mutators.operator_keywords),
    (cst.CSTNode, mutators.operator_swap_op),
    ((cst.If, cst.IfExp, cst.CompIf), mutators.operator_if_exp),
)


# ------------------------------------------------------------------------------------- what is left alone


def _is_left_alone(node: cst.CSTNode) -> bool:
    """Whether neither the node nor anything in it is changed."""
    match node:
        case cst.Annotation() | cst.Decorator() | cst.Import() | cst.ImportFrom() | cst.Assert():
            return True
        case cst.FormattedString() | cst.ConcatenatedString() | cst.Expr(value=cst.SimpleString()):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value="__all__" | "__slots__"))]):
            return True
        case cst.Subscript(value=cst.Name(value="Literal")) | cst.Call(func=cst.Name(value="TypeVar" | "cast")):
            return True
        case cst.If(test=cst.Name(value="TYPE_CHECKING")):
            return True
        case cst.Arg(keyword=cst.Name(value="strict")):
            return True
        case _:
            return False


def _is_text(node: cst.CSTNode) -> bool:
    """Whether a string is for people: it is put together, or has a space in it."""
    is_composed = isinstance(node, cst.FormattedString | cst.ConcatenatedString)
    return is_composed or (isinstance(node, cst.SimpleString) and " " in node.value)


class _Finder(cst.CSTVisitor):
    """Collects the places of a file."""

    METADATA_DEPENDENCIES = (PositionProvider, WhitespaceInclusivePositionProvider)

    def __init__(self, path: str, source: str) -> None:
        super().__init__()
        self.places: list[Place] = []
        self._path = path
        self._source = source
        self._offsets = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
        self._statements: list[int] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_left_alone(node):
            return False
        if _is_statement(node):
            self._statements.append(self.get_metadata(PositionProvider, node).start.line)
        changes = [change for kind, changes_of in _OPERATORS if isinstance(node, kind) for change in changes_of(node)]
        if changes:
            self._add(node, changes)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if not _is_left_alone(original_node) and _is_statement(original_node):
            self._statements.pop()

    def _add(self, node: cst.CSTNode, changes: list[Any]) -> None:
        if isinstance(node, cst.If):  # only its condition changes
            node, changes = node.test, [change.test for change in changes]
        span = self.get_metadata(WhitespaceInclusivePositionProvider, node)
        start, end = (self._offsets[at.line - 1] + at.column for at in (span.start, span.end))
        texts = tuple(cst.Module([]).code_for_node(change) for change in changes)
        self.places.append(Place(self._path, self._source, start, end, texts, self._statements[-1], span.end.line))


def _is_statement(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement)
