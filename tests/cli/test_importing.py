"""The command `import`: what is read, what stops it, and what becomes of the plan."""

from __future__ import annotations

import json

import pytest

from hedge_core.documents.plan_file import plan_from_json
from hedge_core.documents.prices.file import CsvFileSource
from hedge_core.plan.bag import Holding
from tests.documents.test_corpus import CORPUS


@pytest.fixture
def table(tmp_path):
    def table(text):
        path = tmp_path / "bag.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return table


def test_a_dry_run_says_doubts_coins_and_columns(run):
    code, out, err = run("import", "new", CORPUS / "H20_total_footer.csv", "--dry-run")

    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "note: Row 4: 'Total' is a total and is left out"
    assert ["SOL", "12.5", "hold"] in [line.split() for line in out.splitlines()]
    assert "column 'Value': value" in out


def test_the_json_of_a_reading_has_all_that_was_understood(run_json):
    document = run_json("import", "new", CORPUS / "L05_bybit_unified.csv")

    assert list(document) == ["kind", "holdings", "fills", "prices", "columns", "doubts"]
    assert (document["kind"], document["fills"], document["prices"]) == ("holdings", [], {})
    assert document["holdings"][0] == {"coin": "ETH", "quantity": 2.25, "price": None, "role": "hold"}
    assert document["columns"]["Borrowed Amount"] == "not used"
    assert document["doubts"] == [
        {
            "grade": "note",
            "row": None,
            "field": None,
            "text": "'Equity' is read: what is borrowed is already subtracted",
        }
    ]


def test_a_new_plan_goes_to_standard_output(run):
    code, out, err = run("import", "new", CORPUS / "H27c_total_is_value.csv")

    plan = plan_from_json(out)
    assert code == 0
    assert plan.holdings == (Holding(coin="SOL", quantity=12.5), Holding(coin="LINK", quantity=410))
    assert plan.overrides.prices == {"SOL": 148.0, "LINK": 14.38}
    assert "column 'Holdings': quantity" in err
    assert "column 'Total': not used" in err


@pytest.mark.parametrize(("options", "quantity"), [([], 12.5), (["--add"], 32.5)])
def test_a_plan_on_disk_gets_the_holdings(run, plan_file, options, quantity):
    path = plan_file({"schema": "hedge-plan", "version": 1, "holdings": [{"coin": "SOL", "quantity": 20}]})

    code, out, _ = run("import", path, CORPUS / "H39_available_locked.csv", *options)

    assert (code, out) == (0, "")
    assert {h.coin: h.quantity for h in plan_from_json(path.read_text()).holdings} == {"SOL": quantity, "LINK": 410.0}


@pytest.mark.parametrize(
    ("options", "quantity"),
    [(["--yes"], 1.0), (["--decimal-mark", "comma"], 1_000.0), (["--decimal-mark", "point"], 1.0)],
)
def test_a_question_stops_the_import_until_it_is_answered(run, options, quantity):
    code, out, err = run("import", "new", CORPUS / "P07_paste.txt")
    assert (code, out) == (2, "")
    assert "questions are open" in err
    assert "'1.000' is read as 1" in err

    code, out, _ = run("import", "new", CORPUS / "P07_paste.txt", *options)
    assert code == 0
    assert plan_from_json(out).holdings[0].quantity == quantity


def test_the_columns_can_be_chosen(run, table):
    path = table("foo,bar,baz\nSOL,5,7\n")

    assert run("import", "new", path)[0] == 2
    code, out, _ = run("import", "new", path, "--columns", "coin=foo,quantity=baz")
    assert (code, plan_from_json(out).holdings) == (0, (Holding(coin="SOL", quantity=7),))


@pytest.mark.parametrize("file", ["H41_balance_only_usd.csv", "H13_ledgerlive.csv", "H08_ghostfolio_export.json"])
def test_a_file_that_is_refused_as_a_whole_ends_with_code_2(run, file):
    code, out, err = run("import", "new", CORPUS / file, "--json")

    assert (code, out) == (2, "")
    assert err.startswith("error: ")


def test_coins_without_a_price_are_warned_of_and_left_out_of_the_plan(run, run_json, tmp_path):
    code, out, err = run("import", "new", CORPUS / "H09_cointracking_balance.csv")
    document = json.loads(out)
    document["overrides"]["prices"].pop("LUNA2")
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))

    assert (code, "LUNA2" in err) == (0, True)
    code, out, err = run("propose", path, "--json")
    assert code == 0
    assert err.startswith("warning: No price for LUNA2: the plan is for the rest of your bag.")
    assert "left_out_unpriced" in out
    assert run("propose", path, "--strict")[0] == 2


def test_strict_stops_at_rows_that_are_left_out(run, table):
    path = table("coin,quantity\nSOL,5\nLINK,x\n")

    assert run("import", "new", path)[0] == 0
    code, _, err = run("import", "new", path, "--strict")
    assert (code, "row 3, field 'quantity'" in err) == (2, True)


# ---------------------------------------------------------------------------------------------- fills and prices

FILLS = CORPUS.parent / "fills" / "corpus"
PRICES = CORPUS.parent / "prices" / "corpus"
PARTS = FILLS / "F24_partial_dupes_no_tradeid.csv"


def test_a_file_of_fills_is_told_from_holdings_and_an_unknown_fee_is_null(run_json):
    document = run_json("import", "new", FILLS / "F04_binance_futures_bnb_fee.csv")

    assert list(document)[:6] == ["kind", "holdings", "fills", "prices", "columns", "doubts"]
    assert document["kind"] == "fills"
    assert [(one["side"], one["lots"], one["fee"]) for one in document["fills"]] == [
        ("sell", 500, None),
        ("buy", 200, 4.64),
    ]
    first = document["doubts"][0]
    assert (first["grade"], first["row"], first["field"]) == ("ask", 2, "fee")


def test_fills_with_an_open_question_wait_for_the_answer(run, tmp_path):
    plan, file = tmp_path / "plan.json", FILLS / "F04_binance_futures_bnb_fee.csv"
    plan.write_text(run("import", "new", PARTS)[1])

    code, _, err = run("import", plan, file, "--add")
    assert (code, "questions are open" in err) == (2, True)
    assert run("import", plan, file, "--add", "--yes")[0] == 0
    assert len(plan_from_json(plan.read_text()).execution.fills) == 5


def test_a_file_of_fills_that_is_added_twice_counts_once(run, tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text(run("import", "new", PARTS)[1])

    code, _, err = run("import", plan, PARTS, "--add")

    assert (code, "3 entries were there already" in err) == (0, True)
    assert len(plan_from_json(plan.read_text()).execution.fills) == 3


def test_a_price_file_is_told_from_the_others_and_becomes_the_plans_market(run, run_json):
    file = PRICES / "M14_sep_line.csv"

    document = run_json("import", "new", file)
    assert (document["kind"], document["prices"]) == ("prices", {"BTC": 58955.28, "ETH": 2396.72})
    assert json.loads(run("import", "new", file)[1])["market"] == f"csv:{file}"


def test_what_the_user_answered_about_prices_is_kept_in_a_file_of_its_own(run, tmp_path):
    saved = tmp_path / "closes.csv"
    command = ("import", "new", PRICES / "Q12_open_mark.csv", "--kind", "prices")

    assert run(*command)[0] == 2
    assert "--save" in run(*command, "--decimal-mark", "point")[2]
    assert run(*command, "--decimal-mark", "point", "--save", saved)[0] == 0
    assert CsvFileSource(str(saved)).snapshot().price("XRP") == 2.298


def test_a_decimal_mark_that_only_the_prices_tell_needs_a_file_of_its_own(run, tmp_path):
    saved = tmp_path / "closes.csv"
    command = ("import", "new", PRICES / "M13c_german_btc_eth_only.csv", "--kind", "prices")

    assert "--save" in run(*command)[2]
    assert run(*command, "--save", saved)[0] == 0
    assert CsvFileSource(str(saved)).snapshot().price("BTC") == 58955.0


def test_a_file_about_one_coin_needs_its_name(run, run_json):
    command = ("import", "new", PRICES / "M05_investing_com.csv", "--kind", "prices")

    assert "does not say which coin" in run(*command)[2]
    assert run_json(*command, "--coin", "btc")["prices"] == {"BTC": 58955.3}


def test_closes_in_euros_that_the_market_converts_need_a_file_of_their_own(run, tmp_path):
    """The plan's own market has the rates; a later command that opens the file of euros would not."""
    rates, euros, saved = tmp_path / "rates.csv", tmp_path / "euros.csv", tmp_path / "saved.csv"
    rates.write_text("date,EUR\n2026-08-03,1.1\n2026-08-04,1.2\n")
    euros.write_text("date,BTC-EUR\n2026-08-03,50000\n2026-08-04,51000\n")
    command = ("import", "new", euros, "--kind", "prices", "--market", f"csv:{rates}")

    code, _, err = run(*command)
    assert (code, "Add --save FILE" in err) == (2, True)

    code, out, _ = run(*command, "--save", saved)
    assert (code, plan_from_json(out).market) == (0, f"csv:{saved}")
    assert CsvFileSource(str(saved)).snapshot().history.of("BTC").tolist() == [50_000 * 1.1, 51_000 * 1.2]
