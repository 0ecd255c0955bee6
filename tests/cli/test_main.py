"""The program: how commands explain themselves, how errors of the user end, and what a closed pipe or a bug does."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import tomllib

import pytest

from hedge_core import SampleSource, assess, load_plan, run_scenario
from hedge_core.cli import options
from hedge_core.cli.main import command_line, main
from hedge_core.scenarios.presets import PRESETS
from tests.support.malformed import DOCUMENTS, GOOD, TOGETHER, cases

COMMANDS = command_line.commands
HELP_LOADS_NOT = ("streamlit", "plotly", "ccxt", "pydantic", "scipy", "pandas", "apprise", "jinja2", "xlsxwriter")
ROOMS_FOR_WORK = ("documents", "history", "monitoring", "reports")


def loaded_by(program):
    """Return the names of the modules that a Python program has loaded at its end."""
    program += "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout.splitlines()[-1])


# Help and documentation


@pytest.mark.parametrize("name", [None, *COMMANDS])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(run, name, option):
    code, out, err = run(*([name] if name else []), option)

    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: hedge {name or '[OPTIONS]'} ")
    if name is None:
        assert [line.split()[0] for line in out.partition("Commands:\n")[2].splitlines()] == list(COMMANDS)
        assert "..." not in out.partition("Commands:\n")[2], "a summary is too long for its line"


def test_every_command_and_every_option_has_a_help_text():
    untold = [name for name, command in COMMANDS.items() if not command.help]
    untold += [f"{name} {p.opts[0]}" for name, command in COMMANDS.items() for p in command.params if not p.help]

    assert untold == []


def test_every_command_and_every_option_is_documented(project_root):
    document = (project_root / "docs" / "command-line.md").read_text(encoding="utf-8")
    names = {name for command in COMMANDS.values() for p in command.params for name in p.opts if name[:2] == "--"}

    assert [name for name in COMMANDS if not re.search(rf"^(\$ )?hedge {name}\b", document, re.MULTILINE)] == []
    assert [name for name in sorted(names) if not re.search(rf"{name}\b", document)] == []


def test_help_loads_neither_heavy_libraries_nor_the_rooms_that_do_the_work():
    loaded = loaded_by("from hedge_core.cli.main import main\nmain(['--help'])")

    assert "click" in loaded
    assert [name for name in loaded if name.partition(".")[0] in HELP_LOADS_NOT] == []
    assert [name for name in loaded if name.startswith(tuple(f"hedge_core.{room}." for room in ROOMS_FOR_WORK))] == []


def test_only_the_command_line_uses_click(project_root):
    paths = (project_root / "hedge_core").rglob("*.py")
    users = {
        path.parent.name for path in paths if re.search(r"^\s*(import|from) click\b", path.read_text(), re.MULTILINE)
    }

    assert users == {"cli"}
    assert "click" not in loaded_by("import hedge_core")


# The program and its names


def test_the_console_script_runs_this_program(project_root):
    project = tomllib.loads((project_root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, function = project["scripts"]["hedge"].partition(":")

    assert getattr(importlib.import_module(module), function) is main


def test_the_module_is_the_same_program_under_the_name_that_it_was_called_by(run, run_process):
    done = run_process("propose", "--help")
    _, out, _ = run("propose", "--help")

    assert done.stdout.decode().startswith("Usage: python -m hedge_core propose [OPTIONS] PLAN\n")
    assert done.stdout.decode().replace("python -m hedge_core", "hedge") == out
    assert run_process("moon").stderr == b"error: No such command 'moon'.\nSee 'python -m hedge_core --help'.\n"


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_a_preset_is_the_shock_that_it_stands_for(run, examples, preset):
    """By hand, NovaCoin ($10,000, beta 1.8): in the crash it moves by 1.8·1.3·(−40%) = −93.6%."""
    path = str(examples / "novacoin.json")
    assessment = assess(load_plan(path), SampleSource().snapshot())

    code, out, _ = run("scenario", path, "--preset", preset.key, "--json")
    _, text, _ = run("scenario", path, "--preset", preset.key)

    result = json.loads(out)
    assert code == 0
    assert result["preset"] == preset.key
    assert result["net_pnl"] == run_scenario(assessment, preset.shock_on(assessment)).net_pnl
    if preset.key == "crash":
        assert result["bag_pnl"] == pytest.approx(-9_360)
    assert text.startswith(f"{preset.name}:\n")


def test_a_process_of_its_own_says_the_same_in_json_and_in_words(run_process, examples):
    path = examples / "novacoin.json"

    proposed = run_process("propose", path, "--json", "--offline")
    in_words = run_process("scenario", path, "--move", "-15%", "--of", "bag")

    assert (proposed.returncode, proposed.stderr) == (0, b"")
    assert json.loads(proposed.stdout)["legs"][0]["contracts"] == 63
    assert (in_words.returncode, in_words.stderr) == (0, b"")
    text = re.sub(r" +", " ", in_words.stdout.decode())
    assert " bag -1,500.00\n" in text
    assert " hedge +1,050.00 (70.0% offset)\n" in text
    assert " net -450.00\n" in text


@pytest.mark.parametrize("arguments", [["contracts", "--json"], ["--help"]])
def test_a_reader_that_goes_away_is_no_error(arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "hedge_core", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, b"")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--move", "--move: '--' is not a number"),
        ("--of", "--of: '--' is not one of 'proxy', 'bag'"),
        ("--carry", "--carry: '--' is not a number"),
        ("--market", "--market: '--' looks like an option"),
    ],
)
def test_two_dashes_as_a_value_are_a_mistake_and_no_bug(run, examples, option, words):
    code, out, err = run("scenario", examples / "novacoin.json", "--move=-0.1", f"{option}=--")

    assert (code, out) == (2, "")
    assert err.startswith(f"error: {words}")


# Errors of the user


@pytest.mark.parametrize("command", ["propose", "scenario"])
@pytest.mark.parametrize(("content", "words"), [*cases(DOCUMENTS), *cases(TOGETHER)])
def test_a_plan_that_cannot_be_used_ends_with_code_2_and_the_place(run, plan_file, command, content, words):
    arguments = ["--move", "-0.1"] if command == "scenario" else []

    code, out, err = run(command, plan_file(content), *arguments, "--json")

    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert words in err
    assert "Traceback" not in err


def test_in_a_process_of_its_own_a_mistake_is_a_message_too(run_process, plan_file):
    document, words = DOCUMENTS["quantity NaN"]

    done = run_process("propose", plan_file(document), "--json")

    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["propose", "/no/such/plan.json"], "/no/such/plan.json"),
        (["propose", "."], "Is a directory"),
        (["scenario", "PLAN", "--move", "11"], "The move must be between"),
        (["scenario", "PLAN", "--move", "1e308"], "The move must be between"),
        (["scenario", "PLAN", "--move", "-101%"], "The move must be between"),
        (["scenario", "PLAN", "--move", "nan"], "--move: 'nan' is not a number"),
        (["scenario", "PLAN", "--move", "ten"], "--move: 'ten' is not a number"),
        (["scenario", "PLAN", "--move", "0", "--beta-shift", "-200%"], "The beta shift must be between"),
        (["scenario", "PLAN", "--move", "0", "--basis", "x"], "--basis: 'x' is not a number"),
        (["scenario", "PLAN"], "--move"),
        (["scenario", "PLAN", "--move", "0", "--of", "moon"], "--of"),
        (["scenario", "PLAN", "--preset", "moon"], "'moon' is not one of 'correction', 'crash'"),
        (["scenario", "PLAN", "--preset", "crash", "--move", "0"], "leave out --move"),
        (["scenario", "PLAN", "--preset", "crash", "--of", "bag", "--break", "0%"], "leave out --of, --break"),
        (["propose", "PLAN", "--market", "moon"], "no market source 'moon'"),
        (["propose", "PLAN", "--market", "csv:/no/such.csv"], "/no/such.csv"),
        (["contracts", "--venue", "Nowhere"], "'Nowhere'"),
        (["new", "/no/such/bag.csv"], "/no/such/bag.csv"),
        (["new", "BAG", "--risk", "1.5"], "'decisions.risk_accepted'"),
        (["new", "BAG", "--window", "5"], "'decisions.window_days'"),
        (["new", "BAG", "--collateral", "nan"], "--collateral: 'nan' is not a number"),
        (["new", "BAG", "--collateral", "-1"], "'decisions.collateral'"),
        (["new", "BAG", "--market", ""], "'market'"),
        (["new", "BADBAG"], "row 2, field 'quantity'"),
        (["new", "EMPTY"], "empty"),
        (["scenario", "PLAN", "--move"], "'--move' requires an argument"),
        (["report", "PLAN", "--out", "--offline"], "--out: '--offline' looks like an option"),
        (["propose", "PLAN", "PLAN"], "unexpected extra argument"),
        (["propose"], "PLAN"),
        (["propose", "PLAN", "--moon"], "'--moon'"),
        (["schema", "--json"], "'--json'"),
        ([], "COMMAND"),
        (["moon"], "'moon'"),
    ],
)
def test_an_argument_that_cannot_be_meant_ends_with_code_2_and_its_name(run, plan_file, tmp_path, arguments, words):
    (tmp_path / "bag.csv").write_text("coin,quantity\nSOL,1\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text("coin,quantity\nSOL,-1\nETH,x\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    files = {
        "PLAN": plan_file(GOOD),
        "BAG": tmp_path / "bag.csv",
        "BADBAG": tmp_path / "bad.csv",
        "EMPTY": tmp_path / "empty.csv",
    }

    code, out, err = run(*(files.get(argument, argument) for argument in arguments))

    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert words in err
    assert len(err) < 1_500
    assert "Traceback" not in err


@pytest.mark.parametrize("fault", [ZeroDivisionError, KeyboardInterrupt, EOFError])
def test_a_bug_stays_loud_and_an_interrupt_ends_the_program(monkeypatch, examples, fault):
    def fail(*_arguments):
        raise fault

    monkeypatch.setattr(options, "assess_priced", fail)
    with pytest.raises(fault):
        main(["propose", str(examples / "novacoin.json")])
