"""The interface of the command line, as scripts use it: names, choices and defaults.

An entry holds a command's argument and options: [a|b] are choices, = is followed by the default, ! marks an option that
is required and * one that may be repeated. Scripts depend on all of it, so entries may be added but not changed.
"""

from __future__ import annotations

import click
import pytest

from hedge_core.cli.main import command_line

INTERFACE = {
    "new": "BAG --risk=0.5 --method[beta_weighted|notional|guide_divided]=beta_weighted "
    "--approach[recommended|bag_level|coin_by_coin]=recommended --rounding[nearest|down|up|optimal]=optimal "
    "--rally=0.25 --venue=Coinbase Derivatives --collateral --cash-rate=0.04 --pledge* --haircut* --reserve=0.0 "
    "--breach[venue|by_position|reduced|closed|topped_up] --margin-mode[venue|cross|isolated] "
    "--residence[not_stated|uk_retail|eu_retail|us|hong_kong|singapore|elsewhere]=not_stated --margin* --window=365 "
    "--market",
    "import": "PLAN FILE --kind[holdings|fills|prices] --dry-run --add --columns --decimal-mark[point|comma] "
    "--venue --coin --save --yes --strict --market --json",
    "propose": "PLAN --market --offline --strict --json",
    "explain": "--figure PLAN --market --offline --strict --json",
    "ticket": "--for[open|close|roll|resize]=open --stages --days=7 --rise --fall --csv "
    "PLAN --market --offline --strict --json",
    "scenario": "--move "
    "--preset[correction|crash|cascade|bitcoin_alone|rally|hack|leg_outruns|worst_days|decoupling|funding|"
    "march_2020|october_2025] "
    "--of[proxy|bag|market]=proxy --beta-shift=0.0 --basis=0.0 --break=0.0 --carry=0.0 "
    "PLAN --market --offline --strict --json",
    "backtest": "PLAN --market --offline --strict --json",
    "stress": "--residual=0.0 PLAN --market --offline --strict --json",
    "dangers": "--paths=4000 --seed=0 --pledge* --haircut* PLAN --market --offline --strict --json",
    "simulate": "--paths=20000 --seed=0 --model[auto|bootstrap|fat_tails]=auto --market-move=0.0 --stop=0.1 "
    "PLAN --market --offline --strict --json",
    "alternatives": "--paths=20000 --seed=0 --model[auto|bootstrap|fat_tails]=auto --market-move=0.0 --stop=0.1 "
    "--volatility* --quote* --live --options --own-option* --largest-loss PLAN --market --offline --strict "
    "--json",
    "study": "--market --offline --coins --venue=Coinbase Derivatives "
    "--approach[recommended|bag_level|coin_by_coin]=recommended --value=20000 --ratio=0.5 --window=365 "
    "--funding --seed=0 --out --json",
    "rules": "PLAN --market --offline --strict --json",
    "monitor": "--every --notify* --state=:memory: --quiet --digest --heartbeat --zone=UTC --now "
    "PLAN --market --offline --json",
    "tax": "PLAN --market --offline --strict",
    "share": "--hide-amounts --no-pin --base=http://localhost:8501/?p= PLAN --market --offline --strict",
    "open": "LINK --json",
    "report": "--out! --alternatives PLAN --market --offline --strict",
    "contracts": "--venue --live --offline --json",
    "venues": "PLAN --market --offline --strict --json",
    "schema": "",
    "serve": "--port=8501 --address=localhost --no-browser",
    "mcp": "--live --list",
}


def described(command: click.Command) -> str:
    """Return a command's parameters in the form of the table above."""
    context = click.Context(command)
    words = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            words.append(parameter.make_metavar(context))
            continue
        assert isinstance(parameter, click.Option)
        word = parameter.opts[0]
        if isinstance(parameter.type, click.Choice):
            word += f"[{'|'.join(parameter.type.choices)}]"
        value = command.make_context("x", ["X"], resilient_parsing=True).params[parameter.name]
        if not parameter.is_flag and value not in (None, ()):
            word += f"={value}"
        words.append(word + "!" * parameter.required + "*" * parameter.multiple)
    return " ".join(words)


def test_the_commands_are_these_in_this_order() -> None:
    assert list(command_line.commands) == list(INTERFACE)


@pytest.mark.parametrize("name", INTERFACE)
def test_the_options_of_a_command_their_choices_and_defaults_are_these(name: str) -> None:
    assert described(command_line.commands[name]) == INTERFACE[name]


@pytest.mark.parametrize("name", INTERFACE)
def test_no_two_options_of_a_command_share_a_parameter(name: str) -> None:
    names = [parameter.name for parameter in command_line.commands[name].params]

    assert len(names) == len(set(names))
