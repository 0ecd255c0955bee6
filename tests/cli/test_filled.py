"""Commands speak of what is filled: half of the only short is half of its gain."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hedge_core import SampleSource, assess, load_plan
from hedge_core.documents.plan_file import save_plan
from hedge_core.monitoring.execution import as_proposed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def partly(tmp_path: Path) -> Path:
    """NovaCoin's only order, a third of it filled."""
    plan = load_plan(ROOT / "examples" / "novacoin.json")
    (fill,) = as_proposed(assess(plan, SampleSource().snapshot()), SampleSource().snapshot().as_of).execution.fills
    save_plan(plan.with_execution(fills=(replace(fill, contracts=fill.contracts // 3),)), tmp_path / "plan.json")
    return tmp_path / "plan.json"


@pytest.fixture
def as_json(run):
    """A function that runs a command with --json, whose note goes to standard error, and returns the document."""

    def document(*arguments):
        code, out, err = run(*arguments, "--json")
        assert code == 0
        assert "Filled: " in err
        return json.loads(out)

    return document


def test_a_scenario_is_of_what_is_filled_and_says_so(run, run_json, partly):
    planned = run_json("scenario", ROOT / "examples" / "novacoin.json", "--move", "-10%")
    code, out, err = run("scenario", partly, "--move", "-10%")
    assert code == 0
    assert "Filled: " in err
    assert "those of what is filled" in err
    assert f"{planned['hedge_pnl'] / 3.0:+,.2f}" in out


def test_a_proposal_says_what_is_filled_beside_the_orders_of_the_whole_plan(run, partly):
    code, out, _ = run("propose", partly)
    assert code == 0
    assert "Filled: " in out
    assert "The orders below are those of the whole plan." in out


def test_a_plan_without_fills_says_nothing_of_them(run):
    code, out, err = run("scenario", ROOT / "examples" / "novacoin.json", "--move", "-10%")
    assert (code, err) == (0, "")
    assert "Filled" not in out


def test_a_proposal_as_json_keeps_the_plan_and_adds_what_is_filled(run_json, partly):
    planned = run_json("propose", ROOT / "examples" / "novacoin.json")
    document = run_json("propose", partly)
    filled = document["filled"]
    assert {key: document[key] for key in ("legs", "orders", "achieved_hedge_ratio")} == {
        key: planned[key] for key in ("legs", "orders", "achieved_hedge_ratio")
    }
    assert "filled" not in planned
    assert filled["is_shown"] is False
    (row,) = filled["contracts"]
    assert row["planned"] == planned["legs"][0]["contracts"]
    assert row["filled"] == row["planned"] // 3
    assert filled["planned_hedge_ratio"] == planned["achieved_hedge_ratio"]
    assert filled["achieved_hedge_ratio"] == pytest.approx(
        planned["achieved_hedge_ratio"] * row["filled"] / row["planned"]
    )


@pytest.fixture
def layer1_partly(tmp_path: Path) -> Path:
    """The first example with two of its orders filled."""
    plan, market = load_plan(ROOT / "examples" / "layer1_bag.json"), SampleSource().snapshot()
    fills = as_proposed(assess(plan, market), market.as_of).execution.fills[:2]
    save_plan(plan.with_execution(fills=fills), tmp_path / "layer1.json")
    return tmp_path / "layer1.json"


def test_the_test_on_the_past_is_of_what_is_filled_with_the_plan_beside(as_json, layer1_partly):
    document = as_json("backtest", layer1_partly)
    assert document["filled"]["is_shown"] is True
    held, planned = document["as_planned"], document["plan"]["as_planned"]
    assert held["variance_reduction"] < planned["variance_reduction"] < document["effectiveness"]["variance_reduction"]
    assert document["yearly_cost"] != document["plan"]["yearly_cost"]


def test_the_dangers_are_those_of_what_is_filled_with_the_plan_beside(run_json, as_json, partly):
    planned = run_json("dangers", ROOT / "examples" / "novacoin.json", "--paths", "50")
    document = as_json("dangers", partly, "--paths", "50")
    costs = {one["key"]: one["cost"] for one in document["dangers"]}
    beside = {one["key"]: one["cost"] for one in document["plan"]["dangers"]}
    whole = {one["key"]: one["cost"] for one in planned["dangers"]}
    assert beside == {key: pytest.approx(cost) for key, cost in whole.items()}
    assert costs["basis"] == pytest.approx(whole["basis"] / 3.0, rel=0.02)
    assert document["crash_days"][0]["hedge_pnl"] == pytest.approx(
        planned["crash_days"][0]["hedge_pnl"] / 3.0, rel=0.02
    )


def test_alternatives_start_from_what_is_filled(run_json, as_json, partly):
    words = ("--paths", "300", "--seed", "3")
    planned = run_json("alternatives", ROOT / "examples" / "novacoin.json", *words)
    document = as_json("alternatives", partly, *words)
    ours, theirs = (
        next(way for way in found["ways"] if way["kind"] == "short" and way["is_own"]) for found in (document, planned)
    )
    holds = [next(way for way in found["ways"] if way["kind"] == "hold") for found in (document, planned)]
    assert document["filled"]["is_shown"] is True
    assert holds[0]["worst"] == holds[1]["worst"]
    assert theirs["worst"]["value"] < ours["worst"]["value"] < holds[0]["worst"]["value"]
    assert ours["up_front"] == 0.0
