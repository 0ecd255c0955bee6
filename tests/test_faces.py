"""The faces of the rooms: the names that each room offers, loaded on first use.

By hand: `hedge_core.hedge.assess` is the function of hedge_core/hedge/planner.py; asking for it loads no pydantic.
"""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import hedge_core
from tests.test_imports import HEAVY, python

ROOMS = [room.name for room in pkgutil.iter_modules(hedge_core.__path__) if room.ispkg and room.name != "cli"]

MOST_NAMES = 20


def face(room: str):
    return importlib.import_module(f"hedge_core.{room}")


def test_every_room_is_found():
    assert {"documents", "exposure", "hedge", "market", "plan", "scenarios"} <= set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_face_is_small_and_each_of_its_names_is_documented(room):
    names = face(room).__all__

    assert 0 < len(names) <= MOST_NAMES
    assert [name for name in names if getattr(face(room), name) is None] == []
    undocumented = [name for name in names if name != "ExitRule" and not getattr(face(room), name).__doc__]
    assert undocumented == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_name_of_a_face_is_also_a_module_of_the_room(room):
    """Importing the module would replace the name, or the other way round, depending on what is imported first."""
    modules = {module.name for module in pkgutil.iter_modules(face(room).__path__)}

    assert modules & set(face(room).__all__) == set()


@pytest.mark.parametrize("room", ROOMS)
def test_importing_a_room_loads_nothing_heavy(room):
    loaded = python(f"import sys, hedge_core.{room}; print(*sys.modules)").split()

    assert [name for name in loaded if name.partition(".")[0] in HEAVY] == []


def test_a_name_is_the_one_of_its_module():
    from hedge_core.hedge.planner import assess

    assert hedge_core.hedge.assess is assess is hedge_core.assess


def test_a_name_that_a_face_does_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match="moon"):
        _ = hedge_core.hedge.moon
