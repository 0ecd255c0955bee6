"""The command `ticket`: tickets as text, CSV and JSON, stages, and what it refuses."""

from __future__ import annotations

import json

import pytest

from hedge_core.cli.main import main


def run(capsys, *arguments):
    code = main(["ticket", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_ticket_of_the_worked_example_as_text_and_as_json(capsys, examples):
    plan = str(examples / "novacoin.json")

    code, out, _ = run(capsys, plan)
    assert code == 0
    assert "1. Sell short 63 × MICRO-ETH (contracts of 0.1 ETH) on My contracts: limit 2,000 USD per ETH" in out
    assert "These orders: no roll is needed, since these contracts do not expire." in out

    code, out, _ = run(capsys, plan, "--json")
    (ticket,) = json.loads(out)["tickets"]
    assert [(order["code"], order["quantity"], order["limit"]) for order in ticket["orders"]] == [
        ("MICRO-ETH", "63", "2000")
    ]


def test_stages_are_thirds_of_whole_lots(capsys, examples):
    _, out, _ = run(capsys, str(examples / "novacoin.json"), "--stages", "3", "--fall", "5%", "--json")

    tickets = json.loads(out)["tickets"]
    assert [ticket["orders"][0]["lots"] for ticket in tickets] == [21, 21, 21]
    assert "when ETH has fallen 9.8% from today" in tickets[2]["title"]


def test_a_file_of_orders(capsys, examples):
    _, out, _ = run(capsys, str(examples / "novacoin.json"), "--csv")

    assert out.splitlines()[0].startswith("PRACTICE")
    assert out.splitlines()[2].startswith("action,quantity,contract,venue,each,price_usd,notional_usd,ends_on")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--csv", "--json"), "one of --csv and --json"),
        (("--stages", "2", "--rise", "5%", "--fall", "5%"), "one of --rise and --fall"),
        (("--for", "close", "--stages", "2"), "--stages is for opening only"),
        (("--stages", "99"), "stages: must be from 1 to 12"),
    ],
)
def test_what_makes_no_sense_is_refused(capsys, examples, arguments, message):
    code, _, err = run(capsys, str(examples / "novacoin.json"), *arguments)

    assert code == 2
    assert message in err


def test_without_fills_there_is_nothing_to_close(capsys, examples):
    _, out, _ = run(capsys, str(examples / "novacoin.json"), "--for", "close")

    assert "No position is entered" in out


def with_fill(examples, folder, fill):
    """The path of a plan with this fill alone."""
    document = json.loads((examples / "layer1_bag.json").read_text(encoding="utf-8"))
    document["execution"] = {"fills": [{"at": "2026-10-30T00:00:00Z", **fill}]}
    plan = folder / "plan.json"
    plan.write_text(json.dumps(document), encoding="utf-8")
    return plan


def test_a_closing_ticket_says_nothing_of_margin_rolls_or_stops(capsys, tmp_path, examples):
    fill = {"side": "sell", "contract": "Coinbase Derivatives:ETP", "contracts": 29, "price": 3200.0}
    plan = with_fill(examples, tmp_path, fill)

    _, closing, _ = run(capsys, str(plan), "--for", "close")
    _, opening, _ = run(capsys, str(plan))
    _, as_json, _ = run(capsys, str(plan), "--for", "close", "--json")

    for words in ("survives a further", "no roll is needed", "Sell stop 150 INJ at $7.216."):
        assert words in opening
        assert words not in closing
    assert "Buy back 29 × ETP" in closing
    assert [json.loads(as_json)[key] for key in ("top_up", "market_top_up", "rolls")] == [None, None, []]


def test_a_closing_ticket_says_that_options_are_not_in_it(capsys, tmp_path, examples):
    option = {"side": "buy", "contract": "Deribit:BTC_USDC-27NOV26-60000-P", "contracts": 10, "price": 500.0}
    plan = with_fill(examples, tmp_path, option)

    _, closing, _ = run(capsys, str(plan), "--for", "close")

    assert "Your fills hold only options, which are not in this ticket" in closing
