"""Modules stay small enough to read in one sitting: 400 lines, or a reason in the docstring."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES = 400
MOST_EXCEPTIONS = 3
REASON = "Longer than 400 lines because"


def long_modules() -> dict[str, str]:
    """The docstring of each module that is longer than MOST_LINES."""
    found = {}
    for folder in ("hedge_core", "pages", "hosting"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if text.count("\n") > MOST_LINES:
                found[str(path.relative_to(ROOT))] = ast.get_docstring(ast.parse(text)) or ""
    return found


def test_a_long_module_gives_its_reason():
    assert [name for name, docstring in long_modules().items() if REASON not in docstring] == []


def test_few_modules_are_long():
    assert len(long_modules()) <= MOST_EXCEPTIONS
