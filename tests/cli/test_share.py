"""The commands `share` and `open`.

By hand: `share examples/novacoin.json` ends with an address; `open` of that address prints the file again.
"""

from __future__ import annotations

import io
import json
import sys

import pytest

from hedge_core.cli.share import BASE
from hedge_core.documents.link.envelope import PARAMETER
from hedge_core.documents.link.link import decode
from hedge_core.documents.plan_file import load_plan, plan_from_json


def give(monkeypatch, content: bytes) -> None:
    """Put bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize("name", ["altcoin_x", "layer1_bag", "novacoin", "novacoin_as_printed"])
def test_what_share_prints_on_its_last_line_opens_as_the_same_plan(run, examples, name):
    path = examples / f"{name}.json"

    code, out, err = run("share", str(path), "--offline")
    link = out.splitlines()[-1]

    assert (code, err) == (0, "")
    assert link.startswith("http://localhost:8501/?p=2")
    assert run("open", link) == (
        0,
        path.read_text(encoding="utf-8"),
        "note: pinned to prices of sample, 2026-11-01 00:00 UTC.\n",
    )
    assert run("open", link.partition("p=")[2], "--json") == (0, path.read_text(encoding="utf-8"), "")


def test_the_link_begins_with_the_base_and_may_be_without_a_pin(run, examples):
    plan = str(examples / "novacoin.json")

    _, pinned, _ = run("share", plan, "--base", "https://x.app/hedge")
    _, bare, _ = run("share", plan, "--base", "https://x.app/?p=", "--no-pin")

    assert pinned.splitlines()[-1].startswith("https://x.app/hedge?p=2")
    assert decode(pinned.splitlines()[-1]).pin is not None
    assert decode(bare.splitlines()[-1]).pin is None
    assert "prices and betas" in pinned
    assert "prices and betas" not in bare


def test_the_default_address_is_where_make_run_opens_the_app_and_ends_with_the_parameter_of_a_link():
    assert f"http://localhost:8501/?{PARAMETER}=" == BASE


def test_hidden_amounts_open_as_a_bag_of_a_hundred_dollars(run, examples):
    _, out, _ = run("share", str(examples / "layer1_bag.json"), "--hide-amounts")
    code, opened, err = run("open", out.splitlines()[-1])
    plan = plan_from_json(opened)

    assert code == 0
    assert "a bag of $100" in err
    assert [row.coin for row in plan.holdings] == [row.coin for row in load_plan(examples / "layer1_bag.json").holdings]
    assert plan.decisions.collateral is None


def test_a_link_is_read_from_standard_input(run, examples, monkeypatch):
    _, out, _ = run("share", str(examples / "altcoin_x.json"))
    give(monkeypatch, out.splitlines()[-1].encode() + b"\n")

    code, opened, _ = run("open", "-", "--json")

    assert code == 0
    assert json.loads(opened)["schema"] == "hedge-plan"


@pytest.mark.parametrize(
    "link", ["", "https://x.app/", "1AAAA", "2AAAA", "x" * 10_000, "http://localhost:8501/?p=3AAAA"]
)
def test_a_link_that_cannot_be_opened_ends_with_code_2_and_one_message(run, link):
    code, out, err = run("open", link)

    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_bytes_that_are_no_link_on_standard_input_end_with_code_2(run, monkeypatch):
    give(monkeypatch, bytes(range(256)) * 100)

    code, out, err = run("open", "-")

    assert (code, out) == (2, "")
    assert err.startswith("error: ")
