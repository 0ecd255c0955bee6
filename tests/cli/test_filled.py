"""Commands speak of what is filled: half of the only short is half of its gain."""

from __future__ import annotations

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
