"""The commands that test a plan: `scenario`, `backtest`, `stress` and `simulate`.

By hand: `scenario examples/novacoin.json --move -15% --of bag` must say −1,500.00, +1,050.00 and −450.00 (see
`test_run` of the scenarios for the arithmetic).
"""

from __future__ import annotations

import json

import numpy as np
import pytest


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


def test_a_scenario_can_break_the_correlation_and_turn_the_carry(run_json, examples):
    plain = run_json("scenario", examples / "layer1_bag.json", "--move", "5%")
    broken = run_json("scenario", examples / "layer1_bag.json", "--move", "5%", "--break", "50%")
    turned = run_json("scenario", examples / "layer1_bag.json", "--move", "5%", "--carry", "-50%")

    assert broken["bag_pnl"] < plain["bag_pnl"]
    assert turned["net_after_costs"] < plain["net_after_costs"]
    assert turned["net_pnl"] == plain["net_pnl"]


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
    assert effectiveness["grade"] is None  # nine tenths of this bag are hedged with futures of their own
    assert document["covered_share"] > 0.8
    assert document["held"]["spans"] == 24
    assert document["better_venues"][0]["own_share"] == 1.0
    assert document["market"] == {"source": "sample", "as_of": "2026-11-01T00:00:00+00:00", "simulated": True}
    by_name = {hedge["name"]: hedge for hedge in document["alternatives"]}
    assert by_name["recommended"]["effectiveness"] == effectiveness
    assert {"naive", "bag_level", "coin_by_coin", "ols_90_btc"} <= set(by_name)
    assert all(f"  {hedge['label']} " in out for hedge in document["alternatives"])
    assert {row["coin"] for row in document["coins"]} >= {"SOL", "AVAX"}
    assert all(row["beta_range"][0] <= row["beta_range"][1] for row in document["coins"])
    assert all(calibration["factor"] > 0 for calibration in document["calibrations"])


def test_backtest_of_what_cannot_be_tested_says_why(run_json, examples):
    document = run_json("backtest", examples / "novacoin.json")

    assert document["effectiveness"] is None
    assert "no price history" in document["verdict"]
    assert document["alternatives"] == []


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
    code, out, err = run("simulate", examples / "layer1_bag.json", "--paths", "150", "--seed", "3", "--stop", "8%")
    document = run_json("simulate", examples / "layer1_bag.json", "--paths", "150", "--seed", "3", "--stop", "8%")

    assert (code, err) == (0, "")
    assert document["reading"] in out
    assert (document["paths"], document["seed"], document["horizon_days"]) == (150, 3, 30)
    assert document["net"]["expected_shortfall"]["error"] > 0
    assert 0 < document["liquidated"]["chance"] < 1
    assert [policy["label"] for policy in document["policies"]["simulated"]][3] == "Stop-loss at −8%"
    points = document["frontier"]["points"]
    assert points[document["frontier"]["chosen"]]["hedge_ratio"] == 0.6
    assert document["cash_by_day"] == sorted(document["cash_by_day"])
    assert document["market"]["simulated"] is True


def test_simulate_draws_the_same_from_the_same_seed_and_down_from_an_expected_fall(run_json, examples):
    def drawn(*more):
        return run_json("simulate", examples / "layer1_bag.json", "--paths", "60", *more)

    assert drawn() == drawn("--seed", "0")
    assert drawn("--market-move", "-20%")["bag"]["mean"]["value"] < drawn()["bag"]["mean"]["value"] - 5_000
    assert "fat tails" in drawn("--model", "fat_tails")["model"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--paths", "0"), "number of paths must be between"),
        (("--seed", "-1"), "seed must be"),
        (("--stop", "100%"), "stop-loss must be between"),
    ],
)
def test_simulate_refuses_what_cannot_be_drawn(run, examples, arguments, message):
    code, out, err = run("simulate", examples / "layer1_bag.json", *arguments)

    assert (code, out) == (2, "")
    assert message in err


def test_dangers_are_listed_with_what_they_cost_and_as_json(run, run_json, examples):
    options = ("--paths", "300", "--seed", "5")
    code, out, err = run("dangers", examples / "layer1_bag.json", *options)
    document = run_json("dangers", examples / "layer1_bag.json", *options)

    assert (code, err) == (0, "")
    assert document["reading"] in out
    assert all(danger["title"] in out and danger["to_do"] in out for danger in document["dangers"])
    costs = [danger["cost"] for danger in document["dangers"]]
    assert costs == sorted(costs, reverse=True)
    assert all(one["cost"] == pytest.approx(one["without"] - one["with_it"]) for one in document["dangers"])
    assert [day["day"] for day in document["crash_days"]] == ["2025-10-10", "2021-05-19", "2020-03-12"]
    for day in document["crash_days"]:
        assert day["net_pnl"] == pytest.approx(day["bag_pnl"] + day["hedge_pnl"])
        assert [one["share"] for one in day["deleveraged"]] == [0.2, 0.5, 1.0]
        whole = day["deleveraged"][-1]
        costs = whole["closing"] + whole["reopening"]
        assert whole["net_after_the_next_day"] == pytest.approx(
            day["net_after_the_next_day"] + whole["gain_at_fill"] - whole["missing"] - costs
        )
    assert document["paths"]["intact"]["paths"] == document["paths"]["with_dangers"]["paths"] == 300
    assert document["assumptions"]["peg_loss"] == 0.05


def test_pledged_coins_are_shown_beside_the_dangers(run, run_json, examples):
    options = ("--paths", "200", "--pledge", "sol=50%", "--haircut", "SOL=20%")
    code, out, err = run("dangers", examples / "layer1_bag.json", *options)
    pledge = run_json("dangers", examples / "layer1_bag.json", *options)["pledge"]

    assert (code, err) == (0, "")
    assert all(sentence in out for sentence in pledge["sentences"])
    (coin,) = pledge["coins"]
    assert (coin["coin"], coin["source"]) == ("SOL", "as you stated it")
    assert coin["counted"] == pytest.approx(0.8 * coin["value"])
    assert pledge["market_rally_survived"] > pledge["market_rally_survived_without"]
    assert run("dangers", examples / "layer1_bag.json", "--haircut", "SOL=20%")[0] == 2
    assert "not among" in run("dangers", examples / "layer1_bag.json", "--paths", "50", "--pledge", "BONK=1")[2]
