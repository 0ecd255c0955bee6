"""The commands about the plan itself: `new`, `propose`, `report` and `schema`.

By hand: `propose examples/novacoin.json` must say 63 contracts, 70.0% and $3,000 unhedged (see `test_sizing` for the
arithmetic).
"""

from __future__ import annotations

import io
import json
import types

import pytest

from hedge_core.documents.plan_file import json_schema, plan_from_json
from tests.support.markets import make_history


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


def test_a_plan_comes_from_standard_input_as_well(run_process, examples):
    content = (examples / "novacoin.json").read_bytes()

    done = run_process("propose", "-", "--json", stdin=content)

    assert done.returncode == 0
    assert json.loads(done.stdout)["legs"][0]["contracts"] == 63


def test_propose_in_words_holds_the_orders_the_ratio_and_the_source(run, examples):
    code, out, err = run("propose", examples / "novacoin.json")

    assert (code, err) == (0, "")
    assert "Sell short 63 × MICRO-ETH (contracts of 0.1 ETH) on My contracts: limit 2,000 USD per ETH" in out
    assert "achieved 70.0%, unhedged $3,000.00" in out
    assert "sample" in out


def test_simulated_prices_are_said_to_be_simulated_in_words_and_in_json(run, run_json, examples):
    for command in (["propose"], ["scenario", "--move", "-0.1"]):
        code, out, _ = run(*command, examples / "layer1_bag.json")
        assert code == 0
        assert "simulated" in out.lower()
    assert run_json("propose", examples / "layer1_bag.json")["market"]["simulated"] is True


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
    assert run_json("propose", path)["legs"][0]["contract"] == "CME:QSOL"  # 70 SOL are 14 of its lots, and 2.8 of MSL


def test_the_approach_of_a_new_plan_can_be_chosen(run, tmp_path):
    bag = tmp_path / "bag.csv"
    bag.write_text("coin,quantity\nINJ,400\n")

    code, out, _ = run("new", bag, "--approach", "coin_by_coin", "--rounding", "optimal")

    assert code == 0
    decisions = json.loads(out)["decisions"]
    assert (decisions["approach"], decisions["rounding"]) == ("coin_by_coin", "optimal")


def test_every_bad_row_of_a_bag_is_named_at_once(run, tmp_path):
    table = tmp_path / "bag.csv"
    table.write_text("coin,quantity,role\nSOL,-1,hold\nETH,1,lender\n=1+1,x,\n", encoding="utf-8")

    code, _, err = run("new", table)

    assert code == 2
    for place in ("row 2, field 'quantity'", "row 3, field 'role'", "row 4, field 'coin'", "row 4, field 'quantity'"):
        assert place in err


def test_schema_prints_the_schema_of_a_plan(run):
    code, out, err = run("schema")

    assert (code, err) == (0, "")
    assert json.loads(out) == json_schema()


def test_new_keeps_pledged_coins_and_dangers_shows_what_they_do(run, run_json, tmp_path):
    table, made = tmp_path / "bag.csv", tmp_path / "plan.json"
    table.write_text("coin,quantity\nSOL,100\nLINK,200\n", encoding="utf-8")
    options = ("--venue", "OKX", "--collateral", "0", "--pledge", "sol=50%", "--haircut", "SOL=20%")
    code, out, err = run("new", table, *options)
    assert (code, err) == (0, "")
    made.write_text(out, encoding="utf-8")

    assert json.loads(out)["decisions"]["pledges"] == {"SOL": {"share": 0.5, "haircut": 0.2}}
    (coin,) = run_json("propose", made)["margin"]["pledged"]
    assert coin["counted"] == pytest.approx(0.8 * coin["value"])
    pledge = run_json("dangers", made, "--paths", "100")["pledge"]
    assert any("your cash alone opens no contract" in sentence for sentence in pledge["sentences"])
    assert run("new", table, "--haircut", "SOL=20%")[0] == 2
    assert run("new", table, "--pledge", "SOL=150%")[0] == 2
