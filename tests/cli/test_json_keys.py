"""The keys of every JSON document that a command prints: scripts rely on them, so none may go or be renamed.

The golden file holds those of the first edition and grows only. A list counts as one item of its first element's kind,
and a mapping keyed by coins or contracts as one entry, `*`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hedge_core.cli import main

GOLDEN = Path(__file__).parents[1] / "golden" / "json_keys.json"
COMMANDS = {
    "propose": ["propose", "examples/layer1_bag.json"],
    "scenario": ["scenario", "examples/layer1_bag.json", "--move", "-15%"],
    "backtest": ["backtest", "examples/layer1_bag.json"],
    "stress": ["stress", "examples/layer1_bag.json"],
    "simulate": ["simulate", "examples/layer1_bag.json", "--paths", "200"],
    "monitor": ["monitor", "examples/layer1_bag.json"],
    "contracts": ["contracts", "--venue", "CME"],
}


def keys_of(value: object, path: str = "") -> set[str]:
    """Every path of keys in a document, such as `/legs[]/contract`."""
    if isinstance(value, dict):
        return {path} | {found for name, inner in value.items() for found in keys_of(inner, f"{path}/{_name(name)}")}
    if isinstance(value, list):
        return {path}.union(*(keys_of(inner, f"{path}[]") for inner in value))
    return {path}


def _name(key: str) -> str:
    """A key of a record as it is, and `*` for one that is a coin or a contract."""
    return key if key == key.lower() else "*"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_key_of_the_first_edition_is_still_there(name, capsys, monkeypatch, project_root):
    monkeypatch.chdir(project_root)

    main.main([*COMMANDS[name], "--json"])

    printed = keys_of(json.loads(capsys.readouterr().out))
    golden = set(json.loads(GOLDEN.read_text(encoding="utf-8"))[name])
    assert sorted(golden - printed) == []
