"""The commands that an assistant may call, as tools: what each takes and gives, and how a call becomes a command.

A tool is a command with `--json`. Its inputs are read from the command's own options, its answer is what the command
prints, and the shape of that answer is in `data/answers.schema.json`. So a tool cannot differ from the command line.

A tool only reads: no file by its name, no network unless the server was started with it, no message to anybody. A plan
comes as a document in the call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import click

from hedge_core.cli.alternatives import alternatives
from hedge_core.cli.analyses import scenario, simulate, stress
from hedge_core.cli.contracts import contracts
from hedge_core.cli.explain import explain
from hedge_core.cli.monitor import monitor
from hedge_core.cli.plans import propose
from hedge_core.cli.value_types import FRACTION
from hedge_core.errors import Fault, InvalidInput

_FILES = "csv:"
"""How the name of a market begins that is a file of this machine."""

_PLAN = {
    "type": "object",
    "description": "A plan document, as the program saves it. The resource hedge://plan.schema.json has every field. "
    'A short one: {"schema": "hedge-plan", "version": 1, "holdings": [{"coin": "LINK", "quantity": 500}], '
    '"decisions": {"risk_accepted": 0.3, "collateral": 12000, "rounding": "optimal", "rally_to_survive": 0.25, '
    '"breach": null, "margin_mode": null}}. Write the last four so in a new plan: left out, they are the oldest rules.',
    "properties": {"schema": {"const": "hedge-plan"}, "version": {"const": 1}, "holdings": {"type": "array"}},
    "required": ["schema", "version", "holdings"],
}


@dataclass(frozen=True, slots=True)
class Tool:
    """A command as a tool; `offered` are the options that a call may set, in the command's own names.

    An option is left out that writes, notifies, waits or only changes how the answer is printed.
    """

    command: click.Command
    offered: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the tool, which is that of the command."""
        return str(self.command.name)

    @property
    def takes_plan(self) -> bool:
        """Whether a call must bring a plan."""
        return any(isinstance(parameter, click.Argument) for parameter in self.command.params)

    def options(self) -> dict[str, click.Option]:
        """argument of a call -> the option of the command that it sets."""
        by_name = {option.opts[0]: option for option in self.command.params if isinstance(option, click.Option)}
        return {name.removeprefix("--").replace("-", "_"): by_name[name] for name in self.offered}

    def input_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the arguments of a call."""
        properties = {"plan": _PLAN} if self.takes_plan else {}
        return {
            "type": "object",
            "properties": {**properties, **{name: _schema(option) for name, option in self.options().items()}},
            "required": list(properties),
            "additionalProperties": False,
        }

    def output_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the answer."""
        return dict(answer_schemas()[self.name])

    def arguments(self, given: Mapping[str, Any], *, is_offline: bool) -> tuple[list[str], str]:
        """Return the words of the command line for a call, and its standard input. Raises InvalidInput.

        Each value is one word with its option, so that none can pass for another option.
        """
        options = self.options()
        self._refuse_unknown(given, ["plan"] if self.takes_plan else [], options)
        _refuse_files(given)
        words = [self.name, *(["-"] if self.takes_plan else []), "--json", *(["--offline"] if is_offline else [])]
        for name, option in options.items():
            if given.get(name) is not None:
                words += _words(name, option, given[name])
        return words, json.dumps(given["plan"]) if self.takes_plan else ""

    def _refuse_unknown(self, given: Mapping[str, Any], needed: list[str], options: Mapping[str, click.Option]) -> None:
        faults = [
            Fault("is missing, or is not an object", field=name) for name in needed if not _is_object(given, name)
        ]
        faults += [Fault("is not known here", field=name[:60]) for name in given if name not in {*needed, *options}]
        if faults:
            raise InvalidInput(f"The arguments of '{self.name}' cannot be used:", faults)


def _is_object(given: Mapping[str, Any], name: str) -> bool:
    return isinstance(given.get(name), dict)


def _refuse_files(given: Mapping[str, Any]) -> None:
    """Raise InvalidInput if the prices would come from a file: a call must not choose files of this machine."""
    plan = given.get("plan")
    market = given.get("market") or (plan.get("market") if isinstance(plan, dict) else None)
    if isinstance(market, str) and market.startswith(_FILES):
        raise InvalidInput(
            "Tools read no files, so prices cannot come from one. State them in the plan (overrides.prices) and call "
            "with market 'typed', or use the command line."
        )


def _words(name: str, option: click.Option, value: Any) -> list[str]:
    """The words of the command line that set an option to a value. Raises InvalidInput."""
    word = option.opts[0]
    if option.is_flag:
        if not isinstance(value, bool):
            raise InvalidInput(f"'{name}' is true or false, not {str(value)[:60]!r}.")
        return [word] if value else []
    values = value if option.multiple and isinstance(value, list) else [value]
    if any(isinstance(one, bool) or not isinstance(one, str | int | float) for one in values):
        raise InvalidInput(f"'{name}' is a text or a number, not {str(value)[:60]!r}.")
    return [f"{word}={one}" for one in values]


def _schema(option: click.Option) -> dict[str, Any]:
    """The JSON Schema of one option's value."""
    one: dict[str, Any]
    if option.is_flag:
        one = {"type": "boolean"}
    elif isinstance(option.type, click.Choice):
        one = {"enum": list(option.type.choices)}
    elif option.type is FRACTION:
        one = {"type": ["number", "string"]}
    else:
        one = {"type": {"integer": "integer", "float": "number"}.get(option.type.name, "string")}
    schema = {"type": "array", "items": one} if option.multiple else one
    default = option.default if isinstance(option.default, str | int | float) and not option.is_flag else None
    return {**schema, "description": option.help or "", **({} if default is None else {"default": default})}


@cache
def answer_schemas() -> dict[str, Any]:
    """tool -> the JSON Schema of its answer; `python -m tools.answers` writes the file that holds them."""
    text = (files("hedge_core") / "data" / "answers.schema.json").read_text(encoding="utf-8")
    schemas: dict[str, Any] = json.loads(text)
    return schemas


_PRICES = ("--market", "--strict")
_PATHS = ("--paths", "--seed", "--model", "--market-move", "--stop")

TOOLS = (
    Tool(propose, _PRICES),
    Tool(
        scenario,
        ("--move", "--preset", "--of", "--beta-shift", "--basis", "--break", "--carry", *_PRICES),
    ),
    Tool(stress, ("--residual", *_PRICES)),
    Tool(simulate, (*_PATHS, *_PRICES)),
    Tool(
        alternatives,
        (*_PATHS, "--volatility", "--quote", "--live", "--options", "--own-option", "--largest-loss", *_PRICES),
    ),
    Tool(monitor, ("--now", "--market")),
    Tool(contracts, ("--venue", "--live")),
    Tool(explain, ("--figure", *_PRICES)),
)
