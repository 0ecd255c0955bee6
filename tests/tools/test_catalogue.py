"""Bringing the catalogue up to date, against the exchanges of this machine.

What they answer, by hand: Binance lists SOLUSDT with a step of 0.01, a smallest order of 5 USDT, a tick of 1e-7; MEXC
has three tiers for SOL, with 0.5% and 0.4% first; Coinbase asks 92% for DOGE and 114.3375% for PEPE overnight.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator

import pytest

from hedge_core.market.contracts import Contract
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.margin_tiers import MarginTier
from hedge_core.market.venues import EXCHANGES
from tests.exchange import binance, mexc
from tests.exchange.server import LoopbackExchange
from tools.catalogue import DATA, main, run
from tools.catalogue_changes import changes, tier_fault

TODAY = "2026-12-24"


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackExchange]:
    with LoopbackExchange(is_restricted=False) as running:
        yield running


@pytest.fixture
def markets(server):
    made = LiveMarkets(LiveSettings(base_url=server.url, timeout=30.0))
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path):
    """A copy of the data files; call it with the rows to keep and changes by code."""

    def make(venue, codes, **changed):
        for name in ("contracts.csv", "margin_tiers.csv"):
            shutil.copy(DATA / name, tmp_path / name)
        rows = [row for row in read(tmp_path) if row["venue"] == venue and row["code"] in codes]
        for row in rows:
            row.update(changed.get(row["code"], {}))
        with (tmp_path / "contracts.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path

    return make


def read(folder, name="contracts.csv"):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_code(folder):
    return {row["code"]: row for row in read(folder)}


def test_steps_smallest_orders_and_fees_are_written_with_the_day(markets, folder):
    data = folder("Binance", binance.PERPETUALS, SOLUSDT={"amount_step": "0.1", "minimum_notional": "20", "tick": ""})

    report = run(["Binance"], markets, TODAY, data)

    sol = by_code(data)["SOLUSDT"]
    assert (sol["amount_step"], sol["minimum_notional"], sol["tick"]) == ("0.01", "5", "1e-07")
    assert (sol["verified_on"], sol["tick_as_of"], sol["fee_as_of"]) == (TODAY, TODAY, TODAY)
    assert (
        sol["margin_as_of"] == "2026-03-26"
    )  # Binance publishes no margins without a key: they stay as old as they are
    assert "Binance:SOLUSDT: amount_step 0.1 -> 0.01" in [change.text for change in report.changed]


def test_what_cannot_be_right_is_refused_named_and_left_as_it_was(markets, folder):
    wrong = {"1000SHIBUSDT": {"contract_size": "1"}, "ETHUSDT": {"tick": "0.01", "amount_step": "5"}}
    data = folder("Binance", binance.PERPETUALS, **wrong)
    before = by_code(data)

    report = run(["Binance"], markets, TODAY, data)

    after = by_code(data)
    assert after["1000SHIBUSDT"]["contract_size"] == "1"
    assert after["1000SHIBUSDT"]["verified_on"] == before["1000SHIBUSDT"]["verified_on"]
    assert (after["ETHUSDT"]["tick"], after["ETHUSDT"]["amount_step"]) == ("0.01", "5")
    refused = "\n".join(report.refused)
    assert "Binance:1000SHIBUSDT: contract_size 1 SHIB -> 1000 SHIB  REFUSED" in refused
    assert "Binance:ETHUSDT: tick 0.01 -> 1e-07  REFUSED: more than 100 times" in refused
    assert "Binance:ETHUSDT: amount_step 5 -> 0.001  REFUSED: more than 10 times" in refused


def test_margin_tables_are_written_as_tiers_in_dollars(markets, folder):
    """200,000 contracts of 0.1 SOL at $148 are $2,960,000."""
    data = folder("MEXC", mexc.PERPETUALS)

    run(["MEXC"], markets, TODAY, data)

    tiers = [row for row in read(data, "margin_tiers.csv") if (row["venue"], row["code"]) == ("MEXC", "SOL_USDT")]
    assert [float(row["maintenance_rate"]) for row in tiers] == [0.004, 0.008, 0.012]
    assert [float(row["notional_from"]) for row in tiers] == pytest.approx([0.0, 2.96e6, 5.92e6], rel=2e-3)
    sol = by_code(data)["SOL_USDT"]
    assert (sol["initial_margin_rate"], sol["maintenance_margin_rate"]) == ("0.005", "0.004")
    assert (sol["margin_as_of"], sol["margin_is_assumed"]) == (TODAY, "no")


def test_coinbases_overnight_margins_are_written_and_its_fees_stay(markets, folder):
    data = folder(
        "Coinbase Derivatives", ("DOP", "PEP"), DOP={"initial_margin_rate": "0.4", "maintenance_margin_rate": "0.4"}
    )

    run(["Coinbase Derivatives"], markets, TODAY, data)

    rows = by_code(data)
    assert (rows["DOP"]["maintenance_margin_rate"], rows["PEP"]["initial_margin_rate"]) == ("0.92", "1.143375")
    assert rows["DOP"]["fee_as_of"] == "2026-08-25"


def test_a_list_that_lacks_most_contracts_changes_nothing(markets, folder):
    data = folder("Gate", {row["code"] for row in read(DATA) if row["venue"] == "Gate"})
    before = read(data)

    report = run(["Gate"], markets, TODAY, data)

    assert [line for line in report.refused if line.startswith("Gate: REFUSED: its list lacks")]
    assert [{**row, "tick_as_of": "", "fee_as_of": "", "margin_as_of": ""} for row in read(data)] == [
        {**row, "tick_as_of": "", "fee_as_of": "", "margin_as_of": ""} for row in before
    ]


def test_the_command_reports_and_its_exit_code_tells_a_venue_that_does_not_answer(server, folder, monkeypatch, capsys):
    data = folder("Binance", binance.PERPETUALS)
    server.play("binance", None, "error_500")
    monkeypatch.setenv("HEDGE_EXCHANGE_BASE_URL", server.url)

    code = main(["Binance", "--data", str(data)])
    server.heal()

    assert code == 1
    assert "Binance: not read: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tiers", "words"),
    [
        (((0.0, 0.1, 0.05), (1e5, 0.2, 0.1)), ""),
        (((1.0, 0.1, 0.05),), "do not start at zero"),
        (((0.0, 0.1, 0.05), (0.0, 0.2, 0.1)), "do not start at zero and grow"),
        (((0.0, 0.05, 0.1),), "keeps more than it asks"),
        (((0.0, 30.64, 30.64),), "impossible rate"),  # a percentage taken for a fraction
        (((0.0, 0.2, 0.1), (1e5, 0.2, 0.05)), "needs a lower rate"),
    ],
)
def test_a_margin_table_that_cannot_be_right_says_why(tiers, words):
    fault = tier_fault(tuple(MarginTier(*tier) for tier in tiers))

    assert words in fault
    assert bool(fault) == bool(words)


def test_a_fee_that_grows_hundredfold_is_refused_and_one_that_doubles_is_taken():
    row = next(row for row in read(DATA) if row["code"] == "SOLUSDT" and row["venue"] == "Binance")

    def found(rate):
        listed = Contract(
            venue="Binance", code="SOLUSDT", underlying="SOL", kind="perpetual", style="linear", contract_size=1.0,
            amount_step=float(row["amount_step"]), tick=float(row["tick"]), taker_fee_rate=rate,
        )  # fmt: skip
        return [(one.column, bool(one.refused)) for one in changes(row, listed, EXCHANGES["binance"])]

    assert found(0.0005) == []
    assert found(0.001) == [("taker_fee_rate", False)]
    assert found(0.05) == [("taker_fee_rate", True)]
