"""The command line: the same numbers as the core, and mistakes that end in one clear message.

By hand: `propose examples/novacoin.json` must say 63 contracts, 70.0% and $3,000 left open; `scenario ... --move -15%
--of bag` −1,500.00, +1,050.00 and −450.00 (see `test_sizing` and `test_scenarios` for the arithmetic).
"""

from __future__ import annotations

import argparse
import io
import json
import re
import signal
import subprocess
import sys
import types

import numpy as np
import pytest

from hedge_core.cli import main
from hedge_core.documents.plan_file import json_schema, plan_from_json
from hedge_core.market.contracts import catalogue
from tests.support.malformed import DOCUMENTS, GOOD, TOGETHER, as_bytes, cases
from tests.support.markets import make_history
from tests.support.watching import webhook


@pytest.fixture
def run(capsys):
    """Run a command in this process: (exit code, standard output, standard error)."""

    def run(*arguments):
        try:
            code = main.main([str(argument) for argument in arguments])
        except SystemExit as left:  # argparse leaves this way
            code = left.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def run_json(run):
    """Run a command with --json and read its one object."""

    def run_json(*arguments):
        code, out, err = run(*arguments, "--json")
        assert (code, err) == (0, "")
        return json.loads(out, parse_constant=pytest.fail)

    return run_json


def in_a_process(*arguments, stdin=None, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "hedge_core", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        timeout=60,
        check=False,
    )


@pytest.fixture
def plan_file(tmp_path):
    """Write a document (a dict, or bytes as they are) to a file."""

    def plan_file(document):
        path = tmp_path / "plan.json"
        path.write_bytes(as_bytes(document))
        return path

    return plan_file


@pytest.mark.parametrize("option", ["--move", "--of", "--carry", "--market"])
def test_two_dashes_as_a_value_are_a_mistake_and_no_bug(run, examples, option):
    """argparse takes them away and leaves an empty list, which no calculation can use."""
    code, out, err = run("scenario", examples / "novacoin.json", "--move=-0.1", f"{option}=--")

    assert (code, out) == (2, "")
    assert f"{option}=--: '--' is no value" in err


@pytest.mark.parametrize("now", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_does_not_exist_in_utc_is_a_mistake_and_no_bug(run, examples, now):
    code, out, err = run("monitor", examples / "novacoin.json", f"--now={now}")

    assert (code, out) == (2, "")
    assert f"'{now}' is no moment" in err


# The worked examples


@pytest.mark.parametrize(
    ("name", "contracts", "exact", "achieved", "residual", "notional"),
    [
        ("novacoin", 63, 63.0, 0.7, 3_000.00, 12_600.00),
        ("novacoin_as_printed", 19, 19.4444, 0.2111, 7_888.89, 3_800.00),
        ("altcoin_x", 25, 25.0, 0.3333, 3_333.33, 2_500.00),
    ],
)
def test_propose_gives_the_worked_examples(run_json, examples, name, contracts, exact, achieved, residual, notional):
    document = run_json("propose", examples / f"{name}.json")

    (leg,) = document["legs"]
    assert (leg["side"], leg["contracts"], round(leg["exact_contracts"], 4)) == ("short", contracts, exact)
    assert round(document["achieved_hedge_ratio"], 4) == achieved
    assert round(document["residual_exposure"], 2) == residual
    assert round(leg["notional"], 2) == notional


def test_dollar_for_dollar_gives_35_contracts_and_583_33(run_json, examples, plan_file):
    document = json.loads((examples / "novacoin.json").read_text())
    document["decisions"]["method"] = "notional"
    path = plan_file(document)

    assert run_json("propose", path)["legs"][0]["contracts"] == 35
    result = run_json("scenario", path, "--move", "-0.15", "--of", "bag")
    assert round(result["hedge_pnl"], 2) == 583.33
    assert round(result["offset"], 3) == 0.389


@pytest.mark.parametrize(
    ("name", "arguments", "bag", "hedge", "net", "offset"),
    [
        ("novacoin", ["--move", "-0.15", "--of", "bag"], -1_500.00, 1_050.00, -450.00, 0.7),
        ("novacoin_as_printed", ["--move", "-0.15", "--of", "bag"], -1_500.00, 316.67, -1_183.33, 0.2111),
        ("altcoin_x", ["--move", "-0.05"], -375.00, 125.00, -250.00, 0.3333),
    ],
)
def test_scenario_gives_the_worked_examples(run_json, examples, name, arguments, bag, hedge, net, offset):
    document = run_json("scenario", examples / f"{name}.json", *arguments)

    assert [round(document[key], 2) for key in ("bag_pnl", "hedge_pnl", "net_pnl")] == [bag, hedge, net]
    assert round(document["offset"], 4) == offset
    assert document["unhedged_pnl"] == 0.0


def test_the_gap_of_the_guides_example_is_attributed(run_json, examples):
    document = run_json("scenario", examples / "novacoin_as_printed.json", "--move", "-0.15", "--of", "bag")

    assert round(document["attribution"]["method"], 2) == -725.93
    assert round(document["attribution"]["rounding"], 2) == -7.41
    assert "316.54" in document["notes"]


def test_a_process_of_its_own_says_the_same_in_json_and_in_words(examples):
    path = examples / "novacoin.json"

    proposed = in_a_process("propose", path, "--json", "--offline")
    in_words = in_a_process("scenario", path, "--move", "-15%", "--of", "bag")

    assert (proposed.returncode, proposed.stderr) == (0, b"")
    assert json.loads(proposed.stdout)["legs"][0]["contracts"] == 63
    assert (in_words.returncode, in_words.stderr) == (0, b"")
    text = re.sub(r" +", " ", in_words.stdout.decode())
    assert " bag -1,500.00\n" in text
    assert " hedge +1,050.00 (70.0% offset)\n" in text
    assert " net -450.00\n" in text


def test_a_plan_comes_from_standard_input_as_well(examples):
    content = (examples / "novacoin.json").read_bytes()

    done = in_a_process("propose", "-", "--json", stdin=content)

    assert done.returncode == 0
    assert json.loads(done.stdout)["legs"][0]["contracts"] == 63


def test_a_reader_that_goes_away_is_no_error():
    program = f"import subprocess, sys; p = subprocess.Popen([{sys.executable!r}, '-m', 'hedge_core', 'contracts', "
    program += "'--json'], stdout=subprocess.PIPE); p.stdout.close(); sys.exit(p.wait())"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


# Every command


def test_propose_in_words_holds_the_orders_the_ratio_and_the_source(run, examples):
    code, out, err = run("propose", examples / "novacoin.json")

    assert (code, err) == (0, "")
    assert "Sell short 63 x MICRO-ETH on My contracts (each 0.1 ETH), about $12,600.00" in out
    assert "achieved 70.0%, left open $3,000.00" in out
    assert "sample" in out


def test_simulated_prices_are_said_to_be_simulated_in_words_and_in_json(run, run_json, examples):
    for command in (["propose"], ["scenario", "--move", "-0.1"]):
        code, out, _ = run(*command, examples / "layer1_bag.json")
        assert code == 0
        assert "simulated" in out.lower()
    assert run_json("propose", examples / "layer1_bag.json")["market"]["simulated"] is True


def test_scenario_takes_percentages_however_they_are_written(run_json, examples):
    path = examples / "novacoin.json"
    results = [
        run_json("scenario", path, *arguments)["bag_pnl"]
        for arguments in (
            ["--move", "-0.15"],
            ["--move", "-15%"],
            ["--move=-15%"],
            ["--move", "−15 %"],
            ["--move", "-15e-2"],
            ["--move", "-.15"],
        )
    ]

    assert results == pytest.approx([-2_700.0] * 6)


def test_beta_shift_and_basis_reach_the_core(run_json, examples):
    document = run_json(
        "scenario", examples / "novacoin.json", "--move", "-10%", "--beta-shift", "-20%", "--basis", "-1%"
    )

    assert document["bag_pnl"] == pytest.approx(-10_000 * 1.8 * 0.8 * 0.1)
    assert document["hedge_pnl"] == pytest.approx(12_600 * 0.11)


def test_a_market_from_a_price_file_wins_over_the_plans_own(run_json, tmp_path, examples):
    history = make_history(seed=2, days=200, coins=("BTC", "ETH", "NOVA"), prices={"ETH": 1_500.0, "BTC": 5e4})
    lines = ["date," + ",".join(history.coins)]
    lines += [
        f"{day}," + ",".join(map(repr, map(float, row))) for day, row in zip(history.days, history.values, strict=True)
    ]
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(lines), encoding="utf-8")

    document = run_json("propose", examples / "altcoin_x.json", "--market", f"csv:{path}")

    assert document["market"]["source"] == f"csv:{path}"
    assert document["market"]["simulated"] is False
    assert document["legs"][0]["price"] == pytest.approx(1_500.0)
    assert document["legs"][0]["contracts"] == 25


def test_new_makes_a_plan_that_propose_takes(run, run_json, tmp_path):
    table = tmp_path / "bag.csv"
    table.write_text("coin,quantity,role\nSOL,100,hold\nLINK,50,speculative\n", encoding="utf-8")
    code, out, err = run(
        "new",
        table,
        "--risk",
        "30%",
        "--collateral",
        "$5,000",
        "--rounding",
        "down",
        "--venue",
        "CME",
        "--window",
        "90",
    )
    assert (code, err) == (0, "")

    plan = plan_from_json(out)
    assert [(row.coin, row.quantity, row.role) for row in plan.holdings] == [
        ("SOL", 100, "hold"),
        ("LINK", 50, "speculative"),
    ]
    assert plan.decisions.risk_accepted == 0.3
    assert (plan.decisions.collateral, plan.decisions.rounding) == (5_000, "down")
    assert (plan.decisions.venue, plan.decisions.window_days) == ("CME", 90)

    path = tmp_path / "plan.json"
    path.write_text(out, encoding="utf-8")
    assert run_json("propose", path)["legs"][0]["contract"] == "CME:MSL"


def test_contracts_lists_every_contract_with_its_source_and_date(run, run_json):
    document = run_json("contracts")

    assert [row["id"] for row in document["contracts"]] == [contract.id for contract in catalogue()]
    assert all(row["source"] and row["verified_on"] for row in document["contracts"])
    assert {row["venue"] for row in run_json("contracts", "--venue", "CME")["contracts"]} == {"CME"}
    code, out, _ = run("contracts", "--venue", "CME")
    assert code == 0
    assert out.count("CME:") == len(run_json("contracts", "--venue", "CME")["contracts"])


def test_schema_prints_the_schema_of_a_plan(run):
    code, out, err = run("schema")

    assert (code, err) == (0, "")
    assert json.loads(out) == json_schema()


def commands():
    parser = main._parser()
    (subparsers,) = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return subparsers.choices


def test_every_command_is_documented_in_the_readme(project_root):
    readme = (project_root / "README.md").read_text(encoding="utf-8")

    missing = [name for name in commands() if not re.search(rf"python -m hedge_core {name}\b", readme)]

    assert missing == []


@pytest.mark.parametrize("name", [None, *commands()])
def test_every_command_explains_itself(run, name):
    code, out, _ = run(*([name] if name else []), "--help")

    assert code == 0
    assert "usage:" in out
    if name is None:
        assert all(command in out for command in commands())


# Mistakes of the user


@pytest.mark.parametrize("command", ["propose", "scenario"])
@pytest.mark.parametrize(("content", "words"), [*cases(DOCUMENTS), *cases(TOGETHER)])
def test_a_plan_that_cannot_be_used_ends_with_code_2_and_the_place(run, plan_file, command, content, words):
    arguments = ["--move", "-0.1"] if command == "scenario" else []

    code, out, err = run(command, plan_file(content), *arguments, "--json")

    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert words in err
    assert "Traceback" not in err


def test_in_a_process_of_its_own_a_mistake_is_a_message_too(plan_file):
    document, words = DOCUMENTS["quantity NaN"]

    done = in_a_process("propose", plan_file(document), "--json")

    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["propose", "/no/such/plan.json"], "/no/such/plan.json"),
        (["propose", "."], "Is a directory"),
        (["scenario", "PLAN", "--move", "11"], "The move must lie between"),
        (["scenario", "PLAN", "--move", "1e308"], "The move must lie between"),
        (["scenario", "PLAN", "--move", "-101%"], "The move must lie between"),
        (["scenario", "PLAN", "--move", "nan"], "--move: 'nan' is not a number"),
        (["scenario", "PLAN", "--move", "ten"], "--move: 'ten' is not a number"),
        (["scenario", "PLAN", "--move", "0", "--beta-shift", "-200%"], "The beta shift must lie between"),
        (["scenario", "PLAN", "--move", "0", "--basis", "x"], "--basis: 'x' is not a number"),
        (["scenario", "PLAN"], "--move"),
        (["scenario", "PLAN", "--move", "0", "--of", "moon"], "--of"),
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
    assert words in err
    assert len(err) < 1_500
    assert "Traceback" not in err


def test_every_bad_row_of_a_bag_is_named_at_once(run, tmp_path):
    table = tmp_path / "bag.csv"
    table.write_text("coin,quantity,role\nSOL,-1,hold\nETH,1,lender\n=1+1,x,\n", encoding="utf-8")

    code, _, err = run("new", table)

    assert code == 2
    for place in ("row 2, field 'quantity'", "row 3, field 'role'", "row 4, field 'coin'", "row 4, field 'quantity'"):
        assert place in err


def test_a_bug_stays_loud(monkeypatch, examples):
    def bug(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(main, "assess", bug)
    with pytest.raises(ZeroDivisionError):
        main.main(["propose", str(examples / "novacoin.json")])


def test_no_more_is_read_from_standard_input_than_a_plan_can_have(run, monkeypatch):
    class Endless(io.RawIOBase):
        given = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.given += len(buffer)
            assert self.given < 50_000_000
            buffer[:] = b" " * len(buffer)
            return len(buffer)

    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=io.BufferedReader(Endless())))
    code, out, err = run("propose", "-")

    assert (code, out) == (2, "")
    assert "larger than" in err


def test_numbers_in_json_are_numbers_of_json(run_json, examples):
    document = run_json("scenario", examples / "layer1_bag.json", "--move", "-0.2")

    assert all(np.isfinite(value) for value in document["attribution"].values())


def test_backtest_says_how_good_the_hedge_was_and_beside_what(run, run_json, examples):
    code, out, err = run("backtest", examples / "layer1_bag.json")
    document = run_json("backtest", examples / "layer1_bag.json")

    assert (code, err) == (0, "")
    assert document["verdict"] in out
    assert out.startswith("Example on simulated prices\n")
    effectiveness = document["effectiveness"]
    low, high = effectiveness["variance_interval"]
    assert low <= effectiveness["variance_reduction"] <= high
    assert effectiveness["grade"] in "ABCDEF"
    assert document["market"] == {"source": "sample", "as_of": "2026-11-01T00:00:00+00:00", "simulated": True}
    by_name = {hedge["name"]: hedge for hedge in document["alternatives"]}
    assert by_name["recommended"]["effectiveness"] == effectiveness
    assert {"naive", "bag_level", "coin_by_coin", "ols_90_btc"} <= set(by_name)
    assert all(f"  {hedge['label']} " in out for hedge in document["alternatives"])
    assert {row["coin"] for row in document["coins"]} >= {"SOL", "AVAX"}
    assert all(row["beta_range"][0] <= row["beta_range"][1] for row in document["coins"])
    assert all(calibration["factor"] > 0 for calibration in document["calibrations"])


def test_stress_lists_the_windows_of_history_the_worst_first(run, run_json, examples):
    code, out, err = run("stress", examples / "layer1_bag.json")
    document = run_json("stress", examples / "layer1_bag.json", "--residual", "-10%")
    plain = run_json("stress", examples / "layer1_bag.json")

    assert (code, err) == (0, "")
    assert plain["reading"] in out
    windows = {window["name"]: window for window in plain["windows"]}
    assert len(windows) == 38
    assert [w["net_pnl"] for w in plain["windows"]] == sorted(w["net_pnl"] for w in plain["windows"])
    assert all(w["net_pnl"] == pytest.approx(w["bag_pnl"] + w["hedge_pnl"]) for w in windows.values())
    assert {"crash", "squeeze"} == {window["kind"] for window in windows.values()}
    worse = {window["name"]: window for window in document["windows"]}["2020-03 Covid"]
    assert worse["bag_pnl"] < windows["2020-03 Covid"]["bag_pnl"]
    assert "SOL" in worse["estimated"]


def test_simulate_prints_the_outcomes_the_policies_and_the_hedge_ratios(run, run_json, examples):
    code, out, err = run("simulate", examples / "layer1_bag.json", "--paths", "500", "--seed", "3", "--stop", "8%")
    document = run_json("simulate", examples / "layer1_bag.json", "--paths", "500", "--seed", "3", "--stop", "8%")

    assert (code, err) == (0, "")
    assert document["reading"] in out
    assert (document["paths"], document["seed"], document["horizon_days"]) == (500, 3, 30)
    assert document["net"]["expected_shortfall"]["error"] > 0
    assert 0 < document["liquidated"]["chance"] < 1
    assert [policy["label"] for policy in document["policies"]["simulated"]][3] == "Stop-loss at −8%"
    points = document["frontier"]["points"]
    assert points[document["frontier"]["chosen"]]["hedge_ratio"] == 0.6
    assert document["cash_by_day"] == sorted(document["cash_by_day"])
    assert document["market"]["simulated"] is True


def test_simulate_draws_the_same_from_the_same_seed_and_down_from_an_expected_fall(run_json, examples):
    def drawn(*more):
        return run_json("simulate", examples / "layer1_bag.json", "--paths", "500", *more)

    assert drawn() == drawn("--seed", "0")
    assert drawn("--market-move", "-20%")["bag"]["mean"]["value"] < drawn()["bag"]["mean"]["value"] - 5_000
    assert "fat tails" in drawn("--model", "fat_tails")["model"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--paths", "0"), "paths can be drawn"),
        (("--seed", "-1"), "seed must be"),
        (("--stop", "100%"), "stop-loss must lie"),
    ],
)
def test_simulate_refuses_what_cannot_be_drawn(run, examples, arguments, message):
    code, out, err = run("simulate", examples / "layer1_bag.json", *arguments)

    assert (code, out) == (2, "")
    assert message in err


def test_a_scenario_can_break_the_correlation_and_turn_the_carry(run_json, examples):
    plain = run_json("scenario", examples / "layer1_bag.json", "--move", "20%")
    broken = run_json("scenario", examples / "layer1_bag.json", "--move", "20%", "--break", "50%")
    turned = run_json("scenario", examples / "layer1_bag.json", "--move", "20%", "--carry", "-50%")

    assert broken["bag_pnl"] < plain["bag_pnl"]
    assert turned["net_after_costs"] < plain["net_after_costs"]
    assert turned["net_pnl"] == plain["net_pnl"]


def test_backtest_of_what_cannot_be_tested_says_why(run_json, examples):
    document = run_json("backtest", examples / "novacoin.json")

    assert document["effectiveness"] is None
    assert "no history" in document["verdict"]
    assert document["alternatives"] == []


def test_the_approach_of_a_new_plan_can_be_chosen(run, tmp_path):
    bag = tmp_path / "bag.csv"
    bag.write_text("coin,quantity\nINJ,400\n")

    code, out, _ = run("new", bag, "--approach", "coin_by_coin", "--rounding", "optimal")

    assert code == 0
    decisions = json.loads(out)["decisions"]
    assert (decisions["approach"], decisions["rounding"]) == ("coin_by_coin", "optimal")


# The monitor


FILLS = [
    {"at": "2026-10-20T10:00:00Z", "contract": f"Coinbase Derivatives:{code}", "side": "sell", **counted}
    for code, counted in (("ETP", {"contracts": 28, "price": 3300.0}), ("SLP", {"contracts": 9, "price": 150.0}))
]


@pytest.fixture
def executed(examples, plan_file):
    """The layer-1 bag with two of its shorts sold on 20 Oct, and these exit rules."""

    def executed(*rules, fills=FILLS, **thresholds):
        document = json.loads((examples / "layer1_bag.json").read_text())
        document["execution"]["fills"] = fills
        document["watch"]["exit_rules"] = list(rules)
        document["watch"]["thresholds"].update(thresholds)
        return plan_file(document)

    return executed


MONITOR_KEYS = set(
    "name severity exit_code moment no_prices plan_fault new alerts position realised_pnl fees funding pnl equity "
    "rally_left drift trades rules closing_order market".split()
)


def monitored(run, *arguments):
    code, out, err = run("monitor", *arguments, "--json")
    document = json.loads(out, parse_constant=pytest.fail)
    assert (document["exit_code"], err) == (code, "")
    assert set(document) == MONITOR_KEYS
    return document


@pytest.mark.parametrize(
    ("content", "words"),
    [case for case in (*cases(DOCUMENTS), *cases(TOGETHER)) if case.id != "a coin without a price"],
)
def test_monitor_refuses_a_plan_that_cannot_be_used_as_other_commands_do(run, plan_file, content, words):
    code, out, err = run("monitor", plan_file(content), "--json")

    assert (code, out) == (2, "")
    assert words in err


def test_monitor_is_calm_with_code_0(run, executed):
    document = monitored(run, executed(drift=1.5))

    assert (document["exit_code"], document["severity"], document["alerts"]) == (0, "calm", [])
    assert document["moment"] == "2026-11-01T00:00:00+00:00"
    assert document["market"] == {"source": "sample", "as_of": "2026-11-01T00:00:00+00:00", "simulated": True}


def test_monitor_warns_with_code_3_and_shows_the_position(run, executed):
    document = monitored(run, executed())

    assert (document["exit_code"], document["severity"]) == (3, "warning")
    (alert,) = document["alerts"]
    assert set(alert) == {"code", "key", "severity", "evidence", "threshold", "action"}
    assert (alert["key"], document["new"]) == ("drift", ["drift"])
    assert document["position"][0] == {
        "contract": "Coinbase Derivatives:ETP",
        "expiry": None,
        "side": "short",
        "contracts": 28,
        "entry_price": pytest.approx(3300.0),
        "mark": 3180.0,
        "is_marked_at_spot": False,
        "open_pnl": pytest.approx(28 * 0.1 * 120),
    }
    assert document["pnl"] == pytest.approx(336 + 9 * 5 * 2)
    assert document["equity"] == pytest.approx(20_426)
    assert (document["realised_pnl"], document["fees"], document["funding"]) == (0, 0, 0)
    assert document["rally_left"] > 0.5
    assert document["drift"] < -0.4
    assert [trade["lots"] for trade in document["trades"]] == [24, 3, 4, 1]
    assert document["closing_order"][0] == "Buy 28 Coinbase Derivatives:ETP, about $8,904, to close."


def test_monitor_calls_for_action_with_code_4_where_a_rule_is_met(run, executed):
    met = {"kind": "on_date", "day": "2026-10-30", "share": 0.5}
    done = {"kind": "on_date", "day": "2026-10-29", "is_done": True}
    far = {"kind": "fall_reached", "fall": 0.5}

    document = monitored(run, executed(met, done, far))

    assert (document["exit_code"], document["severity"]) == (4, "critical")
    assert [(r["kind"], r["share"], r["is_met"], r["is_done"]) for r in document["rules"]] == [
        ("on_date", 0.5, True, False),
        ("on_date", 1.0, False, True),
        ("fall_reached", 1.0, False, False),
    ]


def test_monitor_without_prices_ends_with_code_5(run, executed):
    path = executed()

    document = monitored(run, path, "--market", "kraken", "--offline")
    code, out, err = run("monitor", path, "--market", "kraken", "--offline")

    assert (document["exit_code"], document["severity"]) == (5, "blind")
    assert (document["market"], document["position"], document["pnl"]) == (None, [], None)
    assert (code, out) == (5, "")
    assert err == f"blind: {document['no_prices']}\n"


def test_monitor_without_the_price_of_one_coin_ends_with_code_5(run, plan_file):
    document = json.loads(as_bytes(GOOD))
    document["holdings"] = [{"coin": "NOSUCHCOIN", "quantity": 1.0}]

    assert "NOSUCHCOIN" in monitored(run, plan_file(document))["no_prices"]


def test_monitor_judges_the_age_of_prices_at_the_moment_that_is_given(run, tmp_path, plan_file):
    prices = make_history(seed=2, days=200, coins=("BTC", "ETH"))
    lines = ["date,BTC,ETH", *(f"{day},{a!r},{b!r}" for day, (a, b) in zip(prices.days, prices.values.tolist(), strict=True))]  # fmt: skip # noqa: E501
    market = tmp_path / "prices.csv"
    market.write_text("\n".join(lines), encoding="utf-8")
    document = json.loads(as_bytes(GOOD))
    document["holdings"] = [{"coin": "ETH", "quantity": 1.0}]
    path = plan_file(document)

    def code(moment):  # the last close is that of 31 Jan
        return monitored(run, path, "--market", f"csv:{market}", "--now", moment)["exit_code"]

    moments = ("2026-02-02T01:00Z", "2026-02-02T03:00Z", "2026-02-02T06:01Z", "2026-02-02 08:00+02:00")
    assert [code(moment) for moment in moments] == [0, 3, 5, 3]


def test_monitor_in_words_begins_with_the_alerts(run, executed):
    code, out, err = run("monitor", executed({"kind": "on_date", "day": "2026-10-30", "share": 0.5}))

    assert (code, err) == (4, "")
    lines = out.split("\n")
    assert lines[:2] == ["Example on simulated prices", "Layer-1 bag: critical"]
    assert lines[2].startswith("  CRITICAL An exit rule is met: 30 Oct 2026 has come.")
    assert lines[3].startswith("  WARNING The hedge is 50% smaller than its target by now.")
    places = [
        out.index(text)
        for text in ("short 28 x Coinbase Derivatives:ETP", "Margin room", "Drift", "Exit rules", "To close everything")
    ]
    assert places == sorted(places)
    assert "in all +426.00: realised +0.00, open +426.00, funding +0.00, fees +0.00" in out


def test_monitor_tells_a_webhook_once_with_a_state_file_and_each_time_without(run, executed, tmp_path, monkeypatch):
    path, state = executed(), tmp_path / "state"
    with webhook() as hook:
        monkeypatch.setenv("HEDGE_NOTIFY", hook.address)
        for _ in range(3):
            assert run("monitor", path, "--state", state)[0] == 3
        assert len(hook.received) == 1
        for _ in range(2):
            assert run("monitor", path)[::2] == (3, "")
        assert len(hook.received) == 3
        assert run("monitor", path, "--market", "kraken", "--offline")[0] == 5
        assert hook.titles[-1] == "BLIND: no usable prices (Layer-1 bag)"
        hook.status = 500
        code, _, err = run("monitor", path)

    assert (code, err) == (3, "note: address 1 did not take a notification; it is tried again later.\n")
    assert {message["title"] for message in hook.received[:3]} == {"WARNING: drift (Layer-1 bag)"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_monitor_prints_a_line_a_check_and_ends_calmly_when_it_is_told_to(executed, tmp_path, number):
    with webhook() as hook:
        options = ["--notify", hook.address, "--state", str(tmp_path / "state")]
        process = subprocess.Popen(
            [sys.executable, "-m", "hedge_core", "monitor", str(executed()), "--every", "1s", "--json", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        first = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(number)
        _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (0, "")
    assert [document["exit_code"] for document in first] == [3, 3]
    assert [document["new"] for document in first] == [["drift"], []]
    assert hook.titles == ["WARNING: drift (Layer-1 bag)"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--every", "soon"], "write 90s, 15m or 4h"),
        (["--every", "0s"], "write 90s, 15m or 4h"),
        (["--quiet", "22:00"], "write 22:00-07:00"),
        (["--quiet", "7:00-07:00"], "write 22:00-07:00"),
        (["--digest", "25:00"], "write 08:00"),
        (["--heartbeat", "8"], "write 08:00"),
        (["--zone", "Moon/Base"], "write Europe/Berlin"),
        (["--zone", "../etc"], "write Europe/Berlin"),
        (["--now", "later"], "write 2026-01-31T14:00:00Z"),
        (["--now", "2026-01-31", "--every", "15m"], "leave out --every"),
        (["--digest", "08:00", "--every", "15m"], "need an address"),
        (["--digest", "08:00", "--notify", "json://127.0.0.1:9/"], "--state FILE"),
        (["--notify", "moon://secret"], "Address 1 for notifications"),
        (["--market", "moon"], "no market source 'moon'"),
        (["--market", "csv:missing.csv"], "missing.csv"),
        (["--state", "."], "cannot be written"),
    ],
)
def test_monitor_refuses_what_cannot_be_meant(run, executed, arguments, words):
    code, out, err = run("monitor", executed(), *arguments)

    assert (code, out) == (2, "")
    assert words in err
    assert "secret" not in err


def test_monitor_reads_a_plan_from_standard_input(executed):
    done = in_a_process("monitor", "-", "--json", stdin=executed().read_bytes())

    assert (done.returncode, json.loads(done.stdout)["severity"]) == (3, "warning")
