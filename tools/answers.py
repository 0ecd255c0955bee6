"""The shape of what commands print with `--json`: `python -m tools.answers > hedge_core/data/answers.schema.json`.

One JSON Schema for each command that is a tool (`hedge_core.cli.tools`), derived from what it prints for the examples,
and for one of them with fills: futures at two venues, one that the plan does not sell, and options. It names every
field. Only an object's fields are constrained: a field of the top level that every answer has is required, and none may
come that is not named. What a leaf holds is described, as one example cannot tell all its types.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from hedge_core.cli.main import main

_LAYER1 = "examples/layer1_bag.json"
_FILLED = "the first example with fills"
_AT = "2026-10-20T12:00:00Z"
FILLS = tuple(
    {"at": _AT, "contract": contract, "side": side, "contracts": lots, "price": price}
    for contract, side, lots, price in (
        ("Coinbase Derivatives:ETP", "sell", 20, 3_100.0),
        ("OKX:DOGE-USDT-SWAP", "sell", 900, 0.17),
        ("Deribit:ETH_USDC-25DEC26-2800-P", "buy", 100, 60.0),
        ("Deribit:ETH_USDC-25DEC26-4000-C", "sell", 100, 50.0),
    )
)
"""Fills of the first example, so that the shapes hold what is there only with fills."""

CALLS: dict[str, tuple[tuple[str, ...], ...]] = {
    "propose": ((_LAYER1,), (_FILLED,), ("examples/novacoin.json",), ("examples/altcoin_x.json",)),
    "scenario": (
        (_LAYER1, "--move", "-15%"),
        (_FILLED, "--move", "-15%"),
        (_LAYER1, "--preset", "crash"),
        (_LAYER1, "--move", "60%"),
    ),
    "stress": ((_LAYER1,), (_FILLED,), ("examples/novacoin.json",)),
    "simulate": (
        (_LAYER1, "--paths", "200"),
        (_FILLED, "--paths", "200"),
        ("examples/novacoin.json", "--paths", "200"),
    ),
    "alternatives": (
        (_LAYER1, "--paths", "200"),
        (_FILLED, "--paths", "200"),
        (_LAYER1, "--paths", "200", "--largest-loss", "1"),
    ),
    "monitor": ((_LAYER1,), (_FILLED,), ("examples/novacoin.json",)),
    "contracts": (("--venue", "CME"), ("--venue", "OKX")),
    "explain": ((_LAYER1,),),
}
"""command -> the words after it of each call from which its shape is derived."""

_KINDS = {bool: "true or false", int: "number", float: "number", str: "text", type(None): "null"}


def schemas() -> dict[str, Any]:
    """command -> the JSON Schema of its answers."""
    return {name: _answer_schema([printed([name, *words]) for words in calls]) for name, calls in CALLS.items()}


def printed(arguments: Sequence[str]) -> dict[str, Any]:
    """The object that a command prints with --json."""
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(out):
        main([*(_with_fills(folder) if word == _FILLED else word for word in arguments), "--json"])
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def _with_fills(folder: str) -> str:
    """The path of a file in `folder` that holds the first example with FILLS."""
    plan = json.loads(Path(_LAYER1).read_text(encoding="utf-8"))
    plan["execution"] = {**plan.get("execution", {}), "fills": list(FILLS)}
    path = Path(folder) / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    return str(path)


def _answer_schema(answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    always = set.intersection(*(set(answer) for answer in answers))
    return {"type": "object", **_shape(answers), "required": sorted(always)}


def _shape(values: Iterable[Any]) -> dict[str, Any]:
    """The shape of a value that has been seen as each of `values`."""
    seen = list(values)
    objects = [value for value in seen if isinstance(value, dict)]
    items = [item for value in seen if isinstance(value, list) for item in value]
    shape: dict[str, Any] = {}
    if kinds := sorted({_KINDS[type(value)] for value in seen if type(value) in _KINDS}):
        shape["description"] = " or ".join(kinds)
    names = {name: [one[name] for one in objects if name in one] for found in objects for name in found}
    if names and all(name == name.lower() for name in names):
        shape["properties"] = {name: _shape(found) for name, found in sorted(names.items())}
    elif names:  # keyed by coins or contracts
        shape["additionalProperties"] = _shape(value for found in names.values() for value in found)
    if items:
        shape["items"] = _shape(items)
    return shape


if __name__ == "__main__":
    json.dump(schemas(), sys.stdout, indent=1, sort_keys=True)
    print()
