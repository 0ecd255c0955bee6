"""Volumes: which contracts have one, and where it comes from."""

from __future__ import annotations

from hedge_core.market.contracts import catalogue
from hedge_core.market.volumes import volumes_of
from hedge_core.tables import shipped_rows


def test_the_volume_is_that_of_the_contract_itself():
    contracts = {"BTC": catalogue().get("CME:MBT"), "SOL": catalogue().get("CME:MSL")}

    assert volumes_of(contracts) == {"BTC": 658_000_000.0, "SOL": 20_650_000.0}


def test_a_contract_without_a_known_volume_is_left_out():
    assert volumes_of({"HBAR": catalogue().get("Coinbase Derivatives:HEP")}) == {}


def test_every_volume_is_known_once_with_its_source_and_date():
    rows = list(shipped_rows("volumes.csv"))

    assert len({(row["venue"], row["code"]) for row in rows}) == len(rows) > 100
    assert all(float(row["daily_volume_usd"]) > 0.0 and row["source"] and row["source_date"] for row in rows)
