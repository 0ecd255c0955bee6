"""The notebooks of the documentation show what they print now; `python -m tools.notebooks` writes them anew."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tools.notebooks import NOTEBOOKS, executed, printed


def test_there_are_two_notebooks_and_each_shows_something() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["first_hedge", "how_good_is_it"]
    for path in NOTEBOOKS:
        assert all(printed(nbformat.read(path, as_version=4)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_prints_what_it_shows(path: Path) -> None:
    assert printed(executed(path)) == printed(nbformat.read(path, as_version=4))
