"""The command `rules`, and what `monitor` prints of an armed plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedge_core import load_plan
from hedge_core.documents.plan_file import save_plan
from hedge_core.plan.entry_rules import AboveAverage, ByHand, HasFallen
from hedge_core.plan.rules import CarryLimit, Catalyst, FallReached

ROOT = Path(__file__).parents[2]


@pytest.fixture
def armed(tmp_path: Path) -> Path:
    """On the sample market the bag is 48% above its average of 50 days."""
    plan = load_plan(ROOT / "examples" / "layer1_bag.json").with_watch(
        entry_rules=(AboveAverage(), HasFallen(), ByHand()), exit_rules=(FallReached(), Catalyst(), CarryLimit())
    )
    save_plan(plan, tmp_path / "plan.json")
    return tmp_path / "plan.json"


def test_rules_are_replayed_in_words(run, armed):
    code, out, err = run("rules", armed)
    assert (code, err) == (0, "")
    assert "If the bag has fallen 10% or more in 7 days:" in out
    assert "always hedged and" in out
    assert "Past days cannot answer this rule" in out
    assert "separate periods" in out


def test_rules_are_replayed_as_json(run_json, armed):
    document = run_json("rules", armed)
    above, _, by_hand = document["entry_rules"]
    assert above["outcomes"].keys() == {"rule", "always", "never"}
    assert above["outcomes"]["never"]["costs"] == 0.0
    assert len(above["fired"]) == above["outcomes"]["rule"]["trades"]
    assert (by_hand["fired"], by_hand["record"]) == (None, None)
    assert [rule["fired"] is None for rule in document["exit_rules"][:2]] == [False, True]


def test_a_plan_without_rules_says_so(run):
    code, out, _ = run("rules", ROOT / "examples" / "layer1_bag.json")
    assert (code, out.splitlines()) == (0, ["Entry rules: none", "Exit rules: none"])


def test_the_monitor_prints_what_is_armed_and_the_orders_once_a_rule_is_met(run, armed):
    code, out, _ = run("monitor", armed)
    assert code == 4
    assert "MET: the bag is 30% or more above the average of 50 days" in out
    assert "armed: the bag has fallen 10% or more in 7 days" in out
    assert "To open the hedge\n  1. Sell short 29 × ETP" in out


def test_the_monitor_gives_them_as_json(run, armed):
    import json

    code, out, _ = run("monitor", armed, "--json")
    document = json.loads(out)
    assert code == 4
    assert [rule["is_met"] for rule in document["entry_rules"]] == [True, False, False]
    assert document["opening_order"][0].startswith("1. Sell short 29 × ETP")
