"""The command `venues`, and what `new` takes to say where the holder lives and what a broker asks."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def layer1(examples):
    return json.loads((examples / "layer1_bag.json").read_text(encoding="utf-8"))


def test_venues_names_the_recommended_venue_and_sizes_the_plan_at_each(run, run_json, examples):
    document = run_json("venues", examples / "layer1_bag.json")

    rows = {row["venue"]: row for row in document["venues"]}
    proposed = run_json("propose", examples / "layer1_bag.json")
    assert document["recommended"] == "Gate"
    assert rows["Coinbase Derivatives"]["initial_margin"] == proposed["margin"]["initial"]
    assert rows["Coinbase Derivatives"]["contracts"] == {
        leg["contract"]: leg["contracts"] for leg in proposed["legs"] if leg["contracts"]
    }
    assert rows["BingX"]["size_not_known"] == ["APT", "ATOM", "AVAX", "NEAR", "SUI"]
    code, out, err = run("venues", examples / "layer1_bag.json")
    assert (code, err) == (0, "")
    assert document["reason"] in out
    assert "* Gate" in out
    assert "BingX: listed, size not known: APT, ATOM, AVAX, NEAR, SUI." in out


def test_venues_that_do_not_serve_the_holder_come_with_the_reason_and_without_numbers(run, plan_file, layer1):
    path = plan_file({**layer1, "residence": "hong_kong"})

    code, out, _ = run("venues", path)

    assert code == 0
    assert "* CME" in out
    assert "\n  Binance" not in out
    assert "Binance does not serve you: perpetuals are for professional investors in Hong Kong (Securities" in out


def test_new_takes_a_residence_and_margins(run, tmp_path):
    bag = tmp_path / "bag.csv"
    bag.write_text("coin,quantity\nSOL,80\n", encoding="utf-8")

    code, out, _ = run("new", bag, "--residence", "eu_retail", "--margin", "CME:MBT=44%/40%", "--margin", "CME:MET=0.5")

    plan = json.loads(out)
    assert code == 0
    assert plan["residence"] == "eu_retail"
    assert plan["overrides"]["margins"] == {
        "CME:MBT": {"initial": 0.44, "maintenance": 0.4},
        "CME:MET": {"initial": 0.5, "maintenance": 0.5},
    }


@pytest.mark.parametrize("margin", ["40%", "=40%", "CME:MBT=", "CME:MBT=much", "CME:MBT=0", "CME:MBT=600%"])
def test_a_margin_that_makes_no_sense_is_refused(run, tmp_path, margin):
    bag = tmp_path / "bag.csv"
    bag.write_text("coin,quantity\nSOL,80\n", encoding="utf-8")

    code, out, err = run("new", bag, "--margin", margin)

    assert (code, out) == (2, "")
    assert "margin" in err
